/**
 * Signal-driven I/O (fcntl(2) O_ASYNC, F_SETOWN, F_SETSIG): an object that is asynchronous has a watcher, a
 * thread of the manager's that polls it edge-triggered and tells the owner of each edge. So servers know
 * nothing of it. The state belongs to the object as this site has it open: descriptors here share it. It also
 * says who is told when a lease is broken, which is the file server's news.
 */
import { isPromise } from '../../nucleus/awaitable.ts';
import type { Thread } from '../../nucleus/executive/thread.ts';
import { O, Poll } from '../../subsystems/unix/constants.ts';
import { Si, type SigInfo } from '../../subsystems/unix/siginfo.ts';
import { Sig } from '../../subsystems/unix/signals.ts';
import type { Fd, IoOwner } from '../../subsystems/unix/sys.ts';
import type { Edge } from '../protocols/poll-queue.ts';
import { maySignal, type Sender, signalGroup } from './groups.ts';
import { locatePid } from './locate.ts';
import type { Manager } from './manager.ts';
import type { OpenObject } from './objects.ts';
import { post } from './signals.ts';

/** What can be asynchronous; others take O_ASYNC without effect, as on Linux. */
const KINDS: ReadonlySet<OpenObject['kind']> = new Set(['pipe', 'tty', 'ptm', 'socket'] as const);
const NOTHING_SEEN: Edge = { input: -1, output: -1 };
/** si_band with each si_code. */
const BANDS = {
  [Si.POLL_IN]: Poll.IN | Poll.RDNORM,
  [Si.POLL_OUT]: Poll.OUT | Poll.WRNORM | Poll.WRBAND,
  [Si.POLL_MSG]: Poll.IN | Poll.RDNORM | Poll.MSG,
  [Si.POLL_HUP]: Poll.HUP | Poll.ERR,
} as const;

export const canBeAsync = ({ kind }: OpenObject): boolean => KINDS.has(kind);

export class AsyncIo {
  owner: IoOwner | null = null;
  /** Whose rights count when a signal is sent. */
  sender: Sender | null = null;
  /** 0: SIGIO, which tells no more. */
  sig = 0;
  private watcher: Thread | null = null;
  private fd: Fd = -1;
  isOn = false;

  /** `fd`: what the signals will name. */
  start(pm: Manager, object: OpenObject, fd: Fd): void {
    this.fd = fd;
    if (this.isOn) return;
    this.isOn = true;
    pm.background((thread) => this.watch(pm, object, thread));
  }

  stop(): void {
    this.isOn = false;
    this.watcher?.abort();
    this.watcher = null;
  }

  private async watch(pm: Manager, object: OpenObject, thread: Thread): Promise<void> {
    this.watcher = thread;
    const { dest, key } = object;
    try {
      const ask = (edge: Edge, wait: boolean, events: number) =>
        pm.servers.poll(thread, dest, { key: key!, events, wait, edge });
      // What is there already is no news: only how far it went counts.
      const first = ask(NOTHING_SEEN, false, Poll.IN | Poll.OUT);
      let reply = isPromise(first) ? await first : first;
      const { flags } = await pm.servers.getFlags(thread, dest, { key: key! });
      const events = eventsOf(object, flags, reply.revents);
      while (this.watcher === thread && reply.edge) {
        reply = await ask(reply.edge, true, events);
        if (this.watcher === thread) this.tell(pm, codeOf(object.kind, reply.revents));
      }
    } finally {
      thread.takeAborted();
    }
  }

  /** A lease was taken through `fd`: who took it is told of the end, unless somebody is named already. */
  takeLease(fd: Fd, owner: IoOwner, sender: Sender): void {
    this.fd = fd;
    this.owner ??= owner;
    this.sender ??= sender;
  }

  leaseBroken(pm: Manager): void {
    this.tell(pm, Si.POLL_MSG);
  }

  private tell(pm: Manager, code: keyof typeof BANDS): void {
    const { owner, sender, sig, fd } = this;
    if (!owner || !sender) return;
    const info: SigInfo = sig === 0 ? { sig: Sig.IO, code: Si.KERNEL } : { sig, code, band: BANDS[code], fd };
    try {
      send(pm, owner, sender, info);
    } catch {
      // The queue is full: what Linux says then.
      send(pm, owner, sender, { sig: Sig.IO, code: Si.KERNEL });
    }
  }
}

/** Each end of a pipe hears of its own direction; others hear of room only if there was none. */
function eventsOf({ kind }: OpenObject, flags: number, revents: number): number {
  const both = Poll.IN | Poll.OUT;
  if (kind !== 'pipe') return revents & Poll.OUT ? Poll.IN : both;
  const access = flags & O.ACCMODE;
  return access === O.RDONLY ? Poll.IN : access === O.WRONLY ? Poll.OUT : both;
}

function codeOf(kind: OpenObject['kind'], revents: number): keyof typeof BANDS {
  if (kind === 'socket' && revents & Poll.HUP) return Si.POLL_HUP;
  if (revents & Poll.OUT && !(revents & (Poll.IN | Poll.HUP))) return Si.POLL_OUT;
  return Si.POLL_IN;
}

/** Throws EAGAIN when the owner's queue is full. */
function send(pm: Manager, { type, pid }: IoOwner, sender: Sender, info: SigInfo): void {
  const { sig } = info;
  if (type === 'group') {
    void signalGroup(pm, pid, sig, sender);
    return;
  }
  const target = pm.find(pid) ?? pm.guests?.threadIds.get(pid);
  if (target) {
    if (!maySignal(sender, target, sig)) return;
    if (type !== 'thread' || !target.image.guest?.post(pid, sig, info)) post(target, sig, info);
    return;
  }
  pm.background(async (thread) => {
    const dest = await locatePid(pm, pid);
    await pm.peers.signal(thread, dest, { pid, sig, sender });
  });
}
