/** A line of /proc/PID/maps. */
import type { RegionInfo } from '../guest/guest-info.ts';

export function mapLine({ start, end, protection, shared, offset, dev, ino, label }: RegionInfo): string {
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
  const may = (bit: number, letter: string): string => (protection & bit ? letter : '-');
  const rights = may(1, 'r') + may(2, 'w') + may(4, 'x') + (shared ? 's' : 'p');
  const device = `${hex(dev >>> 8, 2)}:${hex(dev & 0xff, 2)}`;
  const head = `${hex(start, 8)}-${hex(end, 8)} ${rights} ${hex(offset, 8)} ${device} ${ino} `;
  return label === '' ? `${head}\n` : `${head.padEnd(73)}${label}\n`;
}
