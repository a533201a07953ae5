/**
 * Descriptors that the Process Manager itself serves (pidfd, signalfd): open objects like others, in the
 * object protocol, whose state is that of processes of its site. Each kind says how it reads and polls; what
 * is the same for all is here.
 */

import { type Key, newKey } from '../../nucleus/ids/capability.ts';
import type { UI } from '../../nucleus/ids/ui.ts';
import type { Implementation } from '../../nucleus/ipc/protocol.ts';
import { serve } from '../../nucleus/ipc/stubs.ts';
import { O } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import { statWithoutVolume } from '../protocols/anonymous-stat.ts';
import { ObjectProtocol, type ObjectSpecs } from '../protocols/object.ts';
import { unsupported } from '../protocols/unsupported.ts';
import type { Manager } from './manager.ts';
import type { OpenObject } from './objects.ts';

/** Objects of one kind on a site: ENFILE. */
export const EVENT_OBJECTS_MAX = 4096;

type Own = Pick<Implementation<ObjectSpecs>, 'read' | 'poll'>;
/** What fdinfo shows of one. */
type Described<T> = (state: T) => string;

export class EventObjects<T extends { flags: number }> {
  private readonly pm: Manager;
  private readonly label: string;
  private readonly own: Own;
  private readonly describe: Described<T>;
  private readonly table = new Map<Key, T>();
  private port: UI | null = null;

  /** `label`: what /proc/PID/fd shows. */
  constructor(pm: Manager, label: string, describe: Described<T>, own: (get: (key: Key) => T) => Own) {
    this.pm = pm;
    this.describe = describe;
    this.label = label;
    this.own = own((key) => this.get(key));
  }

  get size(): number {
    return this.table.size;
  }

  /** An object with one reference. Throws ENFILE. */
  open(state: T): OpenObject {
    if (this.table.size >= EVENT_OBJECTS_MAX) throw new SysError('ENFILE');
    const key = newKey(this.pm.nucleus.random);
    this.table.set(key, state);
    this.port ??= this.start();
    return this.pm.objects.enter(this.port, key, 'event', this.label);
  }

  /** The state behind an object; undefined for objects of other kinds or servers. */
  find(object: OpenObject): T | undefined {
    return object.key !== undefined && object.port === this.port ? this.table.get(object.key) : undefined;
  }

  private get(key: Key): T {
    const found = this.table.get(key);
    if (!found) throw new SysError('EBADF');
    return found;
  }

  private start(): UI {
    const { pm } = this;
    return serve(pm.nucleus, pm.actor, ObjectProtocol, {
      ...unsupported,
      ...this.own,
      fstat: () => ({ stat: statWithoutVolume({ timeMs: pm.bootedMs }) }),
      getFlags: ({ key }) => ({ flags: O.RDWR | (this.get(key).flags & O.NONBLOCK) }),
      setFlags: ({ key, flags }) => {
        this.get(key).flags = flags & O.NONBLOCK;
        return {};
      },
      ioctl: ({ key, request }) => {
        if (request !== 'FDINFO') throw new SysError('ENOTTY');
        return { result: this.describe(this.get(key)) };
      },
      hold: () => ({}),
      release: ({ key }) => {
        this.table.delete(key);
        return {};
      },
    }).ui;
  }
}
