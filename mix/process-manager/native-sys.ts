/**
 * The Sys object of a native program: one class, one method per row of the system call table, all entering
 * the trap. The object belongs to one image: after exec the old one throws Terminated.
 */

import type { Environment, Sys } from '../../subsystems/unix/sys.ts';
import { SYSCALLS, type SysCallName } from '../../subsystems/unix/syscalls.ts';
import type { Calls } from './calls/index.ts';
import type { Image } from './process.ts';
import { type CallBody, checkpoint, trap } from './trap.ts';

type Methods = Omit<Sys, 'env'>;

class SysBase {
  readonly image: Image;
  constructor(image: Image) {
    this.image = image;
  }

  get env(): Environment {
    return this.image.env;
  }

  checkpoint(): undefined | Promise<void> {
    return checkpoint(this.image);
  }
}

/**
 * Gives the class its methods, once: the bodies themselves make processes, so they cannot be imported here.
 */
export function defineCalls(calls: Calls): void {
  for (const name of Object.keys(SYSCALLS) as SysCallName[]) {
    if (name === 'checkpoint' || Object.hasOwn(SysBase.prototype, name)) continue;
    const body = calls[name] as CallBody;
    Object.defineProperty(SysBase.prototype, name, {
      value(this: SysBase, ...args: never[]): unknown {
        return trap(this.image, name, body, args);
      },
    });
  }
}

/** `new NativeSys(image)`: has every method once `defineCalls` was called. */
export const NativeSys = SysBase as unknown as new (image: Image) => Methods & { readonly env: Environment };
