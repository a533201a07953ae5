/** A terminal as programs open it: the slave of a pseudo-terminal, or the console. */
import { type Awaitable, isPromise } from '../../nucleus/awaitable.ts';
import { Poll, S } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { Stat } from '../../subsystems/unix/sys.ts';
import type { PollQueue } from '../protocols/poll-queue.ts';
import { type Caller, OpenObject } from './open-object.ts';
import type { Opening, Terminal } from './terminal.ts';
import { readTerminal } from './terminal-read.ts';
import { ttyIoctl } from './tty-ioctls.ts';

const HUNG_UP = Poll.IN | Poll.OUT | Poll.ERR | Poll.HUP;

export class TtyFile extends OpenObject {
  readonly kind = 'tty';
  readonly terminal: Terminal;
  private readonly opening: Opening;
  private readonly attributes: Stat;
  private readonly onClose: () => void;

  /** `attributes`: of the node that it was opened by, when that is not the terminal's own. */
  constructor(terminal: Terminal, flags: number, onClose: () => void = () => {}, attributes?: Stat) {
    super(flags);
    this.terminal = terminal;
    this.onClose = onClose;
    this.attributes = attributes ?? terminal.attributes;
    this.opening = terminal.opened();
  }

  get changed(): PollQueue {
    return this.terminal.changed;
  }

  override read(caller: Caller, maxBytes: number): Awaitable<Uint8Array> {
    if (!this.readable) throw new SysError('EBADF');
    const { terminal, opening } = this;
    if (opening.hungUp) return new Uint8Array(0);
    const go = (): Awaitable<Uint8Array> =>
      readTerminal(terminal, opening, caller.thread, maxBytes, this.nonblocking);
    const allowed = terminal.jobs.checkRead(caller);
    return isPromise(allowed) ? allowed.then(go) : go();
  }

  override write(caller: Caller, data: Uint8Array): Awaitable<number> {
    if (!this.writable) throw new SysError('EBADF');
    const { terminal, opening } = this;
    const go = (): Awaitable<number> => terminal.write(opening, caller.thread, data, this.nonblocking);
    if (!terminal.line.termios.tostop) return go();
    const allowed = terminal.jobs.checkChange(caller);
    return isPromise(allowed) ? allowed.then(go) : go();
  }

  override readiness(): number {
    const { line } = this.terminal;
    if (this.opening.hungUp) return HUNG_UP;
    const { min, time } = line.termios.cc;
    const least = time === 0 ? Math.max(1, min) : 1;
    return (line.readable(least) ? Poll.IN : 0) | (line.output.room > 0 ? Poll.OUT : 0);
  }

  override ioctl(caller: Caller, request: string, argument: unknown): Awaitable<unknown> {
    const { terminal, opening } = this;
    return ttyIoctl(request, { terminal, caller, argument, hungUp: opening.hungUp, master: false });
  }

  override stat(): Stat {
    return this.attributes;
  }

  override chmod(caller: Caller, mode: number): void {
    chmodTerminal(this.terminal, caller, mode);
  }

  override chown(caller: Caller, uid: number, gid: number): void {
    chownTerminal(this.terminal, caller, uid, gid);
  }

  closed(): void {
    this.terminal.closed(this.opening);
    this.onClose();
  }
}

/** Throws EPERM for anyone but the owner and root. */
export function chmodTerminal({ attributes }: Terminal, caller: { uid: number }, mode: number): void {
  if (caller.uid !== 0 && caller.uid !== attributes.uid) throw new SysError('EPERM');
  attributes.mode = S.IFCHR | (mode & 0o7777);
}

/** -1 leaves an id. Throws EPERM for anyone but root, unless nothing changes. */
export function chownTerminal(
  { attributes }: Terminal,
  caller: { uid: number },
  uid: number,
  gid: number,
): void {
  const newUid = uid < 0 ? attributes.uid : uid;
  const newGid = gid < 0 ? attributes.gid : gid;
  const same = newUid === attributes.uid && newGid === attributes.gid;
  if (caller.uid !== 0 && !(same && caller.uid === attributes.uid)) throw new SysError('EPERM');
  attributes.uid = newUid;
  attributes.gid = newGid;
}
