/**
 * The master of a pseudo-terminal: reads what programs show, writes what is typed. Closing it hangs the
 * terminal up.
 */
import type { Awaitable } from '../../nucleus/awaitable.ts';
import { Poll } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { Stat } from '../../subsystems/unix/sys.ts';
import type { PollQueue } from '../protocols/poll-queue.ts';
import { type Caller, OpenObject } from './open-object.ts';
import type { Terminal } from './terminal.ts';
import { ttyIoctl } from './tty-ioctls.ts';

export class PtyMaster extends OpenObject {
  readonly kind = 'ptm';
  readonly terminal: Terminal;
  private readonly attributes: Stat;
  private readonly onClose: () => void;

  constructor(terminal: Terminal, flags: number, attributes: Stat, onClose: () => void) {
    super(flags);
    this.terminal = terminal;
    this.attributes = attributes;
    this.onClose = onClose;
  }

  get changed(): PollQueue {
    return this.terminal.changed;
  }

  override read(caller: Caller, maxBytes: number): Awaitable<Uint8Array> {
    if (!this.readable) throw new SysError('EBADF');
    return this.terminal.takeOutput(caller.thread, maxBytes, this.nonblocking);
  }

  override write(caller: Caller, data: Uint8Array): Awaitable<number> {
    if (!this.writable) throw new SysError('EBADF');
    return this.terminal.type(caller.thread, data, this.nonblocking);
  }

  override readiness(): number {
    const { terminal } = this;
    const readable = terminal.line.output.queue.length > 0 ? Poll.IN : 0;
    const writable = terminal.typingRoom > 0 ? Poll.OUT : 0;
    return readable | writable | (terminal.abandoned ? Poll.HUP : 0);
  }

  override ioctl(caller: Caller, request: string, argument: unknown): Awaitable<unknown> {
    return ttyIoctl(request, { terminal: this.terminal, caller, argument, hungUp: false, master: true });
  }

  override stat(): Stat {
    return this.attributes;
  }

  closed(): void {
    this.terminal.hangUp();
    this.onClose();
  }
}
