/** Loops and `case`. Every iteration ends in a checkpoint, where others run and signals arrive. */
import { evaluateArithmetic } from '../arith/evaluate.ts';
import { Pattern } from '../expand/pattern.ts';
import { expandPattern, expandString, expandWords } from '../expand/word.ts';
import type { Shell } from '../state/shell.ts';
import type { ArithmeticForNode, CaseNode, ForNode, LoopNode, Node, Word } from '../syntax/ast.ts';
import type { Task } from '../task.ts';
import { runPendingTraps } from '../trap-actions.ts';
import { execute } from './execute.ts';
import { Flags } from './flags.ts';

/** Consumes a `break` or `continue` meant for this loop; true when the loop is over. */
function leavesLoop(sh: Shell): boolean {
  const { skip } = sh;
  if (!skip) return false;
  if (skip.kind === 'return') return true;
  if (skip.levels > 1) {
    sh.skip = { kind: skip.kind, levels: skip.levels - 1 };
    return true;
  }
  sh.skip = undefined;
  return skip.kind === 'break';
}

function* checkpoint(sh: Shell): Task<void> {
  const pause = sh.sys.checkpoint();
  if (!pause) return;
  yield pause;
  if (sh.traps.pending.length > 0) yield* runPendingTraps(sh);
}

export function* executeLoop(sh: Shell, node: LoopNode, flags: number): Task<number> {
  const inner = flags & Flags.TESTED;
  const goOn = node.k === 'while';
  let status = 0;
  sh.loopDepth += 1;
  try {
    for (;;) {
      yield* checkpoint(sh);
      const test = yield* execute(sh, node.test, Flags.TESTED);
      if (sh.skip) {
        if (leavesLoop(sh)) break;
        continue;
      }
      if ((test === 0) !== goOn) break;
      status = yield* execute(sh, node.body, inner);
      if (leavesLoop(sh)) break;
    }
  } finally {
    sh.loopDepth -= 1;
  }
  return sh.skip?.kind === 'return' ? sh.status : status;
}

export function* executeFor(sh: Shell, node: ForNode, flags: number): Task<number> {
  sh.line = node.line;
  const values = node.words ? yield* expandWords(sh, node.words) : sh.params;
  let status = 0;
  sh.loopDepth += 1;
  try {
    for (const value of values) {
      yield* checkpoint(sh);
      sh.variables.set(node.name, value);
      status = yield* execute(sh, node.body, flags & Flags.TESTED);
      if (leavesLoop(sh)) break;
    }
  } finally {
    sh.loopDepth -= 1;
  }
  return status;
}

function* arithmetic(sh: Shell, word: Word, empty: number): Task<boolean> {
  const expression = yield* expandString(sh, word);
  return (expression === '' ? empty : evaluateArithmetic(sh.variables, expression)) !== 0;
}

export function* executeArithmeticFor(sh: Shell, node: ArithmeticForNode, flags: number): Task<number> {
  sh.line = node.line;
  let status = 0;
  yield* arithmetic(sh, node.init, 0);
  sh.loopDepth += 1;
  try {
    while (yield* arithmetic(sh, node.test, 1)) {
      yield* checkpoint(sh);
      status = yield* execute(sh, node.body, flags & Flags.TESTED);
      if (leavesLoop(sh)) break;
      yield* arithmetic(sh, node.step, 0);
    }
  } finally {
    sh.loopDepth -= 1;
  }
  return status;
}

export function* executeCase(sh: Shell, node: CaseNode, flags: number): Task<number> {
  sh.line = node.line;
  sh.substitutionStatus = undefined;
  const subject = yield* expandString(sh, node.subject);
  let falling = false;
  for (const item of node.items) {
    if (!falling && !(yield* matchesAny(sh, item.patterns, subject))) continue;
    const status = item.body ? yield* execute(sh, item.body as Node, flags) : 0;
    if (!item.fall || sh.skip) return status;
    falling = true;
  }
  return 0;
}

function* matchesAny(sh: Shell, patterns: readonly Word[], subject: string): Task<boolean> {
  for (const word of patterns) {
    const pattern = yield* expandPattern(sh, word);
    if (Pattern.of(pattern).matches(subject)) return true;
  }
  return false;
}
