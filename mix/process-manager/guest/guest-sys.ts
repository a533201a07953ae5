/**
 * The `Sys` of a guest's thread: the bodies of the system calls, entered without the trap of native programs.
 * The Linux interface has a trap of its own around a whole call, which looks after signals and restarts.
 */
import type { Environment, Sys } from '../../../subsystems/unix/sys.ts';
import { SYSCALLS, type SysCallName } from '../../../subsystems/unix/syscalls.ts';
import type { Calls } from '../calls/index.ts';
import type { UThread } from '../process.ts';

class GuestSysBase {
  private readonly t: UThread;

  constructor(t: UThread) {
    this.t = t;
  }

  get env(): Environment {
    return this.t.image.env;
  }
}

/** Gives the class its methods, once: see native-sys. */
export function defineGuestCalls(calls: Calls): void {
  for (const name of Object.keys(SYSCALLS) as SysCallName[]) {
    if (Object.hasOwn(GuestSysBase.prototype, name)) continue;
    const body = calls[name] as (t: UThread, ...args: unknown[]) => unknown;
    Object.defineProperty(GuestSysBase.prototype, name, {
      value(this: { readonly t: UThread }, ...args: unknown[]): unknown {
        return body(this.t, ...args);
      },
    });
  }
}

export const GuestSys = GuestSysBase as unknown as new (t: UThread) => Sys;
