/** Built-ins that steer evaluation: `:`, true, false, break, continue, return, exit, eval, `.`, shift. */
import { ExitRequest, ShellError } from '../errors.ts';
import { loadScript } from '../input/files.ts';
import { runText } from '../input/text.ts';
import { keptByStoppedJobs } from '../jobs/control.ts';
import { ShellLimits } from '../limits.ts';
import type { Shell } from '../state/shell.ts';
import type { Task } from '../task.ts';
import { nest } from '../task.ts';
import type { BuiltinTable, Run } from './builtin.ts';

/** A non-negative decimal argument. */
export function count(text: string): number {
  if (!/^[0-9]+$/.test(text)) throw new ShellError(`Illegal number: ${text}`);
  return Number(text);
}

function jump(kind: 'break' | 'continue'): Run {
  return (sh, [levels = '1']) => {
    const wanted = count(levels);
    if (wanted < 1) throw new ShellError(`Illegal number: ${levels}`);
    if (sh.loopDepth > 0) sh.skip = { kind, levels: Math.min(wanted, sh.loopDepth) };
    return 0;
  };
}

/** The status of `exit` and `return`: without an operand that of the command before, or before the trap. */
function leavingStatus(sh: Shell, status: string | undefined): number {
  if (status !== undefined) return count(status) & 0xff;
  return sh.runningTraps > 0 ? sh.trapStatus : sh.status;
}

const leave: Run = (sh, [status]) => {
  const value = leavingStatus(sh, status);
  if (sh.returnDepth === 0 && sh.runningTraps === 0 && sh.subshell === 0 && !sh.interactive)
    throw new ExitRequest(value);
  sh.skip = { kind: 'return' };
  return value;
};

function* exit(sh: Shell, [status]: readonly string[]): Task<number> {
  if (yield* keptByStoppedJobs(sh)) return 0;
  throw new ExitRequest(leavingStatus(sh, status));
}

/** Counts nested evaluation, so that `eval` of itself ends with a message. */
export function* nested(sh: Shell, what: string, body: Task<number>): Task<number> {
  if (sh.callDepth >= ShellLimits.CALL_DEPTH) throw new ShellError(`${what}: nested too deeply`);
  const { context } = sh;
  sh.callDepth += 1;
  sh.context = `${what}: `;
  try {
    return yield* nest(body);
  } finally {
    sh.context = context;
    sh.callDepth -= 1;
  }
}

const evaluate: Run = (sh, args, { flags }) => {
  const words = args[0] === '--' ? args.slice(1) : args;
  return nested(sh, 'eval', runText(sh, words.join(' '), { flags, line: sh.line }));
};

function* dot(sh: Shell, args: readonly string[], flags: number): Task<number> {
  const [name, ...params] = args[0] === '--' ? args.slice(1) : args;
  if (name === undefined) throw new ShellError('.: filename argument required');
  const text = yield* loadScript(sh, name);
  const { params: outer, loopDepth, line } = sh;
  if (params.length > 0) sh.params = params;
  sh.loopDepth = 0;
  sh.returnDepth += 1;
  try {
    const status = yield* nested(sh, name, runText(sh, text, { flags, script: true }));
    if (sh.skip?.kind === 'return') sh.skip = undefined;
    return status;
  } finally {
    if (params.length > 0) sh.params = outer;
    sh.loopDepth = loopDepth;
    sh.returnDepth -= 1;
    sh.line = line;
  }
}

const source: Run = (sh, args, { flags }) => dot(sh, args, flags);

const shift: Run = (sh, [amount = '1']) => {
  const by = count(amount);
  if (by > sh.params.length) throw new ShellError("shift: can't shift that many");
  sh.params = sh.params.slice(by);
  return 0;
};

export const flowBuiltins: BuiltinTable = {
  ':': { special: true, run: () => 0 },
  true: { run: () => 0 },
  false: { run: () => 1 },
  break: { special: true, run: jump('break') },
  continue: { special: true, run: jump('continue') },
  return: { special: true, run: leave },
  exit: { special: true, run: exit },
  eval: { special: true, run: evaluate },
  '.': { special: true, run: source },
  source: { run: source },
  shift: { special: true, run: shift },
};
