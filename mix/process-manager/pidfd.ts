/**
 * pidfds (pidfd_open(2)): descriptors of processes. One is readable once the process has ended. It names a
 * process of the site where it was made.
 */
import { WaitQueue } from '../../nucleus/executive/sync.ts';
import { Poll } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import { EventObjects } from './event-objects.ts';
import type { Manager } from './manager.ts';
import type { OpenObject } from './objects.ts';
import type { Process } from './process.ts';

interface PidFd {
  readonly process: Process;
  flags: number;
}

export class PidFds {
  private readonly ended = new WaitQueue<void>();
  private readonly objects: EventObjects<PidFd>;

  constructor(pm: Manager) {
    const describe = ({ process: { state, pid } }: PidFd): string => {
      const shown = state === 'running' ? pid : -1;
      return `Pid:\t${shown}\nNSpid:\t${shown}\n`;
    };
    this.objects = new EventObjects<PidFd>(pm, 'anon_inode:[pidfd]', describe, (get) => ({
      poll: async ({ key, events, wait }, { thread }) => {
        const { process } = get(key);
        while (wait && process.state === 'running') await this.ended.wait(thread);
        return { revents: process.state === 'running' ? 0 : events & Poll.IN, sequence: 0 };
      },
      read: () => {
        throw new SysError('EINVAL');
      },
    }));
  }

  /** Throws ENFILE. */
  open(process: Process, flags: number): OpenObject {
    return this.objects.open({ process, flags });
  }

  processOf(object: OpenObject): Process | undefined {
    return this.objects.find(object)?.process;
  }

  /** A process of this site has ended. */
  tell(): void {
    if (this.objects.size > 0) this.ended.wakeAll(undefined);
  }
}
