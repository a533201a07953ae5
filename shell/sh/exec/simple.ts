/**
 * Simple commands (POSIX 2.9.1): expansion, then the command by its kind: special built-in, function,
 * built-in, file. Built-ins run here, in the shell's process; a file is forked and executed, or just executed
 * when nothing follows.
 */

import { Errno, isSysError } from '../../../subsystems/unix/errno.ts';
import type { Builtin } from '../builtins/builtin.ts';
import { builtins } from '../builtins/index.ts';
import { nameError, RedirectionError, ShellError } from '../errors.ts';
import { expandString, expandWords } from '../expand/word.ts';
import type { Shell, ShellFunction } from '../state/shell.ts';
import type { Assignment, SimpleNode } from '../syntax/ast.ts';
import type { Task } from '../task.ts';
import { runExternal } from './external.ts';
import { Flags } from './flags.ts';
import { callFunction } from './functions.ts';
import { DEFAULT_PATH } from './lookup.ts';
import type { ReadyRedirect, Saved } from './redirect.ts';
import { expandRedirects, keepRedirects, redirectSaving, tellInside, undoRedirects } from './redirect.ts';
import { traceCommand } from './trace.ts';

/** A simple command after expansion, on its way to whoever runs it. */
export interface Invocation {
  readonly args: readonly string[];
  readonly assigns: readonly (readonly [string, string])[];
  readonly redirects: readonly ReadyRedirect[];
  readonly flags: number;
  /** Behind `command`: no functions, no special rules; a path when `-p` was given. */
  readonly plain: boolean;
  readonly path: string | undefined;
}

const NONE: readonly never[] = [];

export function* executeSimple(sh: Shell, node: SimpleNode, flags: number): Task<number> {
  sh.line = node.line;
  sh.substitutionStatus = undefined;
  const args = yield* expandWords(sh, node.words);
  if (args.length === 0) return yield* assignOnly(sh, node);
  let redirects: readonly ReadyRedirect[] = NONE;
  if (node.redirects.length > 0) {
    try {
      redirects = yield* expandRedirects(sh, node.redirects);
    } catch (error) {
      return yield* redirectionFailed(sh, args, error);
    }
  }
  const assigns = node.assigns.length > 0 ? yield* expandAssignments(sh, node.assigns) : NONE;
  if (sh.options.xtrace) yield* traceCommand(sh, assigns, args);
  const stripped = args[0] === 'command' && !sh.functions.has('command') ? stripCommand(args) : undefined;
  return yield* invoke(sh, {
    args: stripped?.args ?? args,
    assigns,
    redirects,
    flags,
    plain: stripped !== undefined,
    path: stripped?.path,
  });
}

/** Finds who runs it. */
export function* invoke(sh: Shell, call: Invocation): Task<number> {
  const name = call.args[0]!;
  const builtin = builtins().get(name);
  if (builtin?.special) return yield* runBuiltin(sh, builtin, call);
  const defined = call.plain ? undefined : sh.functions.get(name);
  if (defined) return yield* runFunction(sh, defined, call);
  if (builtin && !builtin.defers?.(call.args)) return yield* runBuiltin(sh, builtin, call);
  return yield* runExternal(sh, call);
}

/**
 * `command name …` without options is the name alone, minus functions; undefined when `command` has something
 * to print.
 */
function stripCommand(
  args: readonly string[],
): { args: readonly string[]; path: string | undefined } | undefined {
  let rest = args;
  let path: string | undefined;
  while (rest[0] === 'command') {
    let at = 1;
    while (rest[at] === '-p') {
      path = DEFAULT_PATH;
      at += 1;
    }
    if (rest[at] === '--') at += 1;
    else if (rest[at]?.startsWith('-')) return undefined;
    rest = rest.slice(at);
  }
  return rest.length > 0 ? { args: rest, path } : undefined;
}

/**
 * No command name: redirections are made and undone, assignments stay, the status is the last substitution's.
 */
function* assignOnly(sh: Shell, node: SimpleNode): Task<number> {
  let failed = false;
  if (node.redirects.length > 0) {
    const saved: Saved = [];
    try {
      yield* redirectSaving(sh, yield* expandRedirects(sh, node.redirects), saved);
    } catch (error) {
      if (!(error instanceof RedirectionError)) throw error;
      yield* sh.complainInside(error.message);
      failed = true;
    } finally {
      yield* undoRedirects(sh, saved);
    }
  }
  if (failed) return 2;
  const traced: [string, string][] = [];
  for (const assign of node.assigns) {
    const value = yield* assignedValue(sh, assign);
    sh.variables.set(assign.name, value);
    if (sh.options.xtrace) traced.push([assign.name, value]);
  }
  if (traced.length > 0) yield* traceCommand(sh, traced, NONE);
  return sh.substitutionStatus ?? 0;
}

function* assignedValue(sh: Shell, assign: Assignment): Task<string> {
  const value = yield* expandString(sh, assign.value);
  return assign.append ? (sh.variables.get(assign.name) ?? '') + value : value;
}

/** In order, each seeing the ones before it, though none is in force yet. */
export function* expandAssignments(sh: Shell, assigns: readonly Assignment[]): Task<[string, string][]> {
  const values: [string, string][] = [];
  sh.variables.pushScope();
  try {
    for (const assign of assigns) {
      const value = yield* assignedValue(sh, assign);
      values.push([assign.name, value]);
      if (assigns.length === 1) continue;
      sh.variables.makeLocal(assign.name);
      sh.variables.set(assign.name, value);
    }
  } finally {
    sh.variables.popScope();
  }
  return values;
}

function* redirectionFailed(sh: Shell, args: readonly string[], error: unknown): Task<number> {
  if (!(error instanceof RedirectionError)) throw error;
  if (builtins().get(args[0]!)?.special) throw error;
  yield* sh.complainInside(error.message);
  return error.status;
}

/**
 * Makes redirections that will be undone; tells what went wrong and returns false when one cannot be made.
 */
function* redirectFor(sh: Shell, call: Invocation, saved: Saved, fatal: boolean): Task<boolean> {
  if (call.redirects.length === 0) return true;
  try {
    yield* redirectSaving(sh, call.redirects, saved);
    return true;
  } catch (error) {
    if (!(error instanceof RedirectionError) || fatal) throw error;
    yield* sh.complainInside(error.message);
    return false;
  }
}

function* runBuiltin(sh: Shell, builtin: Builtin, call: Invocation): Task<number> {
  if (call.redirects.length === 0 && call.assigns.length === 0) return yield* callBuiltin(sh, builtin, call);
  const fatal = builtin.special === true && !call.plain;
  const scoped = !fatal && call.assigns.length > 0;
  const saved: Saved = [];
  let keep = false;
  if (scoped) sh.variables.pushScope();
  try {
    if (!(yield* redirectFor(sh, call, saved, fatal))) return 2;
    assignAll(sh, call.assigns, scoped, scoped || (builtin.keepsRedirects === true && call.args.length > 1));
    const status = yield* callBuiltin(sh, builtin, call);
    keep = builtin.keepsRedirects === true && (call.args.length === 1 || call.args[1] === '--');
    return status;
  } catch (error) {
    return yield* tellInside(sh, error, saved);
  } finally {
    if (scoped) sh.variables.popScope();
    yield* keep ? keepRedirects(sh, saved) : undoRedirects(sh, saved);
  }
}

function assignAll(sh: Shell, assigns: Invocation['assigns'], scoped: boolean, exported: boolean): void {
  for (const [name, value] of assigns) {
    if (scoped) sh.variables.makeLocal(name);
    sh.variables.set(name, value);
    if (exported) sh.variables.declare(name, { exported: true });
  }
}

/** Runs a built-in; its errors end a script only when it is a special one. */
function* callBuiltin(sh: Shell, builtin: Builtin, call: Invocation): Task<number> {
  const name = call.args[0]!;
  try {
    const result = builtin.run(sh, call.args.slice(1), {
      name,
      flags: call.flags & Flags.TESTED,
      plain: call.plain,
    });
    return typeof result === 'number' ? result : yield* result;
  } catch (error) {
    if (isSysError(error)) {
      yield* sh.complain(`${name}: ${name}: ${error.errno === Errno.EIO ? 'I/O error' : error.message}`);
      return 1;
    }
    if (!(error instanceof ShellError)) throw error;
    nameError(error, name);
    if (builtin.special && !call.plain) throw error;
    yield* sh.tell(error);
    return error.status;
  }
}

function* runFunction(sh: Shell, defined: ShellFunction, call: Invocation): Task<number> {
  const saved: Saved = [];
  try {
    if (!(yield* redirectFor(sh, call, saved, false))) return 2;
    return yield* callFunction(sh, defined, call);
  } catch (error) {
    return yield* tellInside(sh, error, saved);
  } finally {
    if (saved.length > 0) yield* undoRedirects(sh, saved);
  }
}
