/** What a run of a program showed, on the host or in a system: in one form, to be compared. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BootOptions, boot, type System } from '../../../shell/api/index.ts';

export interface GuestOutcome {
  stdout: string;
  stderr: string;
  /** 'exit 3' or 'signal SIGSEGV'. */
  end: string;
}

export interface GuestRun {
  readonly args: readonly string[];
  readonly stdin: string;
  readonly timeoutMs: number;
}

/** Both sides get this environment and nothing else. */
export const GUEST_ENV = {
  PATH: '/bin:/usr/bin',
  HOME: '/root',
  USER: 'root',
  LOGNAME: 'root',
  SHELL: '/bin/sh',
  LANG: 'C.UTF-8',
  TZ: 'UTC',
};

const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

/** Runs `command` (an emulator with its arguments, or a native program) in a fresh directory of the host. */
export function runOnHost(command: readonly string[], { args, stdin, timeoutMs }: GuestRun): GuestOutcome {
  const cwd = mkdtempSync(join(tmpdir(), 'chorus-guest-'));
  try {
    const [program = '', ...rest] = command;
    const { stdout, stderr, status, signal, error } = spawnSync(program, [...rest, ...args], {
      cwd,
      input: stdin,
      env: GUEST_ENV,
      encoding: 'utf8',
      timeout: timeoutMs,
      maxBuffer: OUTPUT_BYTES_MAX,
    });
    if (error) throw error;
    return { stdout, stderr, end: signal === null ? `exit ${status}` : `signal ${signal}` };
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

async function textOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of stream) text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}

const signalName = (number: number): string =>
  Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? `SIG${number}`;

/** Runs a program of a booted system, in `cwd`. Throws when it goes on for longer than it may. */
export async function runInSystem(
  system: System,
  argv: readonly string[],
  { stdin, timeoutMs }: Omit<GuestRun, 'args'>,
  options: { cwd?: string; site?: number } = {},
): Promise<GuestOutcome> {
  const signal = AbortSignal.timeout(timeoutMs);
  const child = await system.spawn(argv, { ...options, signal });
  const writer = child.stdin.getWriter();
  // A program that does not read its input is no failure.
  const fed = (stdin === '' ? Promise.resolve() : writer.write(stdin)).then(() => writer.close());
  fed.catch(() => {});
  const [stdout, stderr, ending] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    child.wait(),
  ]);
  if (signal.aborted) throw new Error(`not within ${timeoutMs} ms; printed so far:\n${stdout}${stderr}`);
  const end = ending.signal === null ? `exit ${ending.exitCode}` : `signal ${ending.signal}`;
  return { stdout, stderr, end };
}

/** Directory that test programs start in, inside. */
export const GUEST_CWD = '/tmp/work';

/** Boots a system that holds `program` and runs it, on each of `sites` sites. */
export async function runGuest(
  program: Uint8Array,
  run: GuestRun,
  sites = 1,
  options: BootOptions = {},
): Promise<GuestOutcome[]> {
  const files = { [`${GUEST_CWD}/.keep`]: '', '/bin/program': { content: program, mode: 0o755 } };
  await using system = await boot({ files, sites, ...options });
  const outcomes: GuestOutcome[] = [];
  for (let site = 1; site <= sites; site++) {
    const cwd = `${GUEST_CWD}/${site}`;
    await system.fs.mkdir(cwd);
    outcomes.push(await runInSystem(system, ['/bin/program', ...run.args], run, { cwd, site }));
  }
  return outcomes;
}

/** Name of a signal as outcomes have it. */
export const endBySignal = (number: number): string => `signal ${signalName(number)}`;
