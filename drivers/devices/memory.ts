/** null, zero, full, random, urandom: null(4), full(4), random(4). */
import type { RandomSource } from '../../nucleus/clock.ts';
import { Device } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { CharacterDevice, DeviceTable } from './device.ts';

const EMPTY = new Uint8Array(0);

const swallow = (data: Uint8Array): number => data.length;
const zeros = (maxBytes: number): Uint8Array => new Uint8Array(maxBytes);

function refuse(): never {
  throw new SysError('ENOSPC');
}

/**
 * The memory devices. Random bytes come from the site's source; what is written to it is taken and not mixed
 * in.
 */
export function memoryDevices(random: RandomSource): DeviceTable {
  const randomBytes = (maxBytes: number): Uint8Array => random.bytes(maxBytes);
  const rows: readonly (readonly [number, CharacterDevice])[] = [
    [Device.null, { name: 'null', read: () => EMPTY, write: swallow, seekable: true }],
    [Device.zero, { name: 'zero', read: zeros, write: swallow, seekable: true }],
    [Device.full, { name: 'full', read: zeros, write: refuse, seekable: true }],
    [Device.random, { name: 'random', read: randomBytes, write: swallow, seekable: true }],
    [Device.urandom, { name: 'urandom', read: randomBytes, write: swallow, seekable: true }],
  ];
  return new Map(rows);
}
