/** Runs the built command line (`npm test` builds first) as a person or script would. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export const CHORUS = fileURLToPath(new URL('../../dist/chorus.cjs', import.meta.url));

export interface Outcome {
  stdout: string;
  stderr: string;
  status: number | null;
  signal: NodeJS.Signals | null;
}

export interface RunOptions {
  input?: string | Uint8Array;
  env?: Record<string, string>;
  /** Both outputs through one pipe: what 2>&1 does. */
  merged?: boolean;
}

/** A run that goes on for longer is killed, ms. */
const RUN_MS = 30_000;

export function start(args: readonly string[], options: RunOptions = {}): ChildProcessWithoutNullStreams {
  const argv = options.merged ? ['-c', 'exec "$0" "$@" 2>&1', process.execPath] : [];
  const child = spawn(options.merged ? 'sh' : process.execPath, [...argv, CHORUS, ...args], {
    env: { ...process.env, ...options.env },
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), RUN_MS);
  child.once('close', () => clearTimeout(timer));
  return child;
}

/** Collects a started run. */
export function outcome(child: ChildProcessWithoutNullStreams): Promise<Outcome> {
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status, signal) => {
      resolve({
        stdout: String(Buffer.concat(stdout)),
        stderr: String(Buffer.concat(stderr)),
        status,
        signal,
      });
    });
  });
}

export function chorus(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const child = start(args, options);
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  return outcome(child);
}

/** A directory that goes away with the test. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'chorus-test-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Polls until `ready` answers something; throws after the deadline. */
export async function eventually<T>(
  what: string,
  ready: () => T | undefined | false | Promise<T | undefined | false>,
  withinMs = 10_000,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const value = await ready();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
