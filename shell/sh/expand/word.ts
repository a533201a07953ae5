/**
 * Word expansion (POSIX 2.6): the order of the steps, and the three results a word can be wanted as: fields
 * (arguments), a string (assignments, here-documents, redirections), a pattern (`case`, `${x#…}`).
 */
import { evaluateArithmetic } from '../arith/evaluate.ts';
import type { Shell } from '../state/shell.ts';
import type { ParameterPart, Part, Word } from '../syntax/ast.ts';
import type { Task } from '../task.ts';
import { substituteCommand } from './command.ts';
import { Fields } from './fields.ts';
import { expandPathname } from './glob.ts';
import { expandParameter, parameterValue } from './parameter.ts';
import { homeOf } from './tilde.ts';

/**
 * Adds the expansion of parts to `out`; `quoted`: inside double quotes; `operand`: in the word of a `${…}`,
 * where plain text is the result of an expansion too, and split.
 */
export function* expandParts(
  sh: Shell,
  parts: readonly Part[],
  out: Fields,
  quoted: boolean,
  operand = false,
): Task<void> {
  for (const part of parts) {
    switch (part.t) {
      case 'text':
        if (quoted) out.quoted(part.s);
        else if (operand) out.expanded(part.s);
        else out.literal(part.s, part.glob);
        break;
      case 'quoted':
        out.quoted(part.s);
        break;
      case 'double':
        if (part.parts.length === 0) out.quoted('');
        else yield* expandParts(sh, part.parts, out, true);
        break;
      case 'tilde':
        out.quoted(yield* homeOf(sh, part.user));
        break;
      case 'param':
        yield* expandParameter(sh, part, out, quoted);
        break;
      case 'arith':
        emit(out, yield* expandArithmetic(sh, part.parts), quoted);
        break;
      case 'command':
        emit(out, yield* substituteCommand(sh, part.body), quoted);
        break;
    }
  }
}

function emit(out: Fields, value: string, quoted: boolean): void {
  if (quoted) out.quoted(value);
  else out.expanded(value);
}

function* expandArithmetic(sh: Shell, parts: readonly Part[]): Task<string> {
  const expression = yield* expandString(sh, { parts });
  return String(evaluateArithmetic(sh.variables, expression));
}

/** The parameter part of a word that is just `$x` or `"$x"`: the common case, done without any machinery. */
function simpleParameter(part: Part): ParameterPart | undefined {
  const inner = part.t === 'double' && part.parts.length === 1 ? part.parts[0] : part;
  if (inner?.t !== 'param' || inner.op !== undefined || inner.name === '@' || inner.name === '*')
    return undefined;
  return inner;
}

/** The word as one string, without field splitting and pathname expansion. */
export function* expandString(sh: Shell, word: Word): Task<string> {
  const [first] = word.parts;
  if (first === undefined) return '';
  if (word.parts.length === 1) {
    if (first.t === 'text' || first.t === 'quoted') return first.s;
    if (first.t === 'arith') return yield* expandArithmetic(sh, first.parts);
    if (first.t === 'command') return yield* substituteCommand(sh, first.body);
    const parameter = simpleParameter(first);
    const value = parameter && parameterValue(sh, parameter.name);
    if (value !== undefined) return value;
  }
  const out = new Fields('string', sh.separators);
  yield* expandParts(sh, word.parts, out, false);
  return out.text;
}

/** The word as a pattern: what was quoted stands behind backslashes. */
export function* expandPattern(sh: Shell, word: Word): Task<string> {
  const [first] = word.parts;
  if (first === undefined) return '';
  if (word.parts.length === 1 && first.t === 'text') return first.s;
  const out = new Fields('pattern', sh.separators);
  yield* expandParts(sh, word.parts, out, false);
  return out.pattern;
}

/** Appends the fields of one word to `fields`. */
function* expandWord(sh: Shell, word: Word, fields: string[]): Task<void> {
  const [first] = word.parts;
  if (first !== undefined && word.parts.length === 1) {
    if (first.t === 'quoted' || (first.t === 'text' && (!first.glob || first.s === '[' || first.s === ']'))) {
      fields.push(first.s);
      return;
    }
    const parameter = first.t === 'double' ? simpleParameter(first) : undefined;
    const value = parameter && parameterValue(sh, parameter.name);
    if (value !== undefined) {
      fields.push(value);
      return;
    }
  }
  if (word.assign) {
    fields.push(yield* expandString(sh, word));
    return;
  }
  const out = new Fields('fields', sh.separators);
  yield* expandParts(sh, word.parts, out, false);
  for (const field of out.finish()) {
    if (field.pattern === undefined || sh.options.noglob) fields.push(field.text);
    else yield* expandPathname(sh, field.pattern, field.text, fields);
  }
}

/** The fields of all words: a command's arguments. */
export function* expandWords(sh: Shell, words: readonly Word[]): Task<string[]> {
  const fields: string[] = [];
  for (const word of words) yield* expandWord(sh, word, fields);
  return fields;
}
