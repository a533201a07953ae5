/**
 * The pipes and FIFOs of one Device Manager.
 *
 * A FIFO is a name on a volume; what flows through it exists only while it is open, here, on the Device
 * Manager of the File Manager's site, where all its openers meet by `special.id`. Open rules as in fifo(7):
 * reading waits for a writer and writing for a reader; O_NONBLOCK reading opens at once, O_NONBLOCK writing
 * without a reader is ENXIO, O_RDWR never waits.
 */

import type { Awaitable } from '../../nucleus/awaitable.ts';
import type { Thread } from '../../nucleus/executive/thread.ts';
import type { ProtectionId } from '../../nucleus/ids/capability.ts';
import { O, S } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { Stat } from '../../subsystems/unix/sys.ts';
import { statWithoutVolume } from '../protocols/anonymous-stat.ts';
import type { Special } from '../protocols/object.ts';
import { DeviceLimits } from './limits.ts';
import { Pipe } from './pipe.ts';
import { PipeEnd } from './pipe-end.ts';

/** st_dev of pipes: no volume has it. */
const PIPE_DEVICE = 0x0e;

interface Fifo {
  readonly pipe: Pipe;
  ends: number;
}

export class Pipes {
  private readonly fifos = new Map<string, Fifo>();
  private readonly now: () => number;
  private nextIno = 1;
  private inUse = 0;

  constructor(now: () => number) {
    this.now = now;
  }

  /** Pipes and FIFOs in use. */
  get count(): number {
    return this.inUse;
  }

  /** pipe(2). Throws ENFILE. */
  create(flags: number, owner: ProtectionId): { reader: PipeEnd; writer: PipeEnd } {
    const pipe = this.newPipe();
    const attributes = this.pipeAttributes(owner);
    let ends = 2;
    const onClose = (): void => {
      ends -= 1;
      if (ends === 0) this.inUse -= 1;
    };
    const status = flags & (O.NONBLOCK | O.DIRECT);
    const reader = new PipeEnd(pipe, O.RDONLY | status, attributes, onClose);
    return { reader, writer: new PipeEnd(pipe, O.WRONLY | status, attributes, onClose) };
  }

  private newPipe(): Pipe {
    if (this.inUse >= DeviceLimits.PIPES_MAX) throw new SysError('ENFILE');
    this.inUse += 1;
    return new Pipe();
  }

  private pipeAttributes({ uid, gid }: ProtectionId): Stat {
    const ino = this.nextIno++;
    return statWithoutVolume({ dev: PIPE_DEVICE, ino, mode: S.IFIFO | 0o600, uid, gid, timeMs: this.now() });
  }

  /** Opens a FIFO by its id. Throws ENXIO, ENFILE, K_EABORT. */
  openFifo(thread: Thread, special: Special, flags: number): Awaitable<PipeEnd> {
    const fifo = this.fifoOf(special.id);
    const { pipe } = fifo;
    const access = flags & O.ACCMODE;
    const nonblocking = (flags & O.NONBLOCK) !== 0;
    if (access === O.WRONLY && nonblocking && pipe.readers === 0) {
      this.forgetUnused(special.id, fifo);
      throw new SysError('ENXIO');
    }
    fifo.ends += 1;
    const end = new PipeEnd(pipe, flags, special.attributes, () => {
      fifo.ends -= 1;
      this.forgetUnused(special.id, fifo);
    });
    if (nonblocking || access === O.RDWR || this.partners(pipe, end) > 0) return end;
    return this.awaitPartner(thread, pipe, end);
  }

  private fifoOf(id: string): Fifo {
    let fifo = this.fifos.get(id);
    if (!fifo) this.fifos.set(id, (fifo = { pipe: this.newPipe(), ends: 0 }));
    return fifo;
  }

  private forgetUnused(id: string, fifo: Fifo): void {
    if (fifo.ends > 0 || this.fifos.get(id) !== fifo) return;
    this.fifos.delete(id);
    this.inUse -= 1;
  }

  private partners(pipe: Pipe, end: PipeEnd): number {
    return end.readable ? pipe.writers : pipe.readers;
  }

  /** A partner that opens and closes before this thread goes on counts as well. */
  private async awaitPartner(thread: Thread, pipe: Pipe, end: PipeEnd): Promise<PipeEnd> {
    const everCame = (): number => (end.readable ? pipe.writersEver : pipe.readersEver);
    const before = everCame();
    try {
      while (everCame() === before) await pipe.partners.wait(thread);
    } catch (error) {
      end.closed();
      throw error;
    }
    return end;
  }
}
