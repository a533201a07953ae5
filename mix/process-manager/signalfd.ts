/**
 * signalfds (signalfd(2)): descriptors from which a process reads the signals that it blocks. What is read is
 * the reader's own signals, whoever made the descriptor; the reader is a process of this site.
 */
import { O, Poll } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { SigInfo } from '../../subsystems/unix/siginfo.ts';
import { SignalSet } from '../../subsystems/unix/signal-set.ts';
import { EventObjects } from './event-objects.ts';
import type { Manager } from './manager.ts';
import type { OpenObject } from './objects.ts';
import type { PendingSignals } from './pending-signals.ts';
import type { Process } from './process.ts';

/** struct signalfd_siginfo. */
export const SIGNALFD_BYTES = 128;

interface SignalFd {
  mask: SignalSet;
  flags: number;
}

export class SignalFds {
  private readonly pm: Manager;
  private readonly objects: EventObjects<SignalFd>;

  constructor(pm: Manager) {
    this.pm = pm;
    this.objects = new EventObjects(
      pm,
      'anon_inode:[signalfd]',
      ({ mask }) => `sigmask:\t${mask.hex()}\n`,
      (get) => ({
        read: async ({ key, max }, { thread, actorPi }) => {
          const fd = get(key);
          if (max < SIGNALFD_BYTES) throw new SysError('EINVAL');
          const process = this.reader(actorPi.domain);
          for (;;) {
            const data = takeAll(process, fd.mask, Math.floor(max / SIGNALFD_BYTES));
            if (data.length > 0) return { data };
            if (fd.flags & O.NONBLOCK) throw new SysError('EAGAIN');
            await process.signalWaiters.wait(thread);
          }
        },
        poll: async ({ key, events, wait }, { thread, actorPi }) => {
          const fd = get(key);
          const process = this.reader(actorPi.domain);
          while (wait && !isPending(process, fd.mask)) await process.signalWaiters.wait(thread);
          return {
            revents: isPending(process, fd.mask) ? events & Poll.IN : 0,
            sequence: process.signalCount,
          };
        },
      }),
    );
  }

  /** Throws ENFILE. */
  open(mask: SignalSet, flags: number): OpenObject {
    return this.objects.open({ mask, flags });
  }

  /** Gives a signalfd another mask. Throws EINVAL for other objects. */
  change(object: OpenObject, mask: SignalSet): void {
    const fd = this.objects.find(object);
    if (!fd) throw new SysError('EINVAL');
    fd.mask = mask;
  }

  /** The protection identifier of a process' messages has its number. */
  private reader(pid: number): Process {
    const process = this.pm.find(pid);
    if (!process) throw new SysError('ESRCH');
    return process;
  }
}

/** The pending sets that a reader of the process draws from: its own, and those of its threads. */
function* pendingOf(process: Process): Generator<PendingSignals> {
  for (const thread of process.image.guest?.threads.values() ?? []) yield thread.pending;
  yield process.signals.pending;
}

const outside = (mask: SignalSet): SignalSet => {
  const others = new SignalSet(-1, -1);
  others.leave(mask);
  return others;
};

function isPending(process: Process, mask: SignalSet): boolean {
  const others = outside(mask);
  for (const pending of pendingOf(process)) if (pending.firstNotIn(others) !== 0) return true;
  return false;
}

function takeAll(process: Process, mask: SignalSet, most: number): Uint8Array {
  const others = outside(mask);
  const taken: Uint8Array[] = [];
  for (const pending of pendingOf(process)) {
    for (let sig = pending.firstNotIn(others); sig !== 0; sig = pending.firstNotIn(others)) {
      if (taken.length >= most) return Buffer.concat(taken);
      taken.push(encode(pending.take(sig) ?? { sig, code: 0 }));
    }
  }
  return Buffer.concat(taken);
}

/**
 * struct signalfd_siginfo: signo, errno, code, pid, uid, fd, tid, band, overrun, trapno, status, int, ptr …
 */
function encode(info: SigInfo): Uint8Array {
  const bytes = new Uint8Array(SIGNALFD_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, info.sig, true);
  view.setInt32(4, info.errno ?? 0, true);
  view.setInt32(8, info.code, true);
  view.setUint32(12, info.pid ?? 0, true);
  view.setUint32(16, info.uid ?? 0, true);
  view.setUint32(24, info.timer?.id ?? 0, true);
  view.setUint32(32, info.timer?.overrun ?? 0, true);
  view.setInt32(40, info.status ?? 0, true);
  if (info.value) {
    bytes.set(info.value.subarray(0, 4), 44);
    bytes.set(info.value, 48);
  }
  return bytes;
}
