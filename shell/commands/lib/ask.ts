/** Questions of -i: printed on standard error, answered by a line of standard input. */
import type { Sys } from '../../../subsystems/unix/sys.ts';
import { encode } from './io.ts';

const NEWLINE = 10;

/**
 * Prints `NAME: question ` and reads a line, byte by byte so that later readers get the rest; true for y or
 * Y.
 */
export async function ask(sys: Sys, name: string, question: string): Promise<boolean> {
  await sys.write(2, encode(`${name}: ${question} `));
  let first: number | undefined;
  for (;;) {
    const [byte] = await sys.read(0, 1);
    if (byte === undefined || byte === NEWLINE) break;
    first ??= byte;
  }
  return first === 0x79 || first === 0x59;
}
