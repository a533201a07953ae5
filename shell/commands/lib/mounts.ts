/** The mount table, from /proc/mounts. */
import type { Sys } from '../../../subsystems/unix/sys.ts';
import { readTextFile } from './io.ts';

export interface Mount {
  source: string;
  target: string;
  type: string;
  options: string;
}

const unescapeOctal = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));

/** In mount order. Throws SysError when there is no /proc. */
export async function readMounts(sys: Sys): Promise<Mount[]> {
  const text = await readTextFile(sys, '/proc/mounts');
  return text
    .split('\n')
    .map((line) => line.split(' ').map(unescapeOctal))
    .filter((fields) => fields.length >= 4)
    .map(([source, target, type, options]) => ({
      source: source!,
      target: target!,
      type: type!,
      options: options!,
    }));
}
