/** /proc/PID/fdinfo/N: position, flags, mount and inode of an open object, and what its kind has beside. */
import { type Awaitable, isPromise } from '../../../nucleus/awaitable.ts';
import type { Thread } from '../../../nucleus/executive/thread.ts';
import { O, Seek } from '../../../subsystems/unix/constants.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import type { Fd } from '../../../subsystems/unix/sys.ts';
import type { OpenObject } from '../objects.ts';
import type { Process } from '../process.ts';
import { mountNumber } from './mounts.ts';

/** Throws ENOENT. */
export async function descriptorInfo(process: Process, fd: Fd): Promise<string> {
  const slot = process.fds.entries().find(([number]) => number === fd)?.[1];
  if (!slot) throw new SysError('ENOENT');
  const { object, cloexec } = slot;
  const { pm } = process;
  return pm.withThread(async (thread) => {
    const at = object.key === undefined ? undefined : { key: object.key };
    const ask = <T>(call: (key: NonNullable<OpenObject['key']>) => Awaitable<T>): Promise<T | undefined> =>
      answerOf(() => at && call(at.key));
    const { dest } = object;
    const seek = { offset: 0, whence: Seek.CUR };
    const position = await ask((key) => pm.servers.seek(thread, dest, { key, ...seek }));
    const status = await ask((key) => pm.servers.getFlags(thread, dest, { key }));
    const file = await ask((key) => pm.servers.fstat(thread, dest, { key }));
    const own = object.async?.isOn ? O.ASYNC : 0;
    const flags = (status?.flags ?? 0) | own | (cloexec ? O.CLOEXEC : 0);
    return (
      `pos:\t${position?.offset ?? 0}\nflags:\t0${flags.toString(8)}\n` +
      `mnt_id:\t${await mountNumber(pm, thread, object.port)}\nino:\t${file?.stat.ino ?? 0}\n` +
      (await moreOf(thread, process, object))
    );
  });
}

/** Undefined where the object has no such thing, or its server is lost. */
async function answerOf<T>(call: () => Awaitable<T> | undefined): Promise<T | undefined> {
  try {
    const answer = call();
    return isPromise(answer) ? await answer : answer;
  } catch {
    return undefined;
  }
}

/** What servers of eventfds, timers, epoll and inotify objects say of theirs: request FDINFO. */
async function moreOf(thread: Thread, { pm }: Process, { kind, key, dest }: OpenObject): Promise<string> {
  if ((kind !== 'event' && kind !== 'epoll') || key === undefined) return '';
  const nobody = { pid: 0, pgid: 0, sid: 0, ignoring: true, argument: null };
  const answer = await answerOf(() => pm.servers.ioctl(thread, dest, { key, request: 'FDINFO', ...nobody }));
  return typeof answer?.result === 'string' ? answer.result : '';
}
