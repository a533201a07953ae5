/**
 * A Go program: esbuild's own binary for riscv64 Linux, fetched from the npm registry in the version that the
 * project builds with. What it makes of a source must be what the host's esbuild makes of it.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { transform, version } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { GUEST_CACHE } from '../../support/root.ts';
import { testSystem } from '../../support/system.ts';
import { announce } from '../support/toolchain.ts';

const PACKAGE = `@esbuild/linux-riscv64@${version}`;

/** Path of the binary, or why there is none. */
function fetchProgram(): { path: string; reason?: string } {
  const directory = join(GUEST_CACHE, `esbuild-${version}`);
  const path = join(directory, 'package/bin/esbuild');
  if (existsSync(path)) return { path };
  try {
    mkdirSync(directory, { recursive: true });
    const options = { cwd: directory, encoding: 'utf8', stdio: 'pipe' } as const;
    const archive = execFileSync('npm', ['pack', '--silent', PACKAGE], options).trim().split('\n').at(-1)!;
    execFileSync('tar', ['-xzf', archive], options);
    return { path };
  } catch {
    return { path, reason: `npm pack ${PACKAGE} failed` };
  }
}

const SOURCE = `
interface Point { x: number; y: number }
export const length = ({ x, y }: Point): number => Math.hypot(x, y);
enum Colour { Red, Green = 5, Blue }
export class Shape<T extends Point> {
  constructor(private readonly points: T[] = []) {}
  get area() { return this.points?.length ?? 0; }
}
console.log(Colour.Blue, \`\${length({ x: 3, y: 4 })}\`);
`;

const { path, reason } = fetchProgram();

describe.skipIf(announce('a Go program (esbuild)', reason))('esbuild for riscv64', () => {
  it('makes what the host makes', async () => {
    const { system } = await testSystem({
      files: { '/bin/esbuild': { content: readFileSync(path), mode: 0o755 } },
    });
    const shown = await system.exec('esbuild --version', { timeoutMs: 60_000 });
    expect(shown.stdout).toBe(`${version}\n`);
    const options = { loader: 'ts', minify: true, target: 'es2019' } as const;
    const made = await system.exec('esbuild --loader=ts --minify --target=es2019', {
      stdin: SOURCE,
      timeoutMs: 100_000,
    });
    expect(made.stderr).toBe('');
    expect(made.stdout).toBe((await transform(SOURCE, options)).code);
  });
});
