/**
 * A terminal's place in job control: the session that it controls and that session's foreground group. 0 =
 * none.
 *
 * Background rules (POSIX 11.1.4): a member of the session that is not in the foreground group gets SIGTTIN
 * for reading and SIGTTOU for changing the terminal (and for writing with TOSTOP), sent to its whole group,
 * and its call ends as if interrupted: when it is continued, the call starts over. Who ignores or blocks the
 * signal reads EIO but may write.
 */
import { type Awaitable, isPromise } from '../../nucleus/awaitable.ts';
import { KError } from '../../nucleus/errors.ts';
import type { SiteId } from '../../nucleus/ids/ui.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import { Sig } from '../../subsystems/unix/signals.ts';
import type { Caller } from './open-object.ts';
import type { Signaller } from './signaller.ts';

export class JobControl {
  session = 0;
  foreground = 0;
  /** Where the session's leader was when it last used the terminal; 0 = nobody's. */
  private leaderSite: SiteId = 0;
  private readonly signals: Signaller;

  constructor(signals: Signaller) {
    this.signals = signals;
  }

  /** True when the terminal is the controlling one of the caller's session. */
  controls(caller: Caller): boolean {
    if (this.session === 0 || caller.sid !== this.session) return false;
    if (caller.pid === this.session) this.leaderSite = caller.site;
    return true;
  }

  private inBackground(caller: Caller): boolean {
    return this.controls(caller) && this.foreground !== 0 && caller.pgid !== this.foreground;
  }

  /** Before a read: returns when the caller may go on. Throws EIO, or K_EABORT after SIGTTIN. */
  checkRead(caller: Caller): Awaitable<void> {
    if (!this.inBackground(caller)) return undefined;
    if (caller.ignoring) throw new SysError('EIO');
    return this.stop(caller.pgid, Sig.TTIN);
  }

  /** Before a change of the terminal, or a write with TOSTOP. Throws K_EABORT after SIGTTOU. */
  checkChange(caller: Caller): Awaitable<void> {
    if (!this.inBackground(caller) || caller.ignoring) return undefined;
    return this.stop(caller.pgid, Sig.TTOU);
  }

  private stop(pgid: number, sig: number): Promise<void> {
    const interrupted = (): never => {
      throw new KError('K_EABORT');
    };
    const sent = this.signals.send(pgid, sig);
    return isPromise(sent) ? sent.then(interrupted) : interrupted();
  }

  /**
   * A signal from a key or of a new size. When the last process of the foreground group has just ended, the
   * session's leader is about to take the terminal back: it is the one to hear it.
   */
  signalForeground(sig: number): void {
    void this.signals.send(this.foreground, sig, this.session);
  }

  /** The terminal becomes the controlling one of a session, with the leader's group in the foreground. */
  acquire(sid: number, pgid: number, leaderSite: SiteId = 0): void {
    this.session = sid;
    this.foreground = pgid;
    this.leaderSite = leaderSite;
  }

  /** The session's leader was there, so nobody is left to say that it ended. */
  ledFrom(site: SiteId): boolean {
    return this.session !== 0 && this.leaderSite === site;
  }

  /** The session lost its terminal: its leader's and its foreground group hear of it. */
  hangUp(): void {
    const { session, foreground } = this;
    this.acquire(0, 0);
    for (const pgid of new Set([session, foreground])) {
      void this.signals.send(pgid, Sig.HUP);
      void this.signals.send(pgid, Sig.CONT);
    }
  }

  /** The leader gave the terminal up (TIOCNOTTY): only the foreground group is told. */
  disassociate(): void {
    const { foreground } = this;
    this.acquire(0, 0);
    void this.signals.send(foreground, Sig.HUP);
    void this.signals.send(foreground, Sig.CONT);
  }
}
