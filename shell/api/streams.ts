/**
 * Descriptors of a host process as byte streams. Back-pressure is the pipe's: a chunk is read when the
 * consumer asks for one, and a write is done when the pipe has taken it.
 */
import { isSysError, SysError } from '../../subsystems/unix/errno.ts';
import { type Fd, Terminated } from '../../subsystems/unix/sys.ts';
import type { Host } from './host.ts';

/** Bytes of one read or write: what a pipe holds. */
export const CHUNK_BYTES = 65536;

/** What can be fed to a process. */
export type InputData = string | Uint8Array | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array | string>;

/** The end of a terminal shows as EIO at the master once the last slave is closed. */
const isEnd = (error: unknown): boolean => error instanceof Terminated || isSysError(error, 'EIO');

/**
 * Reads a descriptor until its end, then closes it. Leaving the loop early closes it too (writers get
 * SIGPIPE).
 */
export async function* readDescriptor(host: Host, fd: Fd): AsyncGenerator<Uint8Array, void, void> {
  try {
    for (;;) {
      const chunk = await host.sys.read(fd, CHUNK_BYTES);
      if (chunk.length === 0) return;
      yield chunk;
    }
  } catch (error) {
    if (!isEnd(error)) throw error;
  } finally {
    await host.closeAll([fd]);
  }
}

/** A descriptor as a web stream of bytes. Cancelling it closes the descriptor. */
export function readableOf(host: Host, fd: Fd): ReadableStream<Uint8Array> {
  const chunks = readDescriptor(host, fd);
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        // A read under way holds the generator: the descriptor is closed beneath it.
        await host.closeAll([fd]);
        void chunks.return().catch(() => {});
      },
    },
    { highWaterMark: 0 },
  );
}

/**
 * A descriptor as a web stream that takes bytes or text. Closing it closes the descriptor (end of file for
 * the reader); a write after the reader has gone errors the stream with EPIPE.
 */
export function writableOf(
  host: Host,
  fd: Fd,
  onClose?: () => Promise<void>,
): WritableStream<Uint8Array | string> {
  const encoder = new TextEncoder();
  const close = (): Promise<void> => onClose?.() ?? host.closeAll([fd]);
  return new WritableStream<Uint8Array | string>({
    async write(chunk) {
      const bytes = typeof chunk === 'string' ? encoder.encode(chunk) : chunk;
      if (!(bytes instanceof Uint8Array)) throw new TypeError('a chunk must be a string or a Uint8Array');
      await host.sys.write(fd, bytes);
    },
    close,
    abort: close,
  });
}

function* piecesOf(data: string | Uint8Array): Generator<Uint8Array> {
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES);
}

/** Writes all of `input` to a descriptor and closes it. A reader that does not want it all is no error. */
export async function feed(host: Host, fd: Fd, input: InputData | undefined): Promise<void> {
  try {
    if (input === undefined) return;
    const chunks = typeof input === 'string' || input instanceof Uint8Array ? [input] : iterate(input);
    for await (const chunk of chunks) {
      for (const piece of piecesOf(chunk)) await host.sys.write(fd, piece);
    }
  } catch (error) {
    const gone =
      error instanceof Terminated || (error instanceof SysError && ['EPIPE', 'EBADF'].includes(error.code));
    if (!gone) throw error;
  } finally {
    await host.closeAll([fd]);
  }
}

function iterate(
  input: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array | string>,
): AsyncIterable<Uint8Array | string> {
  if (Symbol.asyncIterator in input) return input as AsyncIterable<Uint8Array | string>;
  throw new TypeError('stdin: expected a string, a Uint8Array, a stream or an async iterable');
}
