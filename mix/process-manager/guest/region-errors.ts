/** Nucleus errors of region calls as errnos. */
import { KError } from '../../../nucleus/errors.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';

const ERRNO = { K_EINVAL: 'EINVAL', K_EBUSY: 'EEXIST', K_ENOMEM: 'ENOMEM' } as const;

export function asErrno<R>(call: () => R): R {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof KError)) throw error;
    throw new SysError(ERRNO[error.kname as keyof typeof ERRNO] ?? 'EIO');
  }
}
