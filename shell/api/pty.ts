/** `openPty`: a program, by default an interactive shell, on a pseudo-terminal of the Device Manager. */
import { Sig } from '../../subsystems/unix/signals.ts';
import type { WindowSize } from '../../subsystems/unix/termios.ts';
import { type Abortable, abortable, onAbort } from './abort.ts';
import type { Host } from './host.ts';
import type { Ending, TerminalChild } from './launch.ts';
import { signalFrom } from './process.ts';
import { readableOf, writableOf } from './streams.ts';

/** Rows and columns that a terminal has when nobody says otherwise. */
export const DEFAULT_SIZE: WindowSize = { rows: 24, columns: 80 };
const SIZE_MAX = 65535;

export interface SystemPty {
  /** The session leader on the terminal. */
  readonly pid: number;
  /** What a person would type. Closing it hangs the terminal up. */
  readonly input: WritableStream<Uint8Array | string>;
  /** What the terminal shows; ends when the last process lets the terminal go. */
  readonly output: ReadableStream<Uint8Array>;
  /** Changes the window size; the foreground processes get SIGWINCH. */
  resize(size: WindowSize): Promise<void>;
  /** Sends a signal (default SIGHUP) to the session leader's group; false when it has ended. */
  kill(signal?: number | string): Promise<boolean>;
  wait(options?: Abortable): Promise<Ending>;
}

/** Checks a window size; throws TypeError. */
export function sizeFrom(size: Partial<WindowSize> | undefined): WindowSize {
  const { rows, columns } = { ...DEFAULT_SIZE, ...size };
  for (const [name, value] of Object.entries({ rows, columns })) {
    if (!Number.isInteger(value) || value < 1 || value > SIZE_MAX) {
      throw new TypeError(`${name}: expected a number from 1 to ${SIZE_MAX}, not ${value}`);
    }
  }
  return { rows, columns };
}

export function ptyOf(host: Host, child: TerminalChild, signal: AbortSignal | undefined): SystemPty {
  const { pid, master, io } = child;
  const hangUp = async (): Promise<void> => {
    await host.signal(pid, Sig.HUP);
    await host.signal(pid, Sig.CONT);
  };
  const forget = onAbort(signal, () => void hangUp());
  void child.ended.then(forget);
  return {
    pid,
    input: writableOf(io, master, hangUp),
    output: readableOf(io, master),
    resize: async (size) => {
      await io.sys.tcsetwinsize(master, sizeFrom(size));
    },
    kill: async (which = 'HUP') => host.signal(pid, signalFrom(which)),
    wait: (options) => abortable(child.ended, options?.signal),
  };
}
