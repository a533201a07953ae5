/**
 * A process' descriptor table. Slots are immutable, so a fork copies the array and counts references.
 * Processes of one site may share a table (CLONE_FILES): until exec, or the end of one.
 */
import type { Awaitable } from '../../nucleus/awaitable.ts';
import { isPromise } from '../../nucleus/awaitable.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { Fd } from '../../subsystems/unix/sys.ts';
import type { ObjectTable, OpenObject } from './objects.ts';

export interface Slot {
  readonly object: OpenObject;
  readonly cloexec: boolean;
}

export class Descriptors {
  private slots: (Slot | undefined)[];
  private readonly table: ObjectTable;
  /** Processes whose table it is. */
  private users = 1;

  constructor(table: ObjectTable, slots: (Slot | undefined)[] = []) {
    this.table = table;
    this.slots = slots;
  }

  /** The object of a descriptor. Throws EBADF. */
  object(fd: Fd): OpenObject {
    const slot = this.slots[fd];
    if (slot === undefined) throw new SysError('EBADF');
    return slot.object;
  }

  slot(fd: Fd): Slot {
    const slot = this.slots[fd];
    if (slot === undefined) throw new SysError('EBADF');
    return slot;
  }

  find(fd: Fd): OpenObject | undefined {
    return this.slots[fd]?.object;
  }

  /**
   * Files an object (taking over the caller's reference) under the lowest descriptor ≥ least. Throws EMFILE;
   * the object is dropped then.
   */
  add(object: OpenObject, cloexec: boolean, max: number, least = 0): Fd {
    let fd = least;
    while (this.slots[fd] !== undefined) fd += 1;
    if (fd >= max) {
      void this.table.drop(object);
      throw new SysError('EMFILE');
    }
    this.slots[fd] = { object, cloexec };
    return fd;
  }

  /** Puts an object (taking over the reference) at a descriptor; returns what was there, still counted. */
  put(fd: Fd, object: OpenObject, cloexec: boolean): OpenObject | undefined {
    const old = this.slots[fd]?.object;
    this.slots[fd] = { object, cloexec };
    return old;
  }

  setCloexec(fd: Fd, cloexec: boolean): void {
    this.slots[fd] = { object: this.object(fd), cloexec };
  }

  /** Takes a descriptor out of the table; the reference passes to the caller. Throws EBADF. */
  take(fd: Fd): OpenObject {
    const object = this.object(fd);
    this.slots[fd] = undefined;
    while (this.slots.length > 0 && this.slots[this.slots.length - 1] === undefined) this.slots.length -= 1;
    return object;
  }

  /** A copy for a forked child: every reference counted once more. */
  fork(): Descriptors {
    const slots = this.slots.slice();
    for (const slot of slots) if (slot) slot.object.refs += 1;
    return new Descriptors(this.table, slots);
  }

  /** The same table for a child. */
  share(): this {
    this.users += 1;
    return this;
  }

  /** A table for one process alone: this one, or a copy when others have it too. */
  alone(): Descriptors {
    if (this.users === 1) return this;
    this.users -= 1;
    return this.fork();
  }

  /** Descriptors in use, ascending. */
  entries(): [Fd, Slot][] {
    const result: [Fd, Slot][] = [];
    this.slots.forEach((slot, fd) => {
      if (slot) result.push([fd, slot]);
    });
    return result;
  }

  /** Drops those that `which` picks; settles when every server knows. */
  closeAll(which: (slot: Slot) => boolean = () => true): Awaitable<void> {
    const waits: Promise<void>[] = [];
    this.slots.forEach((slot, fd) => {
      if (!slot || !which(slot)) return;
      this.slots[fd] = undefined;
      const dropped = this.table.drop(slot.object);
      if (isPromise(dropped)) waits.push(dropped);
    });
    // A child of a process with thousands of descriptors must not keep an array as long as its parent's.
    this.slots = this.slots.slice(0, this.slots.findLastIndex((slot) => slot !== undefined) + 1);
    if (waits.length > 0) return Promise.all(waits).then(() => {});
  }
}
