/**
 * Reading a descriptor that others read too: nothing is taken beyond what was asked for. A file is read in
 * blocks and the offset put back; pipes and terminals give one byte at a time.
 */
import { Seek } from '../../../subsystems/unix/constants.ts';
import { isSysError } from '../../../subsystems/unix/errno.ts';
import type { Sys } from '../../../subsystems/unix/sys.ts';
import type { Task } from '../task.ts';
import { wait } from '../task.ts';

const BLOCK_BYTES = 4096;
const NEWLINE = 10;

export class DescriptorReader {
  private readonly sys: Sys;
  private readonly fd: number;
  private block = new Uint8Array(0);
  private at = 0;
  private seekable: boolean | undefined;

  constructor(sys: Sys, fd: number) {
    this.sys = sys;
    this.fd = fd;
  }

  /** The next byte; undefined at the end. */
  *byte(): Task<number | undefined> {
    if (this.at >= this.block.length) {
      this.seekable ??= yield* this.canSeek();
      this.block = (yield* wait(
        this.sys.read(this.fd, this.seekable ? BLOCK_BYTES : 1),
      )) as Uint8Array<ArrayBuffer>;
      this.at = 0;
      if (this.block.length === 0) return undefined;
    }
    const byte = this.block[this.at];
    this.at += 1;
    return byte;
  }

  /** The next line with its newline; empty at the end. */
  *line(): Task<Uint8Array> {
    const bytes: number[] = [];
    for (;;) {
      const byte = yield* this.byte();
      if (byte === undefined) break;
      bytes.push(byte);
      if (byte === NEWLINE) break;
    }
    yield* this.putBack();
    return Uint8Array.from(bytes);
  }

  /** Gives back what was read ahead. */
  *putBack(): Task<void> {
    const ahead = this.block.length - this.at;
    if (ahead > 0) yield* wait(this.sys.lseek(this.fd, -ahead, Seek.CUR));
    this.at = this.block.length;
  }

  private *canSeek(): Task<boolean> {
    try {
      yield* wait(this.sys.lseek(this.fd, 0, Seek.CUR));
      return !(yield* wait(this.sys.isatty(this.fd)));
    } catch (error) {
      if (isSysError(error)) return false;
      throw error;
    }
  }
}
