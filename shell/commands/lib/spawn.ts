/**
 * Running other programs: path search, exec, and fork + exec, as execvp(3) and posix_spawnp(3) do it.
 *
 * A command that spawns lists `spawnEntries` in its spec's `entries`: the child of the fork starts there. A
 * child
 * that cannot exec prints `NAME: 'PROGRAM': reason` and exits 127 (not found) or 126, so the parent just
 * waits.
 */
import { Access, S, Wait } from '../../../subsystems/unix/constants.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import type { Environment, Fd, Pid, Program, Sys, WaitResult } from '../../../subsystems/unix/sys.ts';
import { encode } from './io.ts';
import { quoteName } from './quote.ts';

const DEFAULT_PATH = '/bin:/usr/bin';

/** Styles of the message about a program that cannot be run. */
const NAMINGS = {
  quoted: quoteName,
  plain: (program: string) => program,
  failed: (program: string) => `failed to run command ${quoteName(program)}`,
  cannot: (program: string) => `cannot run ${program}`,
} as const;
export type Naming = keyof typeof NAMINGS;

/** What the child does between fork and exec. */
export interface SpawnRequest {
  /** Name of the spawning command, for the message when exec fails. */
  name: string;
  argv: readonly string[];
  env?: Environment;
  /** Descriptor → descriptor it is copied from, applied in order. */
  dup?: readonly (readonly [from: Fd, to: Fd])[];
  /** Descriptors to close. */
  close?: readonly Fd[];
  /** Directory to change to. */
  cwd?: string;
  /** New process group for the child. */
  ownGroup?: boolean;
  /** Signals that get their default action back. */
  defaultSignals?: readonly number[];
  /** How the message names a program that cannot be run: quoted unless told. */
  naming?: Naming;
  /** Site that the child's own children start on (csite). */
  site?: number;
}

/**
 * The file that a program name stands for: names with a slash are paths, others are looked up in PATH.
 * Throws SysError.
 */
export async function findProgram(sys: Sys, name: string, path = sys.env.PATH): Promise<string> {
  if (name === '') throw new SysError('ENOENT');
  if (name.includes('/')) return name;
  let failure: SysError | undefined;
  for (const dir of (path ?? DEFAULT_PATH).split(':')) {
    const candidate = dir === '' ? `./${name}` : `${dir.replace(/\/+$/, '')}/${name}`;
    try {
      const { mode } = await sys.stat(candidate);
      if ((mode & S.IFMT) !== S.IFREG) continue;
      await sys.access(candidate, Access.X_OK, { effective: true });
      return candidate;
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      if (error.code === 'EACCES') failure = error;
    }
  }
  throw failure ?? new SysError('ENOENT');
}

/** execvp(3): path search, and a file without a known format is run by sh. Throws SysError. */
export async function execProgram(sys: Sys, argv: readonly string[], env = sys.env): Promise<never> {
  const path = await findProgram(sys, argv[0] ?? '', env.PATH ?? sys.env.PATH);
  try {
    return await sys.exec(path, argv, env);
  } catch (error) {
    if (!(error instanceof SysError) || error.code !== 'ENOEXEC') throw error;
    return sys.exec('/bin/sh', ['sh', path, ...argv.slice(1)], env);
  }
}

/**
 * exec as the last act of `name`; on failure the message and the statuses that env, nice, timeout … share.
 */
export async function execOrReport(
  sys: Sys,
  name: string,
  argv: readonly string[],
  env = sys.env,
  naming: Naming = 'quoted',
): Promise<number> {
  try {
    return await execProgram(sys, argv, env);
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    await sys.write(
      2,
      encode(`${name}: ${NAMINGS[naming](argv[0] ?? '')}: ${error.message}
`),
    );
    return error.code === 'ENOENT' ? 127 : 126;
  }
}

async function startChild(sys: Sys, request: SpawnRequest): Promise<number> {
  if (request.ownGroup) await sys.setpgid(0, 0);
  for (const sig of request.defaultSignals ?? []) sys.sigaction(sig, { disposition: 'default' });
  for (const [from, to] of request.dup ?? []) await sys.dup2(from, to);
  for (const fd of request.close ?? []) await sys.close(fd);
  if (request.site !== undefined) sys.csite(request.site);
  if (request.cwd !== undefined) await sys.chdir(request.cwd);
  return execOrReport(sys, request.name, request.argv, request.env ?? sys.env, request.naming);
}

/** To be put into the spec of every command that calls `spawn`. */
export const spawnEntries: NonNullable<Program['entries']> = { spawn: startChild };

/** fork + exec; resolves to the child's pid. Throws SysError when the fork fails. */
export async function spawn(sys: Sys, request: SpawnRequest): Promise<Pid> {
  return sys.fork('spawn', request);
}

/** waitpid(2) for one child, going on after interrupting signals. */
export async function waitFor(sys: Sys, pid: Pid, options = 0): Promise<WaitResult> {
  for (;;) {
    try {
      const result = await sys.waitpid(pid, options & ~Wait.NOHANG);
      if (result) return result;
    } catch (error) {
      if (!(error instanceof SysError) || error.code !== 'EINTR') throw error;
    }
  }
}
