/**
 * pidfds (pidfd_open(2)): descriptors of processes. One is an open object of the Process Manager on whose site
 * it was made; it is readable once the process has ended. It names a process of that site.
 */
import { WaitQueue } from '../../nucleus/executive/sync.ts';
import { type Key, newKey } from '../../nucleus/ids/capability.ts';
import type { UI } from '../../nucleus/ids/ui.ts';
import { serve } from '../../nucleus/ipc/stubs.ts';
import { O, Poll, S } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { Stat } from '../../subsystems/unix/sys.ts';
import { ObjectProtocol } from '../protocols/object.ts';
import { unsupported } from '../protocols/unsupported.ts';
import type { Manager } from './manager.ts';
import type { OpenObject } from './objects.ts';
import type { Process } from './process.ts';

/** pidfds of one site: ENFILE. */
export const PIDFDS_MAX = 4096;

interface PidFd {
  readonly process: Process;
  flags: number;
}

export class PidFds {
  private readonly pm: Manager;
  private readonly table = new Map<Key, PidFd>();
  private readonly ended = new WaitQueue<void>();
  private port: UI | null = null;

  constructor(pm: Manager) {
    this.pm = pm;
  }

  /** An object for a process of this site, with one reference. Throws ENFILE. */
  open(process: Process, flags: number): OpenObject {
    if (this.table.size >= PIDFDS_MAX) throw new SysError('ENFILE');
    const key = newKey(this.pm.nucleus.random);
    this.table.set(key, { process, flags: flags & O.NONBLOCK });
    this.port ??= this.start();
    return this.pm.objects.enter(this.port, key, 'event', 'anon_inode:[pidfd]');
  }

  /** The process behind an object; undefined for other objects. */
  processOf(object: OpenObject): Process | undefined {
    return object.key !== undefined && object.port === this.port
      ? this.table.get(object.key)?.process
      : undefined;
  }

  /** A process of this site has ended. */
  tell(): void {
    if (this.table.size > 0) this.ended.wakeAll(undefined);
  }

  private get(key: Key): PidFd {
    const found = this.table.get(key);
    if (!found) throw new SysError('EBADF');
    return found;
  }

  private start(): UI {
    const { pm } = this;
    const port = serve(pm.nucleus, pm.actor, ObjectProtocol, {
      ...unsupported,
      poll: async ({ key, events, wait }, { thread }) => {
        const { process } = this.get(key);
        while (wait && process.state === 'running') await this.ended.wait(thread);
        return { revents: process.state === 'running' ? 0 : events & Poll.IN, sequence: 0 };
      },
      read: () => {
        throw new SysError('EINVAL');
      },
      fstat: () => ({ stat: STAT }),
      getFlags: ({ key }) => ({ flags: O.RDWR | this.get(key).flags }),
      setFlags: ({ key, flags }) => {
        this.get(key).flags = flags & O.NONBLOCK;
        return {};
      },
      hold: () => ({}),
      release: ({ key }) => {
        this.table.delete(key);
        return {};
      },
    });
    return port.ui;
  }
}

const STAT: Stat = {
  dev: 0,
  ino: 1,
  mode: S.IFREG | 0o600,
  nlink: 1,
  uid: 0,
  gid: 0,
  rdev: 0,
  size: 0,
  blksize: 4096,
  blocks: 0,
  atimeMs: 0,
  mtimeMs: 0,
  ctimeMs: 0,
};
