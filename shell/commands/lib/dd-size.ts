/** Numbers of dd: products of sizes ('2x512', '1kB'), and its line about bytes and speed. */
import { humanSize, sizeMultiplier } from './size.ts';

/** '1', '2k', '3x512', '10B' → value; undefined when malformed. */
export function parseFactors(text: string): number | undefined {
  let product = 1;
  for (const factor of text.split('x')) {
    const match = /^(\d+)([a-zA-Z]*)$/.exec(factor);
    const multiplier = match?.[2] === 'B' ? 1 : sizeMultiplier(match?.[2] ?? '?');
    if (!match || multiplier === undefined) return undefined;
    product *= Number(match[1]) * multiplier;
  }
  return product;
}

/** '1.0K' → '1.0 K': dd puts a space and the unit's B. */
function spaced(text: string, unit: string): string {
  return `${text.replace(/[A-Za-z]+$/, '')} ${/[A-Za-z]+$/.exec(text)?.[0] ?? ''}${unit}`;
}

/** '512 bytes copied, 0.01 s, 51.2 kB/s', with sizes in two units from 1000 bytes on. */
export function humanRate(bytes: number, elapsedMs: number): string {
  const si = humanSize(bytes, 1000);
  const iec = humanSize(bytes, 1024);
  const sizes =
    bytes < 1000
      ? ''
      : bytes < 1024
        ? ` (${spaced(si, 'B')})`
        : ` (${spaced(si, 'B')}, ${spaced(iec, 'iB')})`;
  const secondsText = (elapsedMs / 1000).toPrecision(6).replace(/\.?0+$/, '');
  const rate =
    elapsedMs > 0
      ? `${spaced(humanSize(Math.round(bytes / (elapsedMs / 1000)), 1000), 'B')}/s`
      : 'Infinity B/s';
  return `${bytes} byte${bytes === 1 ? '' : 's'}${sizes} copied, ${secondsText} s, ${rate}`;
}
