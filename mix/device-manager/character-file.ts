/** An open character device of the driver table: always ready, never waits. */

import type { CharacterDevice } from '../../drivers/devices/device.ts';
import { Poll, Seek } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { Stat } from '../../subsystems/unix/sys.ts';
import { PollQueue } from '../protocols/poll-queue.ts';
import { type Caller, OpenObject } from './open-object.ts';

export class CharacterFile extends OpenObject {
  readonly kind = 'char';
  readonly changed = new PollQueue();
  private readonly device: CharacterDevice;
  private readonly attributes: Stat;

  constructor(device: CharacterDevice, flags: number, attributes: Stat) {
    super(flags);
    this.device = device;
    this.attributes = attributes;
  }

  override read(_caller: Caller, maxBytes: number): Uint8Array {
    if (!this.readable) throw new SysError('EBADF');
    return this.device.read(maxBytes);
  }

  override write(_caller: Caller, data: Uint8Array): number {
    if (!this.writable) throw new SysError('EBADF');
    return this.device.write(data);
  }

  override seek(_offset: number, whence: number): number {
    if (!this.device.seekable) throw new SysError('ESPIPE');
    if (whence !== Seek.SET && whence !== Seek.CUR && whence !== Seek.END) throw new SysError('EINVAL');
    return 0;
  }

  override readiness(): number {
    return Poll.IN | Poll.OUT;
  }

  override stat(): Stat {
    return this.attributes;
  }

  closed(): void {}
}
