/** Sizes as text: human-readable output and the suffixes that GNU tools accept (K = 1024, KB = 1000 …). */

const LETTERS = 'KMGTPEZY';

/** `1.5K` style, rounded up as ls -h, du -h and df -h do. `base` is 1024 or 1000 (--si, lower-case k). */
export function humanSize(bytes: number, base: 1024 | 1000 = 1024): string {
  if (bytes < base) return String(bytes);
  let value = bytes;
  let power = 0;
  while (value >= base && power < LETTERS.length) {
    value /= base;
    power++;
  }
  let text = value < 10 ? (Math.ceil(value * 10 - 1e-9) / 10).toFixed(1) : String(Math.ceil(value - 1e-9));
  if (text === '10.0') text = '10';
  if (Number(text) >= base && power < LETTERS.length) {
    text = '1.0';
    power++;
  }
  const letter = LETTERS[power - 1]!;
  return text + (base === 1000 && letter === 'K' ? 'k' : letter);
}

/** Multiplier of a size suffix ('' = 1, 'b' = 512, 'kB', 'K', 'KiB', 'M' …); undefined when it is none. */
export function sizeMultiplier(suffix: string): number | undefined {
  if (suffix === '') return 1;
  if (suffix === 'c') return 1;
  if (suffix === 'w') return 2;
  if (suffix === 'b') return 512;
  const match = /^([kKmMGTPEZY])(iB|B|)$/.exec(suffix);
  if (!match) return undefined;
  const power = LETTERS.indexOf(match[1]!.toUpperCase()) + 1;
  return (match[2] === 'B' ? 1000 : 1024) ** power;
}

/** '10', '10K', '2MB', '4b' → bytes; undefined when malformed. */
export function parseSize(text: string): number | undefined {
  const match = /^\+?(\d+)([a-zA-Z]*)$/.exec(text);
  const multiplier = match ? sizeMultiplier(match[2]!) : undefined;
  if (!match || multiplier === undefined) return undefined;
  return Number(match[1]) * multiplier;
}

/** --block-size argument ('K', '1K', 'MB', '512'): bytes of a block; undefined when malformed. */
export function parseBlockSize(text: string): number | undefined {
  return /^[a-zA-Z]+$/.test(text) ? sizeMultiplier(text) : parseSize(text);
}

/** '10', '1.5m', '2h' → milliseconds, as sleep(1) and timeout(1) take; undefined when malformed. */
export function parseDuration(text: string): number | undefined {
  if (/^\+?inf(inity)?$/i.test(text)) return Number.POSITIVE_INFINITY;
  const match = /^\+?(\d+\.?\d*(?:e[-+]?\d+)?|\.\d+(?:e[-+]?\d+)?|0x[\da-f]+)([smhd]?)$/i.exec(text);
  if (!match) return undefined;
  const unit = { s: 1, m: 60, h: 3600, d: 86400 }[match[2] === '' ? 's' : match[2]!];
  return unit === undefined ? undefined : Number(match[1]) * unit * 1000;
}
