/**
 * A host process at work: how the world outside acts in a system, through ordinary system calls of a process
 * of its own; many may be under way at once.
 */
import { SysError } from '../../subsystems/unix/errno.ts';
import { type Fd, type Pid, type Sys, Terminated } from '../../subsystems/unix/sys.ts';

export class Host {
  readonly sys: Sys;

  constructor(sys: Sys) {
    this.sys = sys;
  }

  /** Sends a signal to the process group of a child, or to the child alone. No error when it is gone. */
  async signal(pid: Pid, sig: number, group = true): Promise<boolean> {
    try {
      await this.sys.kill(group ? -pid : pid, sig);
      return true;
    } catch (error) {
      if (!(error instanceof SysError || error instanceof Terminated)) throw error;
      return false;
    }
  }

  async readAll(fd: Fd): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (;;) {
      const part = await this.sys.read(fd, 65536);
      if (part.length === 0) break;
      parts.push(part);
    }
    return Buffer.concat(parts);
  }

  /** Ends the host process. */
  end(): void {
    try {
      this.sys.exit(0);
    } catch (error) {
      if (!(error instanceof Terminated)) throw error;
    }
  }

  /** Closes descriptors; those that are closed already do not matter. */
  async closeAll(fds: readonly Fd[]): Promise<void> {
    for (const fd of fds) {
      try {
        await this.sys.close(fd);
      } catch (error) {
        if (!(error instanceof SysError || error instanceof Terminated)) throw error;
      }
    }
  }
}
