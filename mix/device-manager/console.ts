/**
 * The console: a terminal whose other side is this site itself. What programs write is kept in a bounded log,
 * the oldest bytes going first, until somebody shows it; a program never waits for the console.
 */
import { ByteQueue } from '../../drivers/byte-queue.ts';
import type { Awaitable } from '../../nucleus/awaitable.ts';
import type { Thread } from '../../nucleus/executive/thread.ts';
import { Device, S } from '../../subsystems/unix/constants.ts';
import { DeviceLimits } from './limits.ts';
import type { Signaller } from './signaller.ts';
import { Terminal } from './terminal.ts';

const ROWS = 24;
const COLUMNS = 80;

export class Console {
  readonly terminal: Terminal;
  private readonly log = new ByteQueue();
  private viewer: ((output: Uint8Array) => void) | null = null;

  constructor(signals: Signaller, nowMs: number) {
    const attributes = {
      dev: 0,
      ino: 0,
      mode: S.IFCHR | 0o600,
      nlink: 1,
      uid: 0,
      gid: 0,
      rdev: Device.console,
      size: 0,
      blksize: 4096,
      blocks: 0,
      atimeMs: nowMs,
      mtimeMs: nowMs,
      ctimeMs: nowMs,
    };
    this.terminal = new Terminal('/dev/console', attributes, { rows: ROWS, columns: COLUMNS }, signals);
    this.terminal.onOutput = () => this.drain();
  }

  /** Shows the output from now on, beginning with what was kept. Returns the function that ends it. */
  show(viewer: (output: Uint8Array) => void): () => void {
    this.viewer = viewer;
    if (this.log.length > 0) viewer(this.log.take(this.log.length));
    return () => {
      if (this.viewer === viewer) this.viewer = null;
    };
  }

  /** Types on the console. Throws K_EABORT. */
  type(thread: Thread, data: Uint8Array): Awaitable<number> {
    return this.terminal.type(thread, data, false);
  }

  private drain(): void {
    const { queue } = this.terminal.line.output;
    if (queue.length === 0) return;
    const output = queue.take(queue.length);
    if (this.viewer) {
      this.viewer(output);
      return;
    }
    this.log.append(output);
    const excess = this.log.length - DeviceLimits.CONSOLE_LOG_BYTES;
    if (excess > 0) this.log.take(excess);
  }
}
