/** Objects that stand for events: eventfd and timerfd, made and set. They are used by handle like others. */

import type { CallContext } from '../../nucleus/ipc/port.ts';
import type { Nucleus } from '../../nucleus/nucleus.ts';
import { O } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { Stat } from '../../subsystems/unix/sys.ts';
import type { ObjectReply, ObjectRequest } from '../protocols/object.ts';
import { EventFile } from './event-file.ts';
import type { ObjectTable } from './object-table.ts';
import { TimerFile } from './timer-file.ts';

/** st_dev of objects without an inode: no volume has it. All of them look like one inode, as on Linux. */
const ANONYMOUS_DEVICE = 0x0d;
const ANONYMOUS_INO = 1;

export function anonymousAttributes(nucleus: Nucleus): Stat {
  const timeMs = nucleus.clock.now();
  return {
    dev: ANONYMOUS_DEVICE,
    ino: ANONYMOUS_INO,
    mode: 0o600,
    nlink: 1,
    uid: 0,
    gid: 0,
    rdev: 0,
    size: 0,
    blksize: 4096,
    blocks: 0,
    atimeMs: timeMs,
    mtimeMs: timeMs,
    ctimeMs: timeMs,
  };
}

export function eventOperations(nucleus: Nucleus, objects: ObjectTable) {
  const timerOf = (key: ObjectRequest<'getTimer'>['key']): TimerFile => {
    const object = objects.get(key);
    if (!(object instanceof TimerFile)) throw new SysError('EINVAL');
    return object;
  };
  return {
    eventfd: (
      { initial, semaphore, flags }: ObjectRequest<'eventfd'>,
      { srcSite }: CallContext,
    ): ObjectReply<'eventfd'> => {
      objects.reserve(1);
      const file = new EventFile(initial, semaphore, flags & O.NONBLOCK, anonymousAttributes(nucleus));
      return { key: objects.add(file, srcSite) };
    },
    timerfd: (
      { realtime, flags }: ObjectRequest<'timerfd'>,
      { srcSite }: CallContext,
    ): ObjectReply<'timerfd'> => {
      objects.reserve(1);
      const file = new TimerFile(nucleus.clock, realtime, flags & O.NONBLOCK, anonymousAttributes(nucleus));
      return { key: objects.add(file, srcSite) };
    },
    setTimer: (request: ObjectRequest<'setTimer'>): ObjectReply<'setTimer'> =>
      timerOf(request.key).set(request, request.absolute),
    getTimer: ({ key }: ObjectRequest<'getTimer'>): ObjectReply<'getTimer'> => timerOf(key).setting(),
  };
}
