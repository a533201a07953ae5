/**
 * The expressions of test(1): `[`, `test` and the shell's `[[`. POSIX decides by the number of arguments up
 * to four; longer expressions follow the grammar of -o, -a, ! and parentheses.
 */
import { Access, S } from '../../../subsystems/unix/constants.ts';
import { isSysError } from '../../../subsystems/unix/errno.ts';
import type { Awaitable, Stat, Sys } from '../../../subsystems/unix/sys.ts';
import type { Task } from '../../sh/task.ts';
import { run, wait } from '../../sh/task.ts';

/** The expression makes no sense: exit status 2. `kind` lets each program word it its own way. */
export class TestError extends Error {
  readonly kind: 'number' | 'operator' | 'argument' | 'parenthesis';
  readonly subject: string;

  constructor(kind: TestError['kind'], subject: string) {
    super(`${kind}: ${subject}`);
    this.kind = kind;
    this.subject = subject;
  }
}

const INTEGER = /^\s*[-+]?[0-9]+\s*$/;

function integer(text: string): number | bigint {
  if (!INTEGER.test(text)) throw new TestError('number', text);
  const small = Number(text);
  return Number.isSafeInteger(small) ? small : BigInt(text.trim().replace(/^\+/, ''));
}

type Compare = (left: string, right: string) => boolean;
const PURE_BINARY: ReadonlyMap<string, Compare> = new Map<string, Compare>([
  ['=', (a, b) => a === b],
  ['==', (a, b) => a === b],
  ['!=', (a, b) => a !== b],
  ['<', (a, b) => a < b],
  ['>', (a, b) => a > b],
  ['-eq', (a, b) => BigInt(integer(a)) === BigInt(integer(b))],
  ['-ne', (a, b) => BigInt(integer(a)) !== BigInt(integer(b))],
  ['-lt', (a, b) => integer(a) < integer(b)],
  ['-le', (a, b) => integer(a) <= integer(b)],
  ['-gt', (a, b) => integer(a) > integer(b)],
  ['-ge', (a, b) => integer(a) >= integer(b)],
]);
const FILE_BINARY = new Set(['-nt', '-ot', '-ef']);
const isBinary = (op: string | undefined): op is string =>
  op !== undefined && (PURE_BINARY.has(op) || FILE_BINARY.has(op));

const hasType = (type: number) => (stat: Stat) => (stat.mode & S.IFMT) === type;
const hasBit = (bit: number) => (stat: Stat) => (stat.mode & bit) !== 0;
const STAT_TESTS: Readonly<Record<string, (stat: Stat, sys: Sys) => boolean>> = {
  '-e': () => true,
  '-a': () => true,
  '-f': hasType(S.IFREG),
  '-d': hasType(S.IFDIR),
  '-p': hasType(S.IFIFO),
  '-S': hasType(S.IFSOCK),
  '-b': hasType(S.IFBLK),
  '-c': hasType(S.IFCHR),
  '-s': (stat) => stat.size > 0,
  '-u': hasBit(S.ISUID),
  '-g': hasBit(S.ISGID),
  '-k': hasBit(S.ISVTX),
  '-O': (stat, sys) => stat.uid === sys.geteuid(),
  '-G': (stat, sys) => stat.gid === sys.getegid(),
  '-N': (stat) => stat.mtimeMs > stat.atimeMs,
};
const ACCESS_TESTS: Readonly<Record<string, number>> = {
  '-r': Access.R_OK,
  '-w': Access.W_OK,
  '-x': Access.X_OK,
};
const isUnary = (op: string): boolean => /^-[abcdefghkLnNoOGprsStuwxz]$/.test(op) && op !== '-o';

function* statOf(sys: Sys, path: string, follow: boolean): Task<Stat | undefined> {
  try {
    return yield* wait(follow ? sys.stat(path) : sys.lstat(path));
  } catch (error) {
    if (isSysError(error)) return undefined;
    throw error;
  }
}

function* allowed(sys: Sys, path: string, mode: number): Task<boolean> {
  try {
    yield* wait(sys.access(path, mode, { effective: true }));
    return true;
  } catch (error) {
    if (isSysError(error)) return false;
    throw error;
  }
}

function* unary(sys: Sys, op: string, operand: string): Task<boolean> {
  if (op === '-n') return operand !== '';
  if (op === '-z') return operand === '';
  if (op === '-t') return yield* wait(isTerminal(sys, Number(integer(operand))));
  if (op === '-h' || op === '-L') {
    const stat = yield* statOf(sys, operand, false);
    return stat !== undefined && hasType(S.IFLNK)(stat);
  }
  const mode = ACCESS_TESTS[op];
  if (mode !== undefined) return yield* allowed(sys, operand, mode);
  const check = STAT_TESTS[op];
  if (!check) throw new TestError('operator', op);
  const stat = yield* statOf(sys, operand, true);
  return stat !== undefined && check(stat, sys);
}

function isTerminal(sys: Sys, fd: number): Awaitable<boolean> {
  try {
    return sys.isatty(fd);
  } catch (error) {
    if (isSysError(error)) return false;
    throw error;
  }
}

function* binary(sys: Sys, left: string, op: string, right: string): Task<boolean> {
  const pure = PURE_BINARY.get(op);
  if (pure) return pure(left, right);
  const a = yield* statOf(sys, left, true);
  const b = yield* statOf(sys, right, true);
  if (op === '-ef') return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino;
  const [newer, older] = op === '-nt' ? [a, b] : [b, a];
  if (!newer) return false;
  return !older || newer.mtimeMs > older.mtimeMs;
}

class Expression {
  private readonly sys: Sys;
  private readonly args: readonly string[];
  private at = 0;

  constructor(sys: Sys, args: readonly string[]) {
    this.sys = sys;
    this.args = args;
  }

  *whole(): Task<boolean> {
    const value = yield* this.or();
    const rest = this.args[this.at];
    if (rest !== undefined) throw new TestError('operator', this.args[0] ?? rest);
    return value;
  }

  private *or(): Task<boolean> {
    let value = yield* this.and();
    while (this.args[this.at] === '-o') {
      this.at += 1;
      const right = yield* this.and();
      value ||= right;
    }
    return value;
  }

  private *and(): Task<boolean> {
    let value = yield* this.not();
    while (this.args[this.at] === '-a') {
      this.at += 1;
      const right = yield* this.not();
      value &&= right;
    }
    return value;
  }

  private *not(): Task<boolean> {
    let negate = false;
    while (this.args[this.at] === '!' && !isBinary(this.args[this.at + 1])) {
      this.at += 1;
      negate = !negate;
    }
    return (yield* this.primary()) !== negate;
  }

  private *primary(): Task<boolean> {
    const first = this.args[this.at];
    if (first === undefined) throw new TestError('argument', this.args.at(-1) ?? '');
    const op = this.args[this.at + 1];
    const right = this.args[this.at + 2];
    if (isBinary(op) && right !== undefined) {
      this.at += 3;
      return yield* binary(this.sys, first, op, right);
    }
    if (first === '(') return yield* this.parenthesis();
    if (isUnary(first) && op !== undefined) {
      this.at += 2;
      return yield* unary(this.sys, first, op);
    }
    this.at += 1;
    return first !== '';
  }

  private *parenthesis(): Task<boolean> {
    this.at += 1;
    const value = yield* this.or();
    if (this.args[this.at] !== ')') throw new TestError('parenthesis', this.args[this.at] ?? '');
    this.at += 1;
    return value;
  }
}

function* evaluate(sys: Sys, args: readonly string[]): Task<boolean> {
  const [first = '', second = '', third = ''] = args;
  switch (args.length) {
    case 0:
      return false;
    case 1:
      return first !== '';
    case 2:
      if (first === '!') return second === '';
      if (!isUnary(first)) throw new TestError('operator', first);
      return yield* unary(sys, first, second);
    case 3:
      if (isBinary(second)) return yield* binary(sys, first, second, third);
      if (second === '-a') return first !== '' && third !== '';
      if (second === '-o') return first !== '' || third !== '';
      if (first === '!') return !(yield* evaluate(sys, args.slice(1)));
      if (first === '(' && third === ')') return second !== '';
      throw new TestError('operator', isUnary(first) ? second : first);
    case 4:
      if (first === '!') return !(yield* evaluate(sys, args.slice(1)));
      if (first === '(' && args[3] === ')') return yield* evaluate(sys, args.slice(1, 3));
      break;
  }
  return yield* new Expression(sys, args).whole();
}

/** The truth of the expression in `args` (without `[` and `]`); throws TestError. */
export function evaluateTest(sys: Sys, args: readonly string[]): Awaitable<boolean> {
  const [left, op, right] = args;
  const pure = args.length === 3 && op !== undefined ? PURE_BINARY.get(op) : undefined;
  if (pure && left !== undefined && right !== undefined) return pure(left, right);
  return run(evaluate(sys, args));
}
