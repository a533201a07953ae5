/** An open end of a pipe or FIFO: readable, writable, or both (a FIFO opened O_RDWR). */
import type { Awaitable } from '../../nucleus/awaitable.ts';
import { Limits, O, Poll } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { Stat } from '../../subsystems/unix/sys.ts';
import type { PollQueue } from '../protocols/poll-queue.ts';
import { DeviceLimits } from './limits.ts';
import { type Caller, OpenObject } from './open-object.ts';
import { type Pipe, writeMode } from './pipe.ts';

export class PipeEnd extends OpenObject {
  readonly kind = 'pipe';
  readonly pipe: Pipe;
  private readonly attributes: Stat;
  private readonly onClose: () => void;
  /** Writers ever seen when a reader opened: hang-up is reported only after one came. */
  private readonly writersAtOpen: number;

  /** Counts itself as reader, writer or both, as `flags` say. */
  constructor(pipe: Pipe, flags: number, attributes: Stat, onClose: () => void = () => {}) {
    super(flags);
    this.pipe = pipe;
    this.attributes = attributes;
    this.onClose = onClose;
    this.writersAtOpen = pipe.writersEver;
    if (this.readable) pipe.addReader();
    if (this.writable) pipe.addWriter();
  }

  get changed(): PollQueue {
    return this.pipe.changed;
  }

  override read(caller: Caller, maxBytes: number): Awaitable<Uint8Array> {
    if (!this.readable) throw new SysError('EBADF');
    return this.pipe.read(caller.thread, maxBytes, this.nonblocking);
  }

  override write(caller: Caller, data: Uint8Array, owned: boolean): Awaitable<number> {
    if (!this.writable) throw new SysError('EBADF');
    const packets = (this.flags & O.DIRECT) !== 0;
    return this.pipe.write(caller.thread, data, this.nonblocking, writeMode(owned, packets));
  }

  override readiness(): number {
    const { pipe } = this;
    let events = 0;
    if (this.readable) {
      if (pipe.length > 0) events |= Poll.IN;
      if (pipe.writers === 0 && pipe.writersEver !== this.writersAtOpen) events |= Poll.HUP;
    }
    if (this.writable) {
      if (pipe.readers === 0) events |= Poll.ERR;
      if (pipe.room >= Limits.PIPE_BUF || pipe.readers === 0) events |= Poll.OUT;
    }
    return events;
  }

  override stat(): Stat {
    return this.attributes;
  }

  override ioctl(caller: Caller, request: string, argument: unknown): number | Uint8Array {
    if (request === 'FIONREAD') return this.pipe.length;
    if (request === 'F_GETPIPE_SZ') return this.pipe.capacity;
    if (request === 'PEEK') return this.pipe.peek(Math.min(Number(argument), DeviceLimits.READ_MAX_BYTES));
    if (request !== 'F_SETPIPE_SZ') throw new SysError('ENOTTY');
    const wanted = Number(argument);
    if (!(wanted >= 0)) throw new SysError('EINVAL');
    if (caller.uid !== 0 && wanted > DeviceLimits.PIPE_SIZE_MAX) throw new SysError('EPERM');
    return this.pipe.resize(Math.min(wanted, DeviceLimits.PIPE_ROOT_SIZE_MAX));
  }

  closed(): void {
    if (this.readable) this.pipe.removeReader();
    if (this.writable) this.pipe.removeWriter();
    this.onClose();
  }
}
