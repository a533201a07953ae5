/**
 * The first things a forked child of the shell does: its process group, its signals, its descriptors; and the
 * small entry of an external command, which then becomes that command.
 */
import { O } from '../../../subsystems/unix/constants.ts';
import { isSysError } from '../../../subsystems/unix/errno.ts';
import { Sig } from '../../../subsystems/unix/signals.ts';
import type { Environment, Sys } from '../../../subsystems/unix/sys.ts';
import { utf8 } from '../../commands/lib/text.ts';
import { ShellError } from '../errors.ts';
import { isMissing } from '../reasons.ts';
import type { Task } from '../task.ts';
import { wait } from '../task.ts';
import { searchPath } from './lookup.ts';
import type { ReadyRedirect } from './redirect.ts';
import { applyRedirects, closeQuietly, moveFd } from './redirect.ts';

export interface ChildSetup {
  /** Process group to join; 0 = one of its own; undefined = the shell's. */
  readonly pgid?: number;
  /** Terminal to take the foreground of. */
  readonly terminal?: number;
  /** Signals that the shell ignores for itself. */
  readonly defaults: readonly number[];
  /** An asynchronous list without job control: no interrupts, and nothing to read unless redirected. */
  readonly detached: boolean;
  /** Descriptors that are none of its business. */
  readonly close: readonly number[];
  /** A command substitution. */
  readonly inner: boolean;
  /** Ends of pipes: [from, to]. */
  readonly moves: readonly (readonly [number, number])[];
}

export interface ExternalState {
  readonly setup: ChildSetup;
  readonly command: ExternalCommand;
}

export interface ExternalCommand {
  readonly path: string;
  readonly argv: readonly string[];
  readonly env: Environment;
  readonly redirects: readonly ReadyRedirect[];
  /** In front of messages: `name: line: `. */
  readonly prefix: string;
  /** PATH to search again when the file is not there any more. */
  readonly searchPath: string | undefined;
}

export function* enterChild(sys: Sys, setup: ChildSetup): Task<void> {
  if (setup.pgid !== undefined) {
    yield* joinGroup(sys, setup.pgid);
    if (setup.terminal !== undefined) yield* takeTerminal(sys, setup.terminal);
  }
  for (const sig of setup.defaults) sys.sigaction(sig, { disposition: 'default', flags: 0, mask: [] });
  if (setup.detached) {
    sys.sigaction(Sig.INT, { disposition: 'ignore', flags: 0, mask: [] });
    sys.sigaction(Sig.QUIT, { disposition: 'ignore', flags: 0, mask: [] });
    if (!setup.moves.some(([, to]) => to === 0)) yield* readNothing(sys);
  }
  for (const [from, to] of setup.moves) yield* moveFd(sys, from, to);
  for (const fd of setup.close) yield* closeQuietly(sys, fd);
}

/** Parent and child both do it, so that whoever comes first sees it done; one of them may come too late. */
export function* joinGroup(sys: Sys, pgid: number, pid = 0): Task<void> {
  try {
    yield* wait(sys.setpgid(pid, pgid));
  } catch (error) {
    if (!isSysError(error)) throw error;
  }
}

function* takeTerminal(sys: Sys, fd: number): Task<void> {
  try {
    yield* wait(sys.tcsetpgrp(fd, yield* wait(sys.getpgid())));
  } catch (error) {
    if (!isSysError(error)) throw error;
  }
}

function* readNothing(sys: Sys): Task<void> {
  try {
    yield* moveFd(sys, yield* wait(sys.open('/dev/null', O.RDONLY)), 0);
  } catch (error) {
    if (!isSysError(error)) throw error;
  }
}

/** Becomes the command; returns the exit status when that cannot be. */
export function* becomeCommand(sys: Sys, command: ExternalCommand): Task<number> {
  try {
    yield* applyRedirects(sys, command.redirects);
    return yield* execCommand(sys, command);
  } catch (error) {
    if (!(error instanceof ShellError)) throw error;
    yield* wait(sys.write(2, utf8.encode(`${command.prefix}${error.message}\n`)));
    return error.status;
  }
}

/** exec(2), looking further when the file is gone since it was found. Throws ShellError 126 or 127. */
export function* execCommand(sys: Sys, command: ExternalCommand): Task<number> {
  const name = command.argv[0] ?? command.path;
  try {
    return yield* execFile(sys, command, command.path);
  } catch (error) {
    if (!isSysError(error, 'ENOENT') || command.searchPath === undefined) return failed(name, error);
  }
  const found = yield* searchPath(sys, name, command.searchPath);
  if (!found?.executable) throw new ShellError(`${name}: not found`, 127);
  try {
    return yield* execFile(sys, command, found.path);
  } catch (error) {
    return failed(name, error);
  }
}

/** A file without a known format is a script of the shell. */
function* execFile(sys: Sys, { argv, env }: ExternalCommand, path: string): Task<number> {
  try {
    return yield* wait(sys.exec(path, argv, env));
  } catch (error) {
    if (!isSysError(error, 'ENOEXEC')) throw error;
    return yield* wait(sys.exec('/bin/sh', ['sh', path, ...argv.slice(1)], env));
  }
}

function failed(name: string, error: unknown): never {
  if (!isSysError(error)) throw error;
  const missing = isMissing(error);
  throw new ShellError(`${name}: ${missing ? 'not found' : error.message}`, missing ? 127 : 126);
}
