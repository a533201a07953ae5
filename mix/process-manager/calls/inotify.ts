/** inotify(7): the object is at the Device Manager of the site, the watches at the servers of the files. */
import type { Awaitable } from '../../../nucleus/awaitable.ts';
import type { Capability } from '../../../nucleus/ids/capability.ts';
import { Inotify, O } from '../../../subsystems/unix/constants.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import type { Fd } from '../../../subsystems/unix/sys.ts';
import { andThen } from '../and-then.ts';
import { deviceManagerHere } from '../device-managers.ts';
import { asVoid } from '../manager.ts';
import { INOTIFY_LABEL } from '../objects.ts';
import type { UThread } from '../process.ts';
import { withHandle } from './files.ts';

const FLAGS = O.CLOEXEC | O.NONBLOCK;
const WATCH_FLAGS =
  Inotify.ONLYDIR |
  Inotify.DONT_FOLLOW |
  Inotify.EXCL_UNLINK |
  Inotify.MASK_CREATE |
  Inotify.MASK_ADD |
  Inotify.ONESHOT;
const KNOWN = Inotify.ALL_EVENTS + WATCH_FLAGS;

/** Throws EBADF, EINVAL for what is no inotify object. */
function instanceOf(t: UThread, fd: Fd): Capability {
  const { port, key, kind, label } = t.process.fds.object(fd);
  if (kind !== 'event' || key === undefined || label !== INOTIFY_LABEL) throw new SysError('EINVAL');
  return { ui: port, key };
}

export const inotifyCalls = {
  inotifyInit: (t: UThread, flags = 0): Awaitable<Fd> => {
    if ((flags & ~FLAGS) !== 0) throw new SysError('EINVAL');
    const { fds, limits, pm } = t.process;
    const port = deviceManagerHere(pm);
    return andThen(pm.servers.inotify(t.thread, { target: port }, { flags }), ({ key }) => {
      const object = pm.objects.enter(port, key, 'event', INOTIFY_LABEL);
      return fds.add(object, (flags & O.CLOEXEC) !== 0, limits.nofile.soft);
    });
  },
  inotifyAddWatch: (t: UThread, fd: Fd, path: string, wanted: number): Awaitable<number> => {
    const mask = wanted >>> 0;
    const instance = instanceOf(t, fd);
    if ((mask & Inotify.ALL_EVENTS) === 0 || (mask & ~KNOWN) !== 0) throw new SysError('EINVAL');
    const flags = (mask & Inotify.DONT_FOLLOW ? O.NOFOLLOW : 0) | (mask & Inotify.ONLYDIR ? O.DIRECTORY : 0);
    return withHandle(t, path, flags, (place) => {
      const request = { key: place.key!, instance, mask };
      return andThen(t.process.pm.servers.watch(t.thread, place.dest, request), ({ wd }) => wd);
    });
  },
  inotifyRmWatch: (t: UThread, fd: Fd, wd: number): Awaitable<void> => {
    const { ui, key } = instanceOf(t, fd);
    if (wd <= 0) throw new SysError('EINVAL');
    return asVoid(t.process.pm.inotifies.remove(t.thread, { target: ui }, { key, wd }));
  },
};
