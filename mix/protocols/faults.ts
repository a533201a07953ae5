/** How the managers' protocols carry errors: a SysError travels as its errno. */
import type { Faults } from '../../nucleus/ipc/protocol.ts';
import { Errno, SysError } from '../../subsystems/unix/errno.ts';

export const unixFaults: Faults = {
  toCode: (error) => (error instanceof SysError ? error.errno : undefined),
  fromCode: (code) => new SysError(code),
  bugFault: Errno.EIO,
};
