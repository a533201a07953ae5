/** Errors of the host's file system as errors of the guest's. */
import { Errno, type ErrnoName, SysError } from '../../subsystems/unix/errno.ts';

/** What the guest need not know as such: the host process ran out of descriptors. */
const TRANSLATED: Record<string, ErrnoName> = { EMFILE: 'ENFILE', ENOTSUP: 'EOPNOTSUPP' };

function hostError(error: unknown): Error {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined || error instanceof SysError) return error as Error;
  const name = TRANSLATED[code] ?? code;
  return new SysError(name in Errno ? (name as ErrnoName) : 'EIO');
}

/** Runs calls of node:fs; what they throw becomes a SysError. */
export function onHost<T>(calls: () => T): T {
  try {
    return calls();
  } catch (error) {
    throw hostError(error);
  }
}

/** As `onHost`, undefined where the host says that there is nothing. */
export function onHostIfThere<T>(calls: () => T): T | undefined {
  try {
    return calls();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw hostError(error);
  }
}
