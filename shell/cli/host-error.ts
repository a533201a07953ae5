/** What went wrong on the host, in the words of strerror(3). */
import { Errno, type ErrnoName, strerror } from '../../subsystems/unix/errno.ts';

export function hostErrorText(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code !== undefined && Object.hasOwn(Errno, code)) return strerror(Errno[code as ErrnoName]);
  return error instanceof Error ? error.message : String(error);
}
