/**
 * Evaluates a command: by the kind of its node. The result is the exit status, which is also left in `$?`.
 */
import { evaluateArithmetic } from '../arith/evaluate.ts';
import { ExitRequest, Interrupted, RedirectionError } from '../errors.ts';
import { expandString } from '../expand/word.ts';
import { ShellLimits } from '../limits.ts';
import type { Shell } from '../state/shell.ts';
import type {
  AndOrNode,
  ArithmeticNode,
  FunctionNode,
  IfNode,
  ListNode,
  Node,
  RedirectedNode,
} from '../syntax/ast.ts';
import type { Task } from '../task.ts';
import { nest } from '../task.ts';
import { runPendingTraps } from '../trap-actions.ts';
import { executeArithmeticFor, executeCase, executeFor, executeLoop } from './compound.ts';
import { executeCondition } from './condition.ts';
import { Flags } from './flags.ts';
import { executePipeline } from './pipeline.ts';
import type { Saved } from './redirect.ts';
import { expandRedirects, redirectSaving, tellInside, undoRedirects } from './redirect.ts';
import { executeSimple } from './simple.ts';
import { executeAsync, executeSubshell } from './subshell.ts';

/** Runs `node`; `flags` as in Flags. Sets and returns `$?`. */
export function* execute(sh: Shell, node: Node, flags: number): Task<number> {
  if (sh.options.noexec && !sh.interactive) return 0;
  sh.depth += 1;
  const deep = sh.depth % ShellLimits.STACK_DEPTH === 0;
  try {
    sh.status = deep ? yield* nest(dispatch(sh, node, flags)) : yield* dispatch(sh, node, flags);
  } finally {
    sh.depth -= 1;
  }
  if (sh.traps.pending.length > 0) yield* runPendingTraps(sh);
  if (sh.traps.interrupted) yield* interrupt(sh);
  return sh.status;
}

function* interrupt(sh: Shell): Task<never> {
  sh.traps.interrupted = false;
  yield* sh.write(2, '\n');
  throw new Interrupted();
}

function* dispatch(sh: Shell, node: Node, flags: number): Task<number> {
  switch (node.k) {
    case 'simple':
      return exitOnError(sh, yield* executeSimple(sh, node, flags), flags);
    case 'list':
      return yield* executeList(sh, node, flags);
    case 'and':
    case 'or':
      return yield* executeAndOr(sh, node, flags);
    case 'not':
      return (yield* execute(sh, node.body, Flags.TESTED)) === 0 ? 1 : 0;
    case 'pipeline':
      return exitOnError(sh, yield* executePipeline(sh, node, flags), flags);
    case 'subshell':
      return exitOnError(sh, yield* executeSubshell(sh, node, flags), flags);
    case 'async':
      return yield* executeAsync(sh, node.body);
    case 'group':
      return yield* execute(sh, node.body, flags);
    case 'redirected':
      return yield* executeRedirected(sh, node, flags);
    case 'if':
      return yield* executeIf(sh, node, flags);
    case 'while':
    case 'until':
      return yield* executeLoop(sh, node, flags);
    case 'for':
      return yield* executeFor(sh, node, flags);
    case 'afor':
      return yield* executeArithmeticFor(sh, node, flags);
    case 'case':
      return yield* executeCase(sh, node, flags);
    case 'function':
      return defineFunction(sh, node);
    case 'arithmetic':
      return exitOnError(sh, yield* executeArithmetic(sh, node), flags);
    case 'condition':
      sh.line = node.line;
      return exitOnError(sh, (yield* executeCondition(sh, node.expression)) ? 0 : 1, flags);
  }
}

/** `set -e`. */
function exitOnError(sh: Shell, status: number, flags: number): number {
  if (status === 0 || !sh.options.errexit || (flags & Flags.TESTED) !== 0 || sh.skip) return status;
  sh.status = status;
  throw new ExitRequest(status);
}

function* executeList(sh: Shell, node: ListNode, flags: number): Task<number> {
  const { items } = node;
  const last = items.length - 1;
  let status = 0;
  for (let index = 0; index <= last; index += 1) {
    status = yield* execute(sh, items[index]!, index === last ? flags : flags & ~Flags.LAST);
    if (sh.skip) break;
  }
  return status;
}

function* executeAndOr(sh: Shell, node: AndOrNode, flags: number): Task<number> {
  const status = yield* execute(sh, node.left, Flags.TESTED);
  if (sh.skip || (status === 0) !== (node.k === 'and')) return status;
  return yield* execute(sh, node.right, flags);
}

function* executeIf(sh: Shell, node: IfNode, flags: number): Task<number> {
  const status = yield* execute(sh, node.test, Flags.TESTED);
  if (sh.skip) return status;
  if (status === 0) return yield* execute(sh, node.then, flags);
  return node.otherwise ? yield* execute(sh, node.otherwise, flags) : 0;
}

/** A compound command with redirections; when they fail the command is not run. */
function* executeRedirected(sh: Shell, node: RedirectedNode, flags: number): Task<number> {
  sh.line = node.line;
  const saved: Saved = [];
  try {
    if (!(yield* redirectOrComplain(sh, node, saved))) return exitOnError(sh, 2, flags);
    return yield* execute(sh, node.body, flags & ~Flags.LAST);
  } catch (error) {
    return yield* tellInside(sh, error, saved);
  } finally {
    yield* undoRedirects(sh, saved);
  }
}

function* redirectOrComplain(sh: Shell, node: RedirectedNode, saved: Saved): Task<boolean> {
  try {
    yield* redirectSaving(sh, yield* expandRedirects(sh, node.redirects), saved);
    return true;
  } catch (error) {
    if (!(error instanceof RedirectionError)) throw error;
    yield* sh.complainInside(error.message);
    return false;
  }
}

function defineFunction(sh: Shell, node: FunctionNode): number {
  sh.functions.set(node.name, { body: node.body, line: node.line });
  return 0;
}

function* executeArithmetic(sh: Shell, node: ArithmeticNode): Task<number> {
  sh.line = node.line;
  const value = evaluateArithmetic(sh.variables, yield* expandString(sh, node.expression));
  return value === 0 ? 1 : 0;
}
