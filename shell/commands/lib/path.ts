/** Path names as text, and their canonical form (realpath(3) with GNU's leniency). */
import { isSymlink, Limits } from '../../../subsystems/unix/constants.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import type { Sys } from '../../../subsystems/unix/sys.ts';

/** Without trailing slashes; '/' stays. */
export function stripSlashes(path: string): string {
  const stripped = path.replace(/\/+$/, '');
  return stripped === '' && path !== '' ? '/' : stripped;
}

/** Last component, as basename(1) prints it. */
export function baseName(path: string): string {
  const stripped = stripSlashes(path);
  return stripped === '/' ? '/' : stripped.slice(stripped.lastIndexOf('/') + 1);
}

/** Everything before the last component, as dirname(1) prints it. */
export function dirName(path: string): string {
  const stripped = stripSlashes(path);
  if (stripped === '/') return '/';
  const slash = stripped.lastIndexOf('/');
  return slash < 0 ? '.' : stripSlashes(stripped.slice(0, slash + 1));
}

export function joinPath(dir: string, name: string): string {
  return dir.endsWith('/') ? dir + name : `${dir}/${name}`;
}

/** Which components may be missing: none, the last one, or any. */
export type Missing = 'none' | 'last' | 'any';

/**
 * The absolute path without '.', '..' and symbolic links. Throws ENOENT for components that must exist,
 * ENOTDIR,
 * ELOOP after SYMLOOP_MAX links. `logical` resolves '..' before symbolic links, `keepLinks` expands none.
 */
export async function canonicalize(
  sys: Sys,
  path: string,
  missing: Missing,
  options: { keepLinks?: boolean; logical?: boolean } = {},
): Promise<string> {
  if (path === '') throw new SysError('ENOENT');
  let whole = path.startsWith('/') ? path : joinPath(await sys.getcwd(), path);
  const mustBeDirectory = /\/\.{0,2}$/.test(path) && missing !== 'any';
  if (options.logical || options.keepLinks) whole = squash(whole);
  let pending = whole.split('/').filter((part) => part !== '');
  let done = '';
  let links = 0;
  while (pending.length > 0) {
    const part = pending.shift()!;
    if (part === '.') continue;
    if (part === '..') {
      done = done.slice(0, Math.max(0, done.lastIndexOf('/')));
      continue;
    }
    const next = `${done}/${part}`;
    const target = await step(sys, next, missing, pending.length === 0, options.keepLinks === true);
    if (target === undefined) {
      done = next;
      continue;
    }
    if (++links > Limits.SYMLOOP_MAX) throw new SysError('ELOOP');
    if (target.startsWith('/')) done = '';
    pending = [...target.split('/').filter((piece) => piece !== ''), ...pending];
  }
  if (mustBeDirectory && done !== '') await requireDirectory(sys, done, missing);
  return done === '' ? '/' : done;
}

/** Removes '.' and '..' by text alone. */
export function squash(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/** The link text when `path` is a symbolic link to follow; undefined when it is taken as it is. */
async function step(
  sys: Sys,
  path: string,
  missing: Missing,
  isLast: boolean,
  keepLinks: boolean,
): Promise<string | undefined> {
  try {
    const { mode } = await sys.lstat(path);
    if (isSymlink(mode) && !keepLinks) return await sys.readlink(path);
    if (!isLast && missing !== 'any' && (mode & 0o170000) !== 0o040000 && !isSymlink(mode)) {
      throw new SysError('ENOTDIR');
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    const lenient = missing === 'any' || (missing === 'last' && isLast && error.code === 'ENOENT');
    if (!lenient || error.code === 'ELOOP') throw error;
    return undefined;
  }
}

async function requireDirectory(sys: Sys, path: string, missing: Missing): Promise<void> {
  try {
    const { mode } = await sys.stat(path);
    if ((mode & 0o170000) !== 0o040000) throw new SysError('ENOTDIR');
  } catch (error) {
    if (missing === 'last' && error instanceof SysError && error.code === 'ENOENT') return;
    throw error;
  }
}
