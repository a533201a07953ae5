/**
 * The pseudo-terminals of a Device Manager by number: the lowest free number is given. A number is in use
 * until both the master and the last slave are closed; its name in /dev/pts is there while the master is
 * open.
 */
import type { SiteId } from '../../nucleus/ids/ui.ts';
import { Device, O, S } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { Stat } from '../../subsystems/unix/sys.ts';
import type { Termios, WindowSize } from '../../subsystems/unix/termios.ts';
import { DeviceLimits } from './limits.ts';
import { PtyMaster } from './pty-master.ts';
import type { Signaller } from './signaller.ts';
import { Terminal } from './terminal.ts';
import { TtyFile } from './tty-file.ts';

/** st_dev of /dev/pts. */
export const PTS_DEVICE = 0x18;
/** Inode numbers in /dev/pts: the directory is 1, number N is N + 3, as on Linux. */
export const PTS_ROOT_INO = 1;
export const ptsIno = (number: number): number => number + 3;

const SLAVE_MODE = S.IFCHR | 0o620;
const MASTER_MODE = S.IFCHR | 0o666;

interface Pair {
  readonly terminal: Terminal;
  masterOpen: boolean;
  /** Open slaves, those included that a hang-up ended. */
  slaves: number;
}

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export class Ptys {
  private readonly pairs = new Map<number, Pair>();
  private readonly signals: Signaller;
  private readonly now: () => number;

  constructor(signals: Signaller, now: () => number) {
    this.signals = signals;
    this.now = now;
  }

  /**
   * Makes a pair and opens its master; `node`: the attributes of the /dev/ptmx it was opened by. Throws
   * ENOSPC.
   */
  create(
    owner: Owner,
    size: WindowSize,
    flags: number,
    node?: Stat,
    termios?: Termios,
  ): { master: PtyMaster; number: number } {
    if (this.pairs.size >= DeviceLimits.PTYS_MAX) throw new SysError('ENOSPC');
    let number = 0;
    while (this.pairs.has(number)) number += 1;
    const attributes = this.attributes(ptsIno(number), SLAVE_MODE, Device.pts + number, owner);
    const terminal = new Terminal(`/dev/pts/${number}`, attributes, size, this.signals, termios);
    const pair: Pair = { terminal, masterOpen: true, slaves: 0 };
    this.pairs.set(number, pair);
    const masterAttributes = node ?? this.attributes(2, MASTER_MODE, Device.ptmx, { uid: 0, gid: 0 });
    const master = new PtyMaster(terminal, (flags & ~O.ACCMODE) | O.RDWR, masterAttributes, () => {
      pair.masterOpen = false;
      this.forgetUnused(number);
    });
    return { master, number };
  }

  private attributes(ino: number, mode: number, rdev: number, owner: Owner): Stat {
    const timeMs = this.now();
    return {
      dev: PTS_DEVICE,
      ino,
      mode,
      nlink: 1,
      uid: owner.uid,
      gid: owner.gid,
      rdev,
      size: 0,
      blksize: 1024,
      blocks: 0,
      atimeMs: timeMs,
      mtimeMs: timeMs,
      ctimeMs: timeMs,
    };
  }

  /**
   * Opens the slave; `node`: the attributes of the node that it was opened by, when that is not its own in
   * /dev/pts. Throws ENOENT when there is none by this number, or its master is closed.
   */
  openSlave(number: number, flags: number, node?: Stat): TtyFile {
    const pair = this.pair(number);
    pair.slaves += 1;
    const onClose = (): void => {
      pair.slaves -= 1;
      this.forgetUnused(number);
    };
    return new TtyFile(pair.terminal, flags, onClose, node);
  }

  /** The number of the terminal that controls a session. */
  ofSession(sid: number): number | undefined {
    return this.numbers().find((number) => this.terminal(number).jobs.session === sid);
  }

  /** Throws ENOENT. */
  terminal(number: number): Terminal {
    return this.pair(number).terminal;
  }

  private pair(number: number): Pair {
    const pair = this.pairs.get(number);
    if (!pair?.masterOpen) throw new SysError('ENOENT');
    return pair;
  }

  /** Numbers that /dev/pts shows, ascending. */
  numbers(): number[] {
    return [...this.pairs.keys()]
      .filter((number) => this.pairs.get(number)!.masterOpen)
      .sort((a, b) => a - b);
  }

  /**
   * A site was lost: a terminal that nobody uses any more controls no session, and one whose session was led
   * from there hangs up, as it would at the leader's exit.
   */
  dropSessions(site: SiteId): void {
    for (const { terminal } of this.pairs.values()) {
      if (terminal.jobs.ledFrom(site)) terminal.hangUpAtExit();
      else if (terminal.abandoned) terminal.jobs.acquire(0, 0);
    }
  }

  private forgetUnused(number: number): void {
    const pair = this.pairs.get(number);
    if (pair && !pair.masterOpen && pair.slaves === 0) this.pairs.delete(number);
  }
}
