/**
 * Runs a TypeScript module of this directory in a process of its own (bundled first: Node 20 cannot run it as
 * it is).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const root = fileURLToPath(new URL('../../../', import.meta.url));

export interface Child {
  readonly process: ChildProcess;
  /** The first line that it printed. */
  readonly line: string;
}

export async function runModule(name: string, args: readonly string[]): Promise<Child> {
  const directory = join(root, 'node_modules', '.cache', 'chorus-test');
  mkdirSync(directory, { recursive: true });
  const outfile = join(directory, `${name}-${process.pid}.mjs`);
  const entry = fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
  buildSync({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['zeromq', 'msgpackr'],
  });
  const child = spawn(process.execPath, [outfile, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const line = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += String(chunk);
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')));
    });
    child.on('exit', (code) => reject(new Error(`${name} ended with ${code}`)));
  });
  return { process: child, line };
}
