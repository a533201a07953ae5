/** Directories: their entries, and what is where in a tree. */
import { O } from '../../../subsystems/unix/constants.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import type { DirEntry, Stat, Sys } from '../../../subsystems/unix/sys.ts';

/** Entries of a directory without '.' and '..', in the volume's order. Throws SysError. */
export async function listDirectory(sys: Sys, path: string): Promise<DirEntry[]> {
  const fd = await sys.open(path, O.RDONLY | O.DIRECTORY | O.NONBLOCK);
  const entries: DirEntry[] = [];
  try {
    for (;;) {
      const batch = await sys.readdir(fd);
      if (batch.length === 0) return entries;
      for (const entry of batch) if (entry.name !== '.' && entry.name !== '..') entries.push(entry);
    }
  } finally {
    await sys.close(fd);
  }
}

/** stat or lstat, or undefined when there is nothing (ENOENT, ENOTDIR). Other errors are thrown. */
export async function statIfAny(sys: Sys, path: string, follow: boolean): Promise<Stat | undefined> {
  try {
    return follow ? await sys.stat(path) : await sys.lstat(path);
  } catch (error) {
    if (error instanceof SysError && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined;
    throw error;
  }
}

/** Order of the C.UTF-8 locale: by code point. */
export function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
