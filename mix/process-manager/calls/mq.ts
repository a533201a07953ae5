/** POSIX message queues: open objects of the IPC Manager that has the queue. */
import type { Awaitable } from '../../../nucleus/awaitable.ts';
import type { Key } from '../../../nucleus/ids/capability.ts';
import { Limits, O } from '../../../subsystems/unix/constants.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import type { QueueAttributes, QueueNotice } from '../../../subsystems/unix/ipc.ts';
import { SIGNAL_MAX } from '../../../subsystems/unix/signals.ts';
import { type Fd, Terminated } from '../../../subsystems/unix/sys.ts';
import { IPC_MANAGERS } from '../../protocols/ipc.ts';
import { andThen } from '../and-then.ts';
import { asVoid } from '../manager.ts';
import type { OpenObject } from '../objects.ts';
import type { UThread } from '../process.ts';

/** Opens that may find that the queue has moved to another name's owner meanwhile: EEXIST. */
const TRIES = 8;
const OPEN_FLAGS = O.ACCMODE | O.CREAT | O.EXCL | O.NONBLOCK;

/** Throws EBADF for anything but an open queue. */
function queueOf(t: UThread, fd: Fd): { object: OpenObject; key: Key } {
  const object = t.process.fds.object(fd);
  if (object.kind !== 'mq' || object.key === undefined) throw new SysError('EBADF');
  return { object, key: object.key };
}

/** A name without its slash. Throws ENOENT, EACCES, ENAMETOOLONG. */
function checkName(name: string): void {
  if (name === '') throw new SysError('ENOENT');
  if (name.includes('/')) throw new SysError('EACCES');
  if (Buffer.byteLength(name) > Limits.NAME_MAX) throw new SysError('ENAMETOOLONG');
}

/** The port of a site's IPC Manager. Throws ENOENT when the site is not there. */
function managerPort({ process: { pm } }: UThread, site: number) {
  const member = pm.nucleus.ipc.allMembers(IPC_MANAGERS.ui).find((entry) => entry.site === site);
  if (!member) throw new SysError('ENOENT');
  return member.port;
}

async function mqopen(
  t: UThread,
  name: string,
  flags: number,
  mode = 0o600,
  attributes?: { messages: number; bytes: number },
): Promise<Fd> {
  checkName(name);
  const { process, thread } = t;
  const { pm } = process;
  const { messages = 0, bytes = 0 } = attributes ?? {};
  if (messages < 0 || bytes < 0) throw new SysError('EINVAL');
  const request = { name, flags: flags & OPEN_FLAGS, mode: mode & ~process.umask & 0o777, messages, bytes };
  const found = await pm.queues.find(thread, { target: managerPort(t, pm.site) }, { name });
  let site = found.site ?? pm.site;
  for (let tries = 0; tries < TRIES; tries++) {
    const port = managerPort(t, site);
    const reply = await pm.queues.open(thread, { target: port }, request);
    if (reply.key === undefined) {
      site = reply.site ?? pm.site;
      continue;
    }
    const object = pm.objects.enter(port, reply.key, 'mq', `/${name}`);
    if (process.state !== 'running') {
      void pm.objects.drop(object);
      throw new Terminated();
    }
    return process.fds.add(object, (flags & O.CLOEXEC) !== 0, process.limits.nofile.soft);
  }
  throw new SysError('EEXIST');
}

export const queueCalls = {
  mqopen,
  mqunlink: async (t: UThread, name: string): Promise<void> => {
    checkName(name);
    const { pm } = t.process;
    const { site } = await pm.queues.find(t.thread, { target: managerPort(t, pm.site) }, { name });
    if (site === undefined) throw new SysError('ENOENT');
    await pm.queues.unlink(t.thread, { target: managerPort(t, site) }, { name });
  },
  mqsend: (t: UThread, fd: Fd, data: Uint8Array, priority = 0, limitMs = -1): Awaitable<void> => {
    const { object, key } = queueOf(t, fd);
    if (priority < 0) throw new SysError('EINVAL');
    const request = { key, data, priority, limitMs };
    return asVoid(t.process.pm.queues.send(t.thread, object.dest, request));
  },
  mqreceive: (
    t: UThread,
    fd: Fd,
    max: number,
    limitMs = -1,
  ): Awaitable<{ data: Uint8Array; priority: number }> => {
    const { object, key } = queueOf(t, fd);
    if (max < 0) throw new SysError('EINVAL');
    return t.process.pm.queues.receive(t.thread, object.dest, { key, max, limitMs });
  },
  mqattributes: (t: UThread, fd: Fd): Awaitable<QueueAttributes> => {
    const { object, key } = queueOf(t, fd);
    return t.process.pm.queues.attributes(t.thread, object.dest, { key });
  },
  mqnotify: (t: UThread, fd: Fd, notice: QueueNotice | null): Awaitable<void> => {
    const { object, key } = queueOf(t, fd);
    const { signal = 0, value } = notice ?? {};
    if (!Number.isInteger(signal) || signal < 0 || signal > SIGNAL_MAX) throw new SysError('EINVAL');
    const { pm, pid } = t.process;
    t.process.queueNotices ||= notice !== null;
    const request = { key, on: notice !== null, pid, signal, ...(value ? { value } : {}) };
    return andThen(pm.queues.notify(t.thread, object.dest, request), () => {});
  },
};
