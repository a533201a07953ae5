/**
 * What a built-in is. It runs in the shell's process and answers with its status, or a task when it has to
 * wait.
 */
import type { Shell } from '../state/shell.ts';
import type { Task } from '../task.ts';

export interface BuiltinCall {
  /** The name it was called by. */
  readonly name: string;
  /** Flags for commands that it runs. */
  readonly flags: number;
  /** Called through `command`: the rules of special built-ins do not apply. */
  readonly plain: boolean;
}

export type Run = (sh: Shell, args: readonly string[], call: BuiltinCall) => number | Task<number>;

export interface Builtin {
  /** Special built-in (POSIX 2.14): errors end a script, assignments before it stay. */
  readonly special?: boolean;
  /** Redirections stay when there are no arguments: `exec`. */
  readonly keepsRedirects?: boolean;
  /** Calls that are left to the program of the same name. */
  readonly defers?: (args: readonly string[]) => boolean;
  readonly run: Run;
}

export type BuiltinTable = Readonly<Record<string, Builtin>>;
