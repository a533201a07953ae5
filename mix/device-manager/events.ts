/** Objects that stand for events: eventfd and timerfd, made and set. They are used by handle like others. */

import type { CallContext } from '../../nucleus/ipc/port.ts';
import type { Nucleus } from '../../nucleus/nucleus.ts';
import { O } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import { statWithoutVolume } from '../protocols/anonymous-stat.ts';
import type { ObjectReply, ObjectRequest } from '../protocols/object.ts';
import { EventFile } from './event-file.ts';
import type { ObjectTable } from './object-table.ts';
import { TimerFile } from './timer-file.ts';

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
      const file = new EventFile(
        initial,
        semaphore,
        flags & O.NONBLOCK,
        statWithoutVolume({ timeMs: nucleus.clock.now() }),
      );
      return { key: objects.add(file, srcSite) };
    },
    timerfd: (
      { realtime, flags }: ObjectRequest<'timerfd'>,
      { srcSite }: CallContext,
    ): ObjectReply<'timerfd'> => {
      objects.reserve(1);
      const file = new TimerFile(
        nucleus.clock,
        realtime,
        flags & O.NONBLOCK,
        statWithoutVolume({ timeMs: nucleus.clock.now() }),
      );
      return { key: objects.add(file, srcSite) };
    },
    setTimer: (request: ObjectRequest<'setTimer'>): ObjectReply<'setTimer'> =>
      timerOf(request.key).set(request, request.absolute),
    getTimer: ({ key }: ObjectRequest<'getTimer'>): ObjectReply<'getTimer'> => timerOf(key).setting(),
  };
}
