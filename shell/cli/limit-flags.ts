/** `--limit NAME=VALUE`: the limits of the API by short names, with units that people write. */
import type { Limits } from '../api/limits.ts';
import { UsageError } from './arguments.ts';

type Unit = 'bytes' | 'count' | 'seconds' | 'milliseconds';

/** Name → the field of `limits`, and what its number counts. */
export const LIMIT_NAMES: Readonly<Record<string, readonly [field: keyof Limits, unit: Unit]>> = {
  output: ['outputBytesMax', 'bytes'],
  processes: ['processesMax', 'count'],
  files: ['openFilesMax', 'count'],
  'file-size': ['fileBytesMax', 'bytes'],
  memory: ['memoryBytesMax', 'bytes'],
  disk: ['diskBytesMax', 'bytes'],
  instructions: ['instructionsMax', 'count'],
  cpu: ['cpuSecondsMax', 'seconds'],
  time: ['wallTimeMsMax', 'milliseconds'],
};

/** Bytes are counted by powers of 1024, the rest by powers of 1000. */
const POWERS = ['', 'k', 'm', 'g', 't'];

function numberOf(text: string, unit: Unit): number {
  const match = /^(\d+(?:\.\d+)?)([kmgt]?)$/i.exec(text);
  const power = POWERS.indexOf(match?.[2]?.toLowerCase() ?? '');
  const value = Number(match?.[1]) * (unit === 'bytes' ? 1024 : 1000) ** power;
  if (unit === 'milliseconds') return value * 1000;
  return unit === 'seconds' ? value : Math.floor(value);
}

/** The limits of the flags. Throws UsageError. */
export function limitFlags(entries: readonly string[] = []): Partial<Limits> {
  const limits: Partial<Limits> = {};
  for (const entry of entries) {
    const at = entry.indexOf('=');
    const name = entry.slice(0, Math.max(0, at));
    if (!Object.hasOwn(LIMIT_NAMES, name)) {
      const known = Object.keys(LIMIT_NAMES).join(', ');
      throw new UsageError(`--limit: expected NAME=VALUE, not '${entry}' (names: ${known})`);
    }
    const [field, unit] = LIMIT_NAMES[name]!;
    const value = numberOf(entry.slice(at + 1), unit);
    if (!(value > 0))
      throw new UsageError(`--limit ${name}: expected a number above 0, not '${entry.slice(at + 1)}'`);
    limits[field] = value;
  }
  return limits;
}
