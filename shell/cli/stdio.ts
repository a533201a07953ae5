/**
 * The host's standard streams joined to a program's pipes, with back-pressure both ways. When the host's
 * reader goes away our read end is closed, so the program inside meets SIGPIPE just as it would have outside.
 */
import { fstatSync } from 'node:fs';
import type { Fd } from '../../subsystems/unix/sys.ts';
import type { Host } from '../api/host.ts';
import { feed, readDescriptor } from '../api/streams.ts';

type Output = NodeJS.WriteStream;

/**
 * True when standard output and standard error are one file: then they are one pipe inside, and stay in
 * order.
 */
export function outputsAreOne(): boolean {
  try {
    const [out, err] = [fstatSync(1), fstatSync(2)];
    return out.dev === err.dev && out.ino === err.ino && out.rdev === err.rdev;
  } catch {
    return false;
  }
}

/** Host standard input into a descriptor, until either side ends. A closed standard input is an empty one. */
export async function pumpInput(host: Host, fd: Fd): Promise<void> {
  let stdin: NodeJS.ReadStream | undefined;
  try {
    fstatSync(0);
    stdin = process.stdin;
  } catch {
    // No descriptor 0 at all.
  }
  try {
    await feed(host, fd, stdin);
  } catch {
    // A broken host stream ends the input; the program sees end of file.
  } finally {
    stdin?.destroy();
  }
}

/** Writes and waits for room. Resolves to false when nobody reads any more. */
function writeTo(stream: Output, chunk: Uint8Array): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    stream.write(chunk, (error) => resolve(error ?? null));
  });
}

/** How much may be written to the host's streams together. */
export class OutputBudget {
  readonly bytesMax: number;
  /** Resolves to undefined when there was more. */
  readonly passed: Promise<undefined>;
  isPassed = false;
  private left: number;
  private pass: () => void = () => {};

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
    this.left = bytesMax;
    this.passed = new Promise((resolve) => {
      this.pass = () => resolve(undefined);
    });
  }

  /** As much of a chunk as may still be written. */
  take(chunk: Uint8Array): Uint8Array {
    if (chunk.length > this.left) {
      this.isPassed = true;
      this.pass();
    }
    const taken = chunk.subarray(0, this.left);
    this.left -= taken.length;
    return taken;
  }
}

/**
 * A descriptor to a host stream until its end, or the budget's. Resolves to the error that cut it short
 * (EPIPE …), or null.
 */
export async function pumpOutput(
  host: Host,
  fd: Fd,
  stream: Output,
  budget: OutputBudget,
): Promise<NodeJS.ErrnoException | null> {
  let failure: NodeJS.ErrnoException | null = null;
  // Failed writes also show as events; the callback tells of them.
  stream.on('error', () => {});
  for await (const chunk of readDescriptor(host, fd)) {
    failure = await writeTo(stream, budget.take(chunk));
    if (failure || budget.isPassed) break;
  }
  return failure;
}
