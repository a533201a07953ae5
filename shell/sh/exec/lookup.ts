/**
 * Which file a command name means (POSIX 2.9.1.4): the search along PATH, with the cache that `hash` shows.
 */
import { Access, isRegular } from '../../../subsystems/unix/constants.ts';
import { isSysError } from '../../../subsystems/unix/errno.ts';
import type { Sys } from '../../../subsystems/unix/sys.ts';
import type { Shell } from '../state/shell.ts';
import type { Task } from '../task.ts';
import { wait } from '../task.ts';

/** What PATH is when nobody set it, and for `command -p`. */
export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface Found {
  readonly path: string;
  /** False: a file of that name is there, but may not be run. */
  readonly executable: boolean;
}

function* examine(sys: Sys, path: string): Task<Found | undefined> {
  try {
    const stat = yield* wait(sys.stat(path));
    if (!isRegular(stat.mode)) return undefined;
    yield* wait(sys.access(path, Access.X_OK, { effective: true }));
    return { path, executable: true };
  } catch (error) {
    if (isSysError(error, 'EACCES')) return { path, executable: false };
    if (isSysError(error)) return undefined;
    throw error;
  }
}

/** The first executable `name` along `path`; else one that is not executable; else undefined. */
export function* searchPath(sys: Sys, name: string, path: string): Task<Found | undefined> {
  let refused: Found | undefined;
  for (const directory of path.split(':')) {
    const prefix = directory === '' ? './' : directory.endsWith('/') ? directory : `${directory}/`;
    const found = yield* examine(sys, `${prefix}${name}`);
    if (found?.executable) return found;
    refused ??= found;
  }
  return refused;
}

/** The file for a command name. A name with a slash is its own path. */
export function* findCommand(sh: Shell, name: string, path?: string): Task<Found | undefined> {
  if (name.includes('/')) return { path: name, executable: true };
  const known = path === undefined ? sh.hash.get(name) : undefined;
  if (known !== undefined) return { path: known, executable: true };
  const found = yield* searchPath(sh.sys, name, path ?? sh.variables.get('PATH') ?? '');
  // Only absolute paths stay right when the directory changes.
  if (found?.executable && path === undefined && found.path.startsWith('/')) sh.hash.set(name, found.path);
  return found;
}
