/**
 * Where an inode of the overlay comes from: an entry of the lower volume. Remembered by its place, because a
 * lower volume may forget inodes that nobody has open, and because the host may replace a file by another of
 * its name.
 */
import { isSysError } from '../../subsystems/unix/errno.ts';
import type { Ino, Volume } from '../volume.ts';

export interface Origin {
  /** The lower directory that has it; null for the lower root. */
  readonly parent: Origin | null;
  readonly name: string;
  /** Lower inode, as last seen. */
  ino: Ino;
  /** Attributes are still the lower inode's: nothing was changed here. */
  pristine: boolean;
  /** Open objects that refer to the lower inode. */
  users: number;
  /** For directories: names of the lower directory that are gone here. */
  readonly removed: Set<string>;
  /** For directories: every lower entry was made known here once. */
  listed: boolean;
}

export function originAt(parent: Origin | null, name: string, ino: Ino): Origin {
  return { parent, name, ino, pristine: true, users: 0, removed: new Set(), listed: false };
}

/**
 * The lower inode now; undefined when it has vanished. A file in use is the one that was opened; one whose
 * inode is known no more is looked for again by name.
 */
export function resolveOrigin(lower: Volume, origin: Origin): Ino | undefined {
  if (!origin.parent || origin.users > 0) return origin.ino;
  return (
    missingIs(undefined, () => lower.attributes(origin.ino).ino) ?? lookAgain(lower, origin, origin.parent)
  );
}

function lookAgain(lower: Volume, origin: Origin, parent: Origin): Ino | undefined {
  const directory = resolveOrigin(lower, parent);
  if (directory === undefined) return undefined;
  const ino = missingIs(undefined, () => lower.lookup(directory, origin.name));
  if (ino !== undefined) origin.ino = ino;
  return ino;
}

function missingIs<T>(value: T, ask: () => T): T {
  try {
    return ask();
  } catch (error) {
    if (isSysError(error, 'ESTALE') || isSysError(error, 'ENOTDIR')) return value;
    throw error;
  }
}
