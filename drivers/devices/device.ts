/**
 * The character-device driver interface: what the Device Manager needs of a device that keeps no state
 * between calls and never makes a caller wait. Drivers throw SysError.
 */
export interface CharacterDevice {
  readonly name: string;
  /** At most `maxBytes` bytes, which belong to the caller; empty at the end of file. */
  read(maxBytes: number): Uint8Array;
  /** The number of bytes taken. Never keeps `data`. */
  write(data: Uint8Array): number;
  /** lseek(2) on the device: memory devices accept any position and report 0. */
  readonly seekable: boolean;
}

/** Drivers by device number, as st_rdev carries it. */
export type DeviceTable = ReadonlyMap<number, CharacterDevice>;
