/**
 * The append-only log of a durable volume. Records are framed {length, CRC-32}; reading stops at the first
 * frame that is torn or damaged, so what is read back is always a prefix of what was appended.
 *
 * `append` only buffers; `flush` hands the buffer to the operating system (safe from a kill of this process),
 * `sync` has it on the disk. After a failed write the log is broken: everything fails with EIO, because what
 * is in memory and what could be read back have parted.
 */
import { closeSync, fdatasync, fdatasyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { Errno, SysError } from '../../subsystems/unix/errno.ts';
import { crc32 } from './crc.ts';

const HEAD_BYTES = 8;
/** Larger frames are damage, not data. */
const FRAME_BYTES_MAX = 16 * 1024 * 1024;
/** Buffered bytes at which `append` writes by itself. */
const BUFFER_BYTES_MAX = 1024 * 1024;

/** Bytes read from a log at a time. */
const READ_BYTES = 1024 * 1024;

/** Reads the records of a file. Returns how many bytes of it were good. */
export function readLog(path: string, each: (record: Buffer) => void): number {
  const reader = new FrameReader(path);
  try {
    for (let body = reader.next(); body; body = reader.next()) each(body);
    return reader.good;
  } finally {
    reader.close();
  }
}

/** Cuts a file into frames, reading it piece by piece. */
class FrameReader {
  /** Bytes of whole frames so far. */
  good = 0;
  private readonly fd: number;
  private buffer = Buffer.alloc(0);

  constructor(path: string) {
    this.fd = openSync(path, 'r');
  }

  /** The next frame's body; undefined at the end, or where the file is torn or damaged. */
  next(): Buffer | undefined {
    if (!this.fill(HEAD_BYTES)) return undefined;
    const length = this.buffer.readUInt32LE(0);
    if (length > FRAME_BYTES_MAX || !this.fill(HEAD_BYTES + length)) return undefined;
    const body = this.buffer.subarray(HEAD_BYTES, HEAD_BYTES + length);
    if (crc32(body) !== this.buffer.readUInt32LE(4)) return undefined;
    this.buffer = this.buffer.subarray(HEAD_BYTES + length);
    this.good += HEAD_BYTES + length;
    return body;
  }

  private fill(wanted: number): boolean {
    while (this.buffer.length < wanted) {
      const piece = Buffer.allocUnsafe(Math.max(READ_BYTES, wanted - this.buffer.length));
      const count = readSync(this.fd, piece);
      if (count === 0) return false;
      this.buffer = Buffer.concat([this.buffer, piece.subarray(0, count)]);
    }
    return true;
  }

  close(): void {
    closeSync(this.fd);
  }
}

export class Log {
  /** Bytes appended, flushed or not. */
  size: number;
  private readonly fd: number;
  private pending: Uint8Array[] = [];
  private pendingBytes = 0;
  private broken = false;
  private scheduled = false;
  private closed = false;

  /** Opens for appending after the first `size` bytes; what follows them is cut off. */
  constructor(path: string, size: number) {
    this.fd = openSync(path, 'a', 0o600);
    ftruncateSync(this.fd, size);
    this.size = size;
  }

  get sound(): boolean {
    return !this.broken && !this.closed;
  }

  /** Throws EIO after a failed write. */
  demandSound(): void {
    if (!this.sound) throw new SysError('EIO');
  }

  append(body: Buffer): void {
    this.demandSound();
    const head = Buffer.allocUnsafe(HEAD_BYTES);
    head.writeUInt32LE(body.length, 0);
    head.writeUInt32LE(crc32(body), 4);
    this.pending.push(head, body);
    this.pendingBytes += HEAD_BYTES + body.length;
    this.size += HEAD_BYTES + body.length;
    if (this.pendingBytes >= BUFFER_BYTES_MAX) this.flush();
    else this.schedule();
  }

  /** What nobody waits for is written in the next turn. */
  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      try {
        if (!this.closed) this.flush();
      } catch {
        // The log is broken from now on: the next call that wants an answer gets it.
      }
    });
  }

  flush(): void {
    if (this.broken) throw new SysError('EIO');
    if (this.pendingBytes === 0) return;
    const bytes = Buffer.concat(this.pending, this.pendingBytes);
    this.pending = [];
    this.pendingBytes = 0;
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.fd, bytes, at);
    } catch (error) {
      this.broken = true;
      throw hostError(error);
    }
  }

  sync(): Promise<void> {
    this.flush();
    return new Promise((resolve, reject) => {
      fdatasync(this.fd, (error) => {
        if (!error) return resolve();
        this.broken = true;
        reject(hostError(error));
      });
    });
  }

  syncNow(): void {
    this.flush();
    fdatasyncSync(this.fd);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    try {
      if (!this.broken) this.syncNow();
    } finally {
      closeSync(this.fd);
    }
  }
}

function hostError(error: unknown): SysError {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return new SysError(code === 'ENOSPC' || code === 'EDQUOT' ? Errno.ENOSPC : Errno.EIO);
}
