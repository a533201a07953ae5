/** Joins node's stream libraries (zlib, tar-stream) to the byte streams of the commands. */
import type { Duplex, Readable } from 'node:stream';

/** Waits until the transform takes more, or will take no more. */
function writable(transform: Duplex): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      transform.off('drain', done);
      transform.off('close', done);
      resolve();
    };
    transform.on('drain', done);
    transform.on('close', done);
  });
}

/**
 * Feeds `chunks` through a transform and yields what comes out. A failure of either side ends both; the
 * transform is
 * destroyed when the consumer stops early.
 */
export async function* through(
  chunks: AsyncIterable<Uint8Array>,
  transform: Duplex,
): AsyncGenerator<Uint8Array, void, void> {
  let failure: unknown;
  const feed = async (): Promise<void> => {
    try {
      for await (const chunk of chunks) {
        if (transform.destroyed) return;
        if (!transform.write(chunk)) await writable(transform);
      }
      transform.end();
    } catch (error) {
      failure = error;
      transform.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  };
  const feeding = feed();
  try {
    for await (const chunk of transform as Readable) yield chunk as Uint8Array;
  } catch (error) {
    throw failure ?? error;
  } finally {
    transform.destroy();
    await feeding;
  }
}
