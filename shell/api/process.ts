/** A process started by `spawn`: its streams, its end, signals to it. */
import { signalNumber } from '../../subsystems/unix/signals.ts';
import { type Abortable, abortable, onAbort } from './abort.ts';
import { endGroup } from './collect.ts';
import type { Host } from './host.ts';
import type { Child, Ending } from './launch.ts';
import { readableOf, writableOf } from './streams.ts';

/** A signal by number or name: 15, 'TERM', 'SIGTERM'. Throws TypeError for what is none. */
export function signalFrom(signal: number | string): number {
  const number = signalNumber(String(signal));
  if (number === undefined) throw new TypeError(`unknown signal: ${signal}`);
  return number;
}

export interface SystemProcess {
  readonly pid: number;
  /** Closing it is end of file for the program. */
  readonly stdin: WritableStream<Uint8Array | string>;
  /** Nothing is read ahead: a program that prints waits for its reader, as on a pipe. */
  readonly stdout: ReadableStream<Uint8Array>;
  readonly stderr: ReadableStream<Uint8Array>;
  /** Resolves when the process has ended. Does not wait for its output to be read. */
  wait(options?: Abortable): Promise<Ending>;
  /** Sends a signal (default SIGTERM) to the process group; false when it has ended. */
  kill(signal?: number | string): Promise<boolean>;
}

/** Wraps a child; `host` sends the signals. `signal`: aborting it ends the process group. */
export function processOf(host: Host, child: Child, signal: AbortSignal | undefined): SystemProcess {
  const forget = onAbort(signal, () => void endGroup(host, child));
  void child.ended.then(forget);
  return {
    pid: child.pid,
    stdin: writableOf(child.io, child.stdin),
    stdout: readableOf(child.io, child.stdout),
    stderr: readableOf(child.io, child.stderr!),
    wait: (options) => abortable(child.ended, options?.signal),
    kill: async (which = 'TERM') => host.signal(child.pid, signalFrom(which)),
  };
}
