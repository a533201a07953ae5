/**
 * Redirections (POSIX 2.7) in two steps: expansion, which needs the shell, and application, which needs only
 * system calls, so that the child of an external command does it by itself. A shell that redirects its own
 * descriptors saves them above PRIVATE_FD and puts them back.
 */
import { isRegular, Limits, O } from '../../../subsystems/unix/constants.ts';
import { isSysError } from '../../../subsystems/unix/errno.ts';
import type { Sys } from '../../../subsystems/unix/sys.ts';
import { utf8 } from '../../commands/lib/text.ts';
import { RedirectionError, ShellError } from '../errors.ts';
import { expandString, expandWords } from '../expand/word.ts';
import { ShellLimits } from '../limits.ts';
import { openReason } from '../reasons.ts';
import type { Shell } from '../state/shell.ts';
import type { Redirect } from '../syntax/ast.ts';
import type { Task } from '../task.ts';
import { wait } from '../task.ts';

/** A redirection whose words are expanded; encodable. */
export type ReadyRedirect =
  | {
      readonly kind: 'file';
      readonly fd: number;
      readonly path: string;
      readonly flags: number;
      readonly keep: boolean;
    }
  | { readonly kind: 'dup'; readonly fd: number; readonly from: number }
  | { readonly kind: 'close'; readonly fd: number }
  | { readonly kind: 'text'; readonly fd: number; readonly data: Uint8Array };

const OPEN_FLAGS: Readonly<Record<string, number>> = {
  '<': O.RDONLY,
  '>': O.WRONLY | O.CREAT | O.TRUNC,
  '>|': O.WRONLY | O.CREAT | O.TRUNC,
  '>>': O.WRONLY | O.CREAT | O.APPEND,
  '<>': O.RDWR | O.CREAT,
  '&>': O.WRONLY | O.CREAT | O.TRUNC,
  '&>>': O.WRONLY | O.CREAT | O.APPEND,
};
const CREATE_MODE = 0o666;

/** Expands the words of redirections, in order. */
export function* expandRedirects(sh: Shell, redirects: readonly Redirect[]): Task<ReadyRedirect[]> {
  const ready: ReadyRedirect[] = [];
  for (const redirect of redirects) yield* expandRedirect(sh, redirect, ready);
  return ready;
}

function* expandRedirect(sh: Shell, redirect: Redirect, ready: ReadyRedirect[]): Task<void> {
  const { fd, op } = redirect;
  if (op === '<<' || op === '<<-' || op === '<<<') {
    const body = yield* expandString(sh, redirect.target);
    ready.push({ kind: 'text', fd, data: utf8.encode(op === '<<<' ? `${body}\n` : body) });
    return;
  }
  const target = yield* fileName(sh, redirect);
  const both = op.startsWith('&>') || (op === '>&' && fd === 1 && !/^(?:[0-9]+|-)$/.test(target));
  if ((op === '<&' || op === '>&') && !both) {
    ready.push(duplication(fd, target));
    return;
  }
  const flags = OPEN_FLAGS[op === '>&' ? '&>' : op]!;
  const keep = sh.options.has('noclobber') && (op === '>' || op === '&>' || op === '>&');
  ready.push({ kind: 'file', fd, path: target, flags, keep });
  if (both) ready.push({ kind: 'dup', fd: 2, from: 1 });
}

/** Pathname expansion applies in interactive shells only, and only to a single match. */
function* fileName(sh: Shell, redirect: Redirect): Task<string> {
  if (!sh.interactive) return yield* expandString(sh, redirect.target);
  const names = yield* expandWords(sh, [{ ...redirect.target, assign: false }]);
  return names.length === 1 && names[0] !== undefined ? names[0] : yield* expandString(sh, redirect.target);
}

function duplication(fd: number, target: string): ReadyRedirect {
  if (target === '-') return { kind: 'close', fd };
  if (!/^[0-9]+$/.test(target)) throw new RedirectionError(`Syntax error: Bad fd number`);
  return { kind: 'dup', fd, from: Number(target) };
}

/** The descriptors as they were, for `undo`: [descriptor, where it is saved or -1 when it was closed]. */
export type Saved = (readonly [number, number])[];

/** Applies redirections to this process for good: in a child, or for `exec`. */
export function* applyRedirects(sys: Sys, redirects: readonly ReadyRedirect[]): Task<void> {
  for (const redirect of redirects) yield* applyOne(sys, redirect);
}

/** Applies redirections for a while; what was changed is in `saved`, also when this throws. */
export function* redirectSaving(sh: Shell, redirects: readonly ReadyRedirect[], saved: Saved): Task<void> {
  for (const redirect of redirects) {
    const { fd } = redirect;
    if (!saved.some(([known]) => known === fd)) saved.push([fd, saveFd(sh, fd)]);
    yield* applyOne(sh.sys, redirect);
  }
}

export function* undoRedirects(sh: Shell, saved: Saved): Task<void> {
  for (const [fd, copy] of saved.reverse()) {
    if (copy < 0) {
      yield* closeQuietly(sh.sys, fd);
      continue;
    }
    yield* wait(sh.sys.dup2(copy, fd));
    yield* wait(sh.sys.close(copy));
    sh.privateFds.delete(copy);
  }
}

/** An error on its way out through redirections is told before they are undone. */
export function* tellInside(sh: Shell, error: unknown, saved: Saved): Task<never> {
  if (error instanceof ShellError && saved.length > 0) yield* sh.tell(error);
  throw error;
}

/** Forgets what was saved: the redirections stay (`exec >file`). */
export function* keepRedirects(sh: Shell, saved: Saved): Task<void> {
  for (const [, copy] of saved) {
    if (copy < 0) continue;
    sh.privateFds.delete(copy);
    yield* closeQuietly(sh.sys, copy);
  }
}

function saveFd(sh: Shell, fd: number): number {
  try {
    const copy = sh.sys.dupfd(fd, ShellLimits.PRIVATE_FD, true);
    sh.privateFds.add(copy);
    return copy;
  } catch (error) {
    if (isSysError(error, 'EBADF')) return -1;
    if (isSysError(error)) throw new RedirectionError(`${fd}: ${error.message}`);
    throw error;
  }
}

export function* closeQuietly(sys: Sys, fd: number): Task<void> {
  try {
    yield* wait(sys.close(fd));
  } catch (error) {
    if (!isSysError(error)) throw error;
  }
}

function* applyOne(sys: Sys, redirect: ReadyRedirect): Task<void> {
  switch (redirect.kind) {
    case 'close':
      return yield* closeQuietly(sys, redirect.fd);
    case 'dup':
      return yield* duplicate(sys, redirect.from, redirect.fd);
    case 'text':
      return yield* moveFd(sys, yield* openText(sys, redirect.data), redirect.fd);
    case 'file':
      return yield* moveFd(sys, yield* openFile(sys, redirect), redirect.fd);
  }
}

/** dup2, but a source that is not open is the user's error. */
function* duplicate(sys: Sys, from: number, to: number): Task<void> {
  try {
    if (from !== to) yield* wait(sys.dup2(from, to));
  } catch (error) {
    if (isSysError(error)) throw new RedirectionError(`${from}: ${error.message}`);
    throw error;
  }
}

export function* moveFd(sys: Sys, from: number, to: number): Task<void> {
  if (from === to) {
    if (sys.getCloexec(from)) sys.setCloexec(from, false);
    return;
  }
  yield* duplicate(sys, from, to);
  yield* wait(sys.close(from));
}

function* openFile(sys: Sys, redirect: ReadyRedirect & { kind: 'file' }): Task<number> {
  const { path, flags, keep } = redirect;
  try {
    if (!keep) return yield* wait(sys.open(path, flags, CREATE_MODE));
    return yield* openKeeping(sys, path, flags);
  } catch (error) {
    if (!isSysError(error)) throw error;
    const creating = (flags & O.CREAT) !== 0;
    throw new RedirectionError(
      `cannot ${creating ? 'create' : 'open'} ${path}: ${openReason(error, creating)}`,
    );
  }
}

/** `set -C`: an existing regular file is not overwritten; devices and FIFOs are opened as ever. */
function* openKeeping(sys: Sys, path: string, flags: number): Task<number> {
  try {
    return yield* wait(sys.open(path, flags | O.EXCL, CREATE_MODE));
  } catch (error) {
    if (!isSysError(error, 'EEXIST')) throw error;
    const stat = yield* wait(sys.stat(path));
    if (isRegular(stat.mode)) throw error;
    return yield* wait(sys.open(path, flags & ~O.TRUNC, CREATE_MODE));
  }
}

/** A descriptor that reads `data`: a pipe when it fits, else an unlinked file. */
function* openText(sys: Sys, data: Uint8Array): Task<number> {
  if (data.length <= Limits.PIPE_SIZE) {
    const [reader, writer] = yield* wait(sys.pipe());
    if (data.length > 0) yield* wait(sys.write(writer, data));
    yield* wait(sys.close(writer));
    return reader;
  }
  const path = `/tmp/.sh-${sys.getpid()}-${Buffer.from(sys.getrandom(8)).toString('hex')}`;
  try {
    const writer = yield* wait(sys.open(path, O.WRONLY | O.CREAT | O.EXCL, 0o600));
    const reader = yield* wait(sys.open(path, O.RDONLY));
    yield* wait(sys.unlink(path));
    yield* wait(sys.write(writer, data));
    yield* wait(sys.close(writer));
    return reader;
  } catch (error) {
    if (isSysError(error)) throw new RedirectionError(`cannot create here-document: ${error.message}`);
    throw error;
  }
}
