/** The terminal as the stream that a line is drawn on. What is written in one go leaves in one write. */
import { Writable } from 'node:stream';
import type { Sys } from '../../../subsystems/unix/sys.ts';

const DEFAULT_COLUMNS = 80;
const TERMINAL = 2;

type Chunks = readonly { readonly chunk: Uint8Array }[];

export class Screen extends Writable {
  columns = DEFAULT_COLUMNS;
  readonly isTTY = true;

  constructor(sys: Sys) {
    const put = (bytes: Uint8Array, done: () => void): void => {
      // A terminal that is gone is noticed when it is read from.
      Promise.resolve(sys.write(TERMINAL, bytes)).then(done, done);
    };
    super({
      write: (chunk: Uint8Array, _encoding, done) => put(chunk, () => done()),
      writev: (chunks: Chunks, done) => put(Buffer.concat(chunks.map(({ chunk }) => chunk)), () => done()),
    });
  }

  /** The window has `columns`; 0 means unknown. `redraw`: a line is being typed. */
  resize(columns: number, redraw: boolean): void {
    const next = columns > 0 ? columns : DEFAULT_COLUMNS;
    if (next === this.columns) return;
    this.columns = next;
    if (redraw) this.emit('resize');
  }

  /** Everything written is on the terminal. */
  drained(): Promise<void> {
    while (this.writableCorked > 0) this.uncork();
    return new Promise((resolve) => this.write('', () => resolve()));
  }
}
