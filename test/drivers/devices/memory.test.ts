import { describe, expect, it } from 'vitest';
import { memoryDevices } from '../../../drivers/devices/memory.ts';
import { seededRandom } from '../../../nucleus/clock.ts';
import { Device } from '../../../subsystems/unix/constants.ts';

describe('memory device drivers', () => {
  it('draw random bytes from the source they are given', () => {
    const read = (seed: number): Uint8Array =>
      memoryDevices(seededRandom(seed)).get(Device.urandom)!.read(16);
    expect(read(7)).toEqual(read(7));
    expect(read(7)).not.toEqual(read(8));
  });

  it('take what they swallow and refuse what does not fit', () => {
    const devices = memoryDevices(seededRandom(1));
    expect(devices.get(Device.null)!.write(new Uint8Array(5))).toBe(5);
    expect(devices.get(Device.zero)!.read(3)).toEqual(new Uint8Array(3));
    expect(() => devices.get(Device.full)!.write(new Uint8Array(1))).toThrow('No space left on device');
  });
});
