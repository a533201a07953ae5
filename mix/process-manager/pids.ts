/**
 * Process numbers: global, pid = (site - 1) << 16 | local, so the creation site is in the number and site 1's
 * init is 1. Local numbers are given out in rising order and reused only after a full round, skipping those
 * still in use as a process, group or session.
 */
import type { SiteId } from '../../nucleus/ids/ui.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { Pid } from '../../subsystems/unix/sys.ts';

const LOCAL_BITS = 16;
const LOCAL_MAX = (1 << LOCAL_BITS) - 1;
/** Numbers below are init's and kept free on a second round, as on Linux. */
const LOCAL_FIRST = 2;
const LOCAL_RESERVED = 300;

export const creationSiteOf = (pid: Pid): SiteId => (pid >>> LOCAL_BITS) + 1;
export const initPidOf = (site: SiteId): Pid => ((site - 1) << LOCAL_BITS) | 1;

export class PidAllocator {
  private readonly base: number;
  private next = LOCAL_FIRST;
  private readonly inUse: (pid: Pid) => boolean;

  constructor(site: SiteId, inUse: (pid: Pid) => boolean) {
    this.base = (site - 1) << LOCAL_BITS;
    this.inUse = inUse;
  }

  /** Throws EAGAIN when every number is in use. */
  allocate(): Pid {
    for (let tries = 0; tries < LOCAL_MAX; tries++) {
      const pid = this.base | this.next;
      this.next = this.next >= LOCAL_MAX ? LOCAL_RESERVED : this.next + 1;
      if (!this.inUse(pid)) return pid;
    }
    throw new SysError('EAGAIN');
  }
}
