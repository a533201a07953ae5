/** Two sorted inputs read side by side, as comm and join do: a cursor over lines that checks their order. */
import { O } from '../../../subsystems/unix/constants.ts';
import type { Sys } from '../../../subsystems/unix/sys.ts';
import { readChunks } from './io.ts';
import { latin1 } from './text.ts';
import { textBatches } from './textio.ts';

/** Lines one by one, mostly without waiting. */
export class LineCursor {
  /** The current line; undefined at the end. Bytes as latin1 text. */
  line: string | undefined;
  number = 0;
  private batch: string[] = [];
  private at = 0;
  private readonly batches: AsyncGenerator<{ lines: string[] }, void, void>;

  constructor(sys: Sys, fd: number, delimiter: string) {
    this.batches = textBatches(readChunks(sys, fd), latin1, delimiter);
  }

  async next(): Promise<void> {
    if (this.at >= this.batch.length) {
      const { value } = await this.batches.next();
      this.batch = value?.lines ?? [];
      this.at = 0;
    }
    this.line = this.batch[this.at];
    this.at += 1;
    this.number += 1;
  }
}

/** Opens an operand ('-' = standard input) at its first line. Throws SysError. */
export async function openCursor(sys: Sys, name: string, delimiter: string): Promise<LineCursor> {
  const fd = name === '-' ? 0 : await sys.open(name, O.RDONLY);
  const cursor = new LineCursor(sys, fd, delimiter);
  await cursor.next();
  return cursor;
}
