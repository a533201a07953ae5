/**
 * The state directory of a system that is up: `state.json` says what runs where, the sites' sockets and logs
 * lie beside it. One directory per user and name, which only the user can enter.
 *
 * A recorded process counts as alive only if its start time is the recorded one, so a reused process number
 * is not mistaken for a site.
 */
import { chmodSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SystemDescription } from '../../mix/boot/description.ts';
import { UsageError } from './arguments.ts';
import { CliError } from './exit.ts';

export interface SiteRecord {
  readonly site: number;
  readonly name: string;
  readonly hostPid: number;
  /** When the process started, as /proc/PID/stat counts; '' where the host has no such thing. */
  readonly started: string;
  readonly address: string;
}

export interface SystemState {
  readonly version: 1;
  readonly name: string;
  readonly description: SystemDescription;
  readonly sites: readonly SiteRecord[];
}

export const DEFAULT_NAME = 'default';
const NAME = /^[A-Za-z0-9][\w.-]{0,31}$/;
/** Socket paths have about 100 characters; this leaves room for the rest of theirs. */
const BASE_MAX = 60;

/** Where the systems of this user are kept. Throws CliError when somebody else's directory is in the way. */
function baseDirectory(): string {
  const uid = process.getuid?.() ?? 0;
  const runtime = process.env.XDG_RUNTIME_DIR;
  const base =
    runtime?.startsWith('/') && runtime.length <= BASE_MAX
      ? join(runtime, 'chorus')
      : join(tmpdir(), `chorus-${uid}`);
  mkdirSync(base, { recursive: true, mode: 0o700 });
  const stats = lstatSync(base);
  if (!stats.isDirectory() || stats.uid !== uid) throw new CliError(`${base}: not a directory of yours`);
  if ((stats.mode & 0o077) !== 0) chmodSync(base, 0o700);
  return base;
}

/** The directory of one system. Throws UsageError for a bad name. */
export function stateDirectory(name: string = DEFAULT_NAME): string {
  if (!NAME.test(name))
    throw new UsageError(`--name: expected letters, digits, '.', '_', '-', not '${name}'`);
  return join(baseDirectory(), name);
}

/** Start time of a host process: field 22 of /proc/PID/stat. Undefined when there is no such process. */
export function processStart(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return undefined;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : (fields[19] ?? '');
  } catch {
    return '';
  }
}

export const siteAlive = (record: SiteRecord): boolean => processStart(record.hostPid) === record.started;

export function writeState(directory: string, state: SystemState): void {
  const path = join(directory, 'state.json');
  writeFileSync(`${path}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/**
 * The state of a system with at least one living site; a stale directory is removed and counts as nothing.
 */
export function readState(name?: string): SystemState | undefined {
  const directory = stateDirectory(name);
  let state: SystemState;
  try {
    state = JSON.parse(readFileSync(join(directory, 'state.json'), 'utf8')) as SystemState;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new CliError(`${join(directory, 'state.json')}: ${(error as Error).message}`);
  }
  if (state.version !== 1) throw new CliError(`${directory}: written by another version; remove it`);
  if (state.sites.some(siteAlive)) return state;
  removeState(directory);
  return undefined;
}

/** The state, or a CliError that says how to get one. */
export function requireState(name?: string): SystemState {
  const state = readState(name);
  if (state) return state;
  const which = name === undefined ? '' : ` named '${name}'`;
  throw new CliError(`no system${which} is up (chorus up boots one)`);
}

export function removeState(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
}
