/**
 * Wild guests: whatever a program does to itself, it ends by a signal or an error number, within its limits;
 * the site lives on and other processes are unharmed.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { BootOptions, ExecOptions, System } from '../../shell/api/index.ts';
import { LimitError } from '../../shell/api/index.ts';
import { chorus, type Outcome } from '../support/chorus.ts';
import { testSystem } from '../support/system.ts';

const BIN = fileURLToPath(new URL('./fixtures/bin/', import.meta.url));
const fixture = (name: string): { content: Uint8Array; mode: number } => ({
  content: readFileSync(`${BIN}${name}`),
  mode: 0o755,
});

const WILD_MS = 60_000;
/** SEED=N replays one seed. */
const SEEDS = process.env.SEED ? [Number(process.env.SEED)] : [1, 2, 3];

interface Wild {
  readonly system: System;
  exec(script: string, options?: ExecOptions): ReturnType<System['exec']>;
}

async function bootWith(names: readonly string[], options: BootOptions = {}): Promise<Wild> {
  const files = Object.fromEntries(names.map((name) => [`/bin/${name}`, fixture(name)]));
  const { system } = await testSystem({ ...options, files });
  return { system, exec: (script, given) => system.exec(script, { timeoutMs: WILD_MS, ...given }) };
}

/** The site still does all that it did: processes, files, pipes, ELF programs. */
const ALIVE = 'echo one > /tmp/f; cat /tmp/f | tr a-z A-Z; fork | tail -1';
const ALIVE_SAYS = 'ONE\ngetppid exit 1\n';

async function expectAlive({ exec }: Wild): Promise<void> {
  const { stdout, stderr } = await exec(ALIVE);
  expect(stderr).toBe('');
  expect(stdout).toBe(ALIVE_SAYS);
}

/** A script on a system in another process, with the fixtures in /f. */
const outside = (script: string): Promise<Outcome> =>
  chorus(['sh', '-v', `${BIN}:/f:ro`, '-e', 'PATH=/bin:/f', '-c', script]);

describe('wild guests', { timeout: 2 * WILD_MS }, () => {
  // In a process of their own: what would hang the site would hang the test with it.
  it.each(SEEDS)('random bytes as code, seed %i', async (seed) => {
    const { stdout, status } = await outside(`/f/wild-code ${seed} 60; ${ALIVE}`);
    expect({ stdout, status }).toEqual({ stdout: `ended 60\n${ALIVE_SAYS}`, status: 0 });
  });

  it.each(SEEDS)('wild arguments of every system call, seed %i', async (seed) => {
    const { stdout, status } = await outside(`/f/wild-calls ${seed} 40 2> /dev/null | tail -1; ${ALIVE}`);
    expect({ stdout, status }).toEqual({ stdout: `ended 40\n${ALIVE_SAYS}`, status: 0 });
  });

  it('a storm of mappings', async () => {
    const wild = await bootWith(['wild-maps', 'fork']);
    const { stdout, exitCode } = await wild.exec('wild-maps');
    expect({ stdout, exitCode }).toEqual({ stdout: 'operations 20000\nrefused at last: yes\n', exitCode: 0 });
    await expectAlive(wild);
  });

  it('memory without end, within its limit', async () => {
    const wild = await bootWith(['hog-memory', 'fork'], { limits: { memoryBytesMax: 64 * 1024 * 1024 } });
    const { stdout, exitCode } = await wild.exec('hog-memory');
    expect({ stdout, exitCode }).toEqual({ stdout: 'refused -12\n', exitCode: 3 });
    await expectAlive(wild);
  });

  it('a fork bomb, within its limit', async () => {
    const wild = await bootWith(['hog-processes', 'fork'], { limits: { processesMax: 50 } });
    const { stdout } = await wild.exec('hog-processes; wait');
    expect(stdout).toMatch(/^(refused -11\n)+$/);
    await expectAlive(wild);
  });

  it('descriptors without end', async () => {
    const wild = await bootWith(['hog-files', 'fork'], { limits: { openFilesMax: 200 } });
    const { stdout } = await wild.exec('hog-files');
    expect(stdout).toBe('refused -24\nopen 200\nafter some were closed 3\n');
    await expectAlive(wild);
  });

  it('output without end', async () => {
    const wild = await bootWith(['hog-output', 'fork'], { limits: { outputBytesMax: 1_000_000 } });
    const refusal = await wild.exec('hog-output').catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(LimitError);
    await expectAlive(wild);
  });

  it('a loop without a system call: ended by time, and never in the way of others', async () => {
    const wild = await bootWith(['spin-forever', 'fork']);
    const spinning = wild.exec('spin-forever', { timeoutMs: 3000 });
    await expectAlive(wild);
    const { exitCode, timedOut, stdout } = await spinning;
    expect({ exitCode, timedOut, stdout }).toEqual({ exitCode: 124, timedOut: true, stdout: 'spinning\n' });
    const limited = await wild.exec('ulimit -S -t 1; exec spin-forever');
    expect(limited.signal).toBe('SIGXCPU');
    await expectAlive(wild);
  });

  it('instructions are counted exactly', async () => {
    const run = async (instructionsMax: number): Promise<unknown> => {
      const { system } = await bootWith(['spin-counted'], { limits: { instructionsMax } });
      return (await system.spawn(['spin-counted'])).wait();
    };
    expect(await run(2004)).toEqual({ exitCode: 0, signal: null });
    expect(await run(2003)).toEqual({ exitCode: 137, signal: 'SIGKILL' });
  });
});
