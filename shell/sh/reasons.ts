/** ash's words for failed calls. */

import type { SysError } from '../../subsystems/unix/errno.ts';
import { Errno } from '../../subsystems/unix/errno.ts';

/** The file, or a directory on the way to it, does not exist. */
export const isMissing = (error: SysError): boolean =>
  error.errno === Errno.ENOENT || error.errno === Errno.ENOTDIR;

/** Why a file could not be opened or (`creating`) made. */
export function openReason(error: SysError, creating = false): string {
  if (!isMissing(error)) return error.message;
  return creating ? 'Directory nonexistent' : 'No such file';
}
