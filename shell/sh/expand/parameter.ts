/**
 * Parameter expansion (POSIX 2.6.2), with the slices, replacements and case changes that ksh and bash added.
 */
import { evaluateArithmetic } from '../arith/evaluate.ts';
import { ShellError } from '../errors.ts';
import type { Shell } from '../state/shell.ts';
import type { ParameterPart, Word } from '../syntax/ast.ts';
import type { Task } from '../task.ts';
import type { Fields } from './fields.ts';
import { Pattern } from './pattern.ts';
import { expandParts, expandPattern, expandString } from './word.ts';

/** The value of a parameter other than `@` and `*`; undefined when it is unset. */
export function parameterValue(sh: Shell, name: string): string | undefined {
  const c = name.charCodeAt(0);
  if ((c >= 97 && c <= 122) || c === 95) return sh.variables.get(name);
  if (c >= 65 && c <= 90) return name === 'LINENO' ? lineNumber(sh) : sh.variables.get(name);
  if (c >= 48 && c <= 57) return name === '0' ? sh.name : sh.params[Number(name) - 1];
  switch (name) {
    case '#':
      return String(sh.params.length);
    case '?':
      return String(sh.status);
    case '$':
      return String(sh.pid);
    case '!':
      return sh.backgroundPid === undefined ? undefined : String(sh.backgroundPid);
    case '-':
      return sh.options.letters();
    default:
      return undefined;
  }
}

function lineNumber(sh: Shell): string {
  return String(sh.functionLine > 0 ? sh.line - sh.functionLine + 1 : sh.line);
}

const isList = (name: string): boolean => name === '@' || name === '*';

export function* expandParameter(sh: Shell, part: ParameterPart, out: Fields, quoted: boolean): Task<void> {
  const { name, op } = part;
  if (isList(name) && op !== 'length') return yield* expandList(sh, part, out, quoted);
  if (op === 'length') return emit(out, lengthOf(sh, name), quoted);
  if (op === 'bad' || op === 'indirect') return emit(out, indirect(sh, part), quoted);
  const value = parameterValue(sh, name);
  if (op === undefined) return emit(out, value ?? unset(sh, name), quoted);
  if (op === '-' || op === '=' || op === '?' || op === '+') {
    const missing = value === undefined || (part.colon === true && value === '');
    return yield* expandConditional(sh, part, out, quoted, missing ? undefined : value);
  }
  const change = yield* changer(sh, part);
  emit(out, change(value ?? unset(sh, name)), quoted);
}

/** An unset parameter: empty, or an error under `set -u`. */
function unset(sh: Shell, name: string): string {
  if (sh.options.nounset) throw new ShellError(`${name}: parameter not set`);
  return '';
}

function emit(out: Fields, value: string, quoted: boolean): void {
  if (quoted) out.quoted(value);
  else out.expanded(value);
}

function lengthOf(sh: Shell, name: string): string {
  if (isList(name)) return String(sh.params.length);
  const value = parameterValue(sh, name) ?? unset(sh, name);
  return String(/[\uD800-\uDBFF]/.test(value) ? Array.from(value).length : value.length);
}

function indirect(sh: Shell, part: ParameterPart): string {
  if (part.op === 'bad') throw new ShellError('Bad substitution');
  const target = sh.variables.get(part.name);
  if (target === undefined || target === '') throw new ShellError('Bad substitution');
  return parameterValue(sh, target) ?? unset(sh, target);
}

/** `-`, `=`, `?`, `+`; `value` is undefined when the condition of the colon or the unset parameter holds. */
function* expandConditional(
  sh: Shell,
  part: ParameterPart,
  out: Fields,
  quoted: boolean,
  value: string | undefined,
): Task<void> {
  const word = part.word ?? { parts: [] };
  if (part.op === '+') {
    if (value !== undefined) yield* expandOperand(sh, word, out, quoted);
    else if (quoted) out.quoted('');
    return;
  }
  if (value !== undefined) return emit(out, value, quoted);
  if (part.op === '-') return yield* expandOperand(sh, word, out, quoted);
  const text = yield* expandString(sh, word);
  if (part.op === '?') throw new ShellError(`${part.name}: ${text || missingText(part)}`);
  if (!/^[A-Za-z_]/.test(part.name)) throw new ShellError('Bad substitution');
  sh.variables.set(part.name, text);
  emit(out, text, quoted);
}

const missingText = (part: ParameterPart): string =>
  part.colon ? 'parameter not set or null' : 'parameter not set';

function* expandOperand(sh: Shell, word: Word, out: Fields, quoted: boolean): Task<void> {
  if (quoted) out.quoted('');
  yield* expandParts(sh, word.parts, out, quoted, true);
}

type Change = (value: string) => string;

/** The function that a `%`, `#`, `/`, `:off:len` or case operator applies to a value. */
function* changer(sh: Shell, part: ParameterPart): Task<Change> {
  const word = part.word ?? { parts: [] };
  switch (part.op) {
    case '#':
    case '##':
    case '%':
    case '%%': {
      const pattern = Pattern.of(yield* expandPattern(sh, word));
      return removal(pattern, part.op);
    }
    case 'slice': {
      const start = toNumber(sh, yield* expandString(sh, word));
      const length = part.second && toNumber(sh, yield* expandString(sh, part.second));
      return (value) => slice(Array.from(value), start, length).join('');
    }
    case '/':
    case '//':
    case '/#':
    case '/%': {
      const pattern = Pattern.of(yield* expandPattern(sh, word));
      const replacement = part.second ? yield* expandString(sh, part.second) : '';
      return (value) => replace(value, pattern, replacement, part.op ?? '/');
    }
    default: {
      const pattern = yield* expandPattern(sh, word);
      return caseChange(Pattern.of(pattern === '' ? '?' : pattern), part.op ?? '^');
    }
  }
}

function removal(pattern: Pattern, op: string): Change {
  const longest = op.length === 2;
  if (op.startsWith('#'))
    return (value) => {
      const length = pattern.prefix(value, longest);
      return length > 0 ? value.slice(length) : value;
    };
  return (value) => {
    const length = pattern.suffix(value, longest);
    return length > 0 ? value.slice(0, value.length - length) : value;
  };
}

const toNumber = (sh: Shell, expression: string): number =>
  Number(evaluateArithmetic(sh.variables, expression));

function slice<T>(items: readonly T[], start: number, length: number | undefined): T[] {
  const from = start < 0 ? items.length + start : start;
  if (from < 0) return [];
  const end = length === undefined ? items.length : length < 0 ? items.length + length : from + length;
  return items.slice(from, Math.max(from, end));
}

function replace(value: string, pattern: Pattern, replacement: string, op: string): string {
  if (op === '/#') {
    const length = pattern.prefix(value, true);
    return length < 0 ? value : replacement + value.slice(length);
  }
  if (op === '/%') {
    const length = pattern.suffix(value, true);
    return length < 0 ? value : value.slice(0, value.length - length) + replacement;
  }
  let result = '';
  for (let at = 0; at < value.length; ) {
    const length = pattern.prefix(value, true, at);
    if (length <= 0) {
      result += value[at];
      at += 1;
      continue;
    }
    result += replacement;
    at += length;
    if (op === '/') return result + value.slice(at);
  }
  return result;
}

function caseChange(pattern: Pattern, op: string): Change {
  const change = (c: string): string => {
    if (!pattern.matches(c)) return c;
    return op.startsWith('^') ? c.toUpperCase() : c.toLowerCase();
  };
  const all = op.length === 2;
  return (value) =>
    Array.from(value)
      .map((c, index) => (all || index === 0 ? change(c) : c))
      .join('');
}

/** `$@`, `$*` and the operators on them. */
function* expandList(sh: Shell, part: ParameterPart, out: Fields, quoted: boolean): Task<void> {
  const { op } = part;
  let values = sh.params;
  if (op === '-' || op === '+' || op === '?' || op === '=') {
    const joined = values.join(part.name === '*' ? (sh.separators.value[0] ?? '') : ' ');
    const missing = values.length === 0 || (part.colon === true && joined === '');
    if (missing || op === '+') {
      if (quoted && op === '+' && missing) return;
      return yield* expandConditional(sh, part, out, quoted, missing ? undefined : joined);
    }
  } else if (op === 'slice') {
    const start = toNumber(sh, yield* expandString(sh, part.word ?? { parts: [] }));
    const length = part.second && toNumber(sh, yield* expandString(sh, part.second));
    values = slice([sh.name, ...values], start, length);
    if (start < 0 && values[0] === undefined) values = [];
  } else if (op !== undefined) {
    if (op === 'bad' || op === 'indirect') throw new ShellError('Bad substitution');
    const change = yield* changer(sh, part);
    values = values.map(change);
  }
  emitList(sh, values, part.name, out, quoted);
}

function emitList(sh: Shell, values: readonly string[], name: string, out: Fields, quoted: boolean): void {
  const [glue = ''] = sh.separators.value;
  if (out.mode !== 'fields') {
    emit(out, values.join(name === '*' ? glue : ' '), quoted);
  } else if (quoted && name === '*') {
    out.quoted(values.join(glue));
  } else {
    values.forEach((value, index) => {
      if (index > 0 && quoted) out.endField();
      else if (index > 0) out.endOpenField();
      emit(out, value, quoted);
    });
  }
}
