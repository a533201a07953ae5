/** Descriptors that stand for events: eventfd, timerfd, epoll. */
import type { Awaitable } from '../../../nucleus/awaitable.ts';
import { Epoll, O, Poll } from '../../../subsystems/unix/constants.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import type { EpollEvent, Fd, TimerValue } from '../../../subsystems/unix/sys.ts';
import { andThen } from '../and-then.ts';
import { deviceManagerHere } from '../device-managers.ts';
import { asVoid } from '../manager.ts';
import type { OpenObject } from '../objects.ts';
import type { UThread } from '../process.ts';

const FLAGS = O.CLOEXEC | O.NONBLOCK;
const UINT32_MAX = 0xffff_ffff;
/** What an exclusive interest may have beside it. */
const WITH_EXCLUSIVE = Poll.IN | Poll.OUT | Poll.ERR | Poll.HUP | Epoll.ET | Epoll.WAKEUP | Epoll.EXCLUSIVE;
const DATA_BYTES = 8;

/** A timer of a process: ms, not negative. Throws EINVAL, EFAULT. */
function checkTimer(timer: TimerValue): void {
  if (typeof timer !== 'object' || timer === null) throw new SysError('EFAULT');
  const { valueMs, intervalMs } = timer;
  if (!(valueMs >= 0) || !(intervalMs >= 0)) throw new SysError('EINVAL');
}

function checkFlags(flags: number): void {
  if ((flags & ~FLAGS) !== 0) throw new SysError('EINVAL');
}

/** The epoll instance behind a descriptor. Throws EBADF, EINVAL. */
function instance(t: UThread, epfd: Fd): OpenObject & { key: NonNullable<OpenObject['key']> } {
  const object = t.process.fds.object(epfd);
  if (object.kind !== 'epoll' || object.key === undefined) throw new SysError('EINVAL');
  return object as OpenObject & { key: NonNullable<OpenObject['key']> };
}

export const eventCalls = {
  eventfd: (
    t: UThread,
    initial: number,
    options: { semaphore?: boolean; flags?: number } = {},
  ): Awaitable<Fd> => {
    const { semaphore = false, flags = 0 } = options;
    const { fds, limits, pm } = t.process;
    checkFlags(flags);
    if (!(initial >= 0 && initial <= UINT32_MAX)) throw new SysError('EINVAL');
    const port = deviceManagerHere(pm);
    const made = pm.servers.eventfd(t.thread, { target: port }, { initial, semaphore, flags });
    return andThen(made, ({ key }) => {
      const object = pm.objects.enter(port, key, 'event', 'anon_inode:[eventfd]');
      return fds.add(object, (flags & O.CLOEXEC) !== 0, limits.nofile.soft);
    });
  },
  timerfdCreate: (t: UThread, realtime: boolean, flags = 0): Awaitable<Fd> => {
    const { fds, limits, pm } = t.process;
    checkFlags(flags);
    const port = deviceManagerHere(pm);
    const request = { realtime: realtime === true, flags };
    return andThen(pm.servers.timerfd(t.thread, { target: port }, request), ({ key }) => {
      const object = pm.objects.enter(port, key, 'event', 'anon_inode:[timerfd]');
      return fds.add(object, (flags & O.CLOEXEC) !== 0, limits.nofile.soft);
    });
  },
  timerfdSettime: (t: UThread, fd: Fd, timer: TimerValue, absolute = false): Awaitable<TimerValue> => {
    const { dest, key, kind } = t.process.fds.object(fd);
    checkTimer(timer);
    if (kind !== 'event' || key === undefined) throw new SysError('EINVAL');
    const { valueMs, intervalMs } = timer;
    return t.process.pm.servers.setTimer(t.thread, dest, { key, valueMs, intervalMs, absolute });
  },
  timerfdGettime: (t: UThread, fd: Fd): Awaitable<TimerValue> => {
    const { dest, key, kind } = t.process.fds.object(fd);
    if (kind !== 'event' || key === undefined) throw new SysError('EINVAL');
    return t.process.pm.servers.getTimer(t.thread, dest, { key });
  },
  epollCreate: (t: UThread, flags = 0): Awaitable<Fd> => {
    const { fds, limits, pm } = t.process;
    if ((flags & ~O.CLOEXEC) !== 0) throw new SysError('EINVAL');
    const target = pm.epollPort;
    return andThen(pm.epolls.create(t.thread, { target }, {}), ({ key }) => {
      const object = pm.objects.enter(target, key, 'epoll', 'anon_inode:[eventpoll]');
      return fds.add(object, (flags & O.CLOEXEC) !== 0, limits.nofile.soft);
    });
  },
  epollCtl: (
    t: UThread,
    epfd: Fd,
    operation: 'add' | 'modify' | 'delete',
    fd: Fd,
    event?: EpollEvent,
  ): Awaitable<void> => {
    const { fds, pm } = t.process;
    const epoll = fds.object(epfd);
    const object = fds.object(fd);
    const { kind, key: target } = object;
    if (kind === 'path' || target === undefined) throw new SysError('EBADF');
    if (kind === 'file' || kind === 'directory' || kind === 'char') throw new SysError('EPERM');
    if (object === epoll) throw new SysError('EINVAL');
    const { dest, key } = instance(t, epfd);
    // What another site watches cannot be searched for loops.
    if (operation === 'add' && kind === 'epoll' && object.port !== epoll.port) throw new SysError('ELOOP');
    if (operation !== 'delete') checkEvent(operation, kind, event);
    const request = { key, operation, fd, port: object.port, target };
    return asVoid(pm.epolls.ctl(t.thread, dest, event ? { ...request, event } : request));
  },
  epollWait: (t: UThread, epfd: Fd, max: number, timeoutMs: number): Awaitable<EpollEvent[]> => {
    if (!(max > 0)) throw new SysError('EINVAL');
    const { dest, key } = instance(t, epfd);
    const { pm } = t.process;
    const { clock } = pm.nucleus;
    if (!t.again && timeoutMs > 0) t.deadlineMs = clock.monotonic() + timeoutMs;
    const left = timeoutMs > 0 ? Math.max(0, t.deadlineMs - clock.monotonic()) : timeoutMs;
    const reply = pm.epolls.wait(t.thread, dest, { key, max, timeoutMs: left });
    return andThen(reply, ({ ready }) => ready);
  },
};

/** Throws EFAULT, EINVAL. */
function checkEvent(operation: 'add' | 'modify', kind: string, event: EpollEvent | undefined): void {
  if (!event || !(event.data instanceof Uint8Array) || event.data.length !== DATA_BYTES) {
    throw new SysError('EFAULT');
  }
  if ((event.events & Epoll.EXCLUSIVE) === 0) return;
  if (operation === 'modify' || kind === 'epoll') throw new SysError('EINVAL');
  if ((event.events & ~WITH_EXCLUSIVE) !== 0) throw new SysError('EINVAL');
}
