/** The built-in functions of awk as JavaScript source: one table, each row made from the arguments. */
import { AwkSyntaxError, type Expr } from './ast.ts';
import { isTarget } from './expressions.ts';
import { any, type Code, type Generator, number, string } from './generate.ts';

type Row = (g: Generator, args: readonly Expr[]) => Code;

const RECORD: Expr = { kind: 'field', index: { kind: 'number', value: 0 } };
const at = (args: readonly Expr[], index: number): Expr => args[index] ?? RECORD;

const math =
  (name: string): Row =>
  (g, args) =>
    number(`Math.${name}(${g.toNumber(at(args, 0))})`);

const bitwise =
  (operator: string): Row =>
  (g, args) =>
    number(`Number(${args.map((arg) => `BigInt(Math.trunc(${g.toNumber(arg)}))`).join(` ${operator} `)})`);

function length(g: Generator, args: readonly Expr[]): Code {
  const [arg] = args;
  if (arg?.kind === 'name' && g.isArray(arg.name)) return number(`${g.array(arg.name)}.size`);
  return number(`rt.strings.lengthOf(${g.toText(arg ?? RECORD)})`);
}

function arrayOf(g: Generator, arg: Expr | undefined): string {
  if (arg?.kind !== 'name') throw new AwkSyntaxError('this argument must be the name of an array', 0);
  return g.array(arg.name);
}

function split(g: Generator, args: readonly Expr[]): Code {
  const array = arrayOf(g, args[1]);
  const text = g.toText(at(args, 0));
  const separator = args[2];
  if (!separator) return number(`rt.split_(${text}, ${array}, undefined)`);
  if (separator.kind === 'regex' && separator.source !== '')
    return number(`rt.splitBy(${text}, ${array}, ${g.regex(separator)})`);
  return number(`rt.split_(${text}, ${array}, ${separator.kind === 'regex' ? "''" : g.toText(separator)})`);
}

function substitution(all: boolean): Row {
  return (g, args) => {
    const target = args[2] ?? RECORD;
    const count = g.temporary();
    const inner =
      target.kind === 'grouping' && target.items.length === 1 && target.items[0] ? target.items[0] : target;
    const call = `(${count} = rt.sub(${g.regex(at(args, 0))}, ${g.toText(at(args, 1))}, ${g.toText(inner)}, ${all}))`;
    if (!isTarget(inner)) return number(call);
    return number(`(${call} > 0 ? (${g.store(inner, string('rt.substituted'))}, ${count}) : 0)`);
  };
}

function gensub(g: Generator, args: readonly Expr[]): Code {
  const [regex, replacement, how] = [at(args, 0), at(args, 1), at(args, 2)];
  return string(
    `rt.strings.gensub(${g.toText(args[3] ?? RECORD)}, ${g.regex(regex)}, ${g.toText(replacement)}, ${g.toText(how)})`,
  );
}

function match(g: Generator, args: readonly Expr[]): Code {
  const array = args[2] ? `, ${arrayOf(g, args[2])}` : '';
  return number(`rt.match(${g.toText(at(args, 0))}, ${g.regex(at(args, 1))}${array})`);
}

function sorted(byIndex: boolean): Row {
  return (g, args) =>
    number(`rt.sortInto(${arrayOf(g, args[0])}, ${arrayOf(g, args[1] ?? args[0])}, ${byIndex})`);
}

const isArrayName = (g: Generator, arg: Expr): arg is Extract<Expr, { kind: 'name' }> =>
  arg.kind === 'name' && g.isArray(arg.name);

/** Name → [fewest arguments, most, source]. */
const TABLE: Readonly<Record<string, readonly [number, number, Row]>> = {
  length: [0, 1, length],
  substr: [
    2,
    3,
    (g, args) =>
      string(
        `rt.strings.substr(${g.toText(at(args, 0))}, ${args
          .slice(1)
          .map((arg) => g.toNumber(arg))
          .join(', ')})`,
      ),
  ],
  index: [
    2,
    2,
    (g, args) => number(`rt.strings.indexOf(${g.toText(at(args, 0))}, ${g.toText(at(args, 1))})`),
  ],
  split: [2, 4, split],
  sub: [2, 3, substitution(false)],
  gsub: [2, 3, substitution(true)],
  gensub: [3, 4, gensub],
  match: [2, 3, match],
  sprintf: [
    1,
    Infinity,
    (g, args) =>
      string(
        `rt.sprintf(${[g.toText(at(args, 0)), ...args.slice(1).map((arg) => g.expression(arg).text)].join(', ')})`,
      ),
  ],
  sin: [1, 1, math('sin')],
  cos: [1, 1, math('cos')],
  exp: [1, 1, math('exp')],
  log: [1, 1, math('log')],
  sqrt: [1, 1, math('sqrt')],
  int: [1, 1, math('trunc')],
  atan2: [2, 2, (g, args) => number(`Math.atan2(${g.toNumber(at(args, 0))}, ${g.toNumber(at(args, 1))})`)],
  rand: [0, 0, () => number('rt.rand()')],
  srand: [0, 1, (g, args) => number(`rt.srand(${args[0] ? g.toNumber(args[0]) : ''})`)],
  tolower: [1, 1, (g, args) => string(`${g.toText(at(args, 0))}.toLowerCase()`)],
  toupper: [1, 1, (g, args) => string(`${g.toText(at(args, 0))}.toUpperCase()`)],
  system: [1, 1, (g, args) => number(`(await rt.system(${g.toText(at(args, 0))}))`)],
  close: [1, 2, (g, args) => number(`(await rt.close(${g.toText(at(args, 0))}))`)],
  fflush: [0, 1, (g, args) => number(`(await rt.fflush(${args[0] ? g.toText(args[0]) : ''}))`)],
  strtonum: [1, 1, (g, args) => number(`rt.strtonum(${g.expression(at(args, 0)).text})`)],
  mktime: [1, 2, (g, args) => number(`rt.mktime(${g.toText(at(args, 0))})`)],
  asort: [1, 2, sorted(false)],
  asorti: [1, 2, sorted(true)],
  compl: [1, 1, (g, args) => number(`(9007199254740991 - Math.trunc(${g.toNumber(at(args, 0))}))`)],
  isarray: [1, 1, (g, args) => number(isArrayName(g, at(args, 0)) ? '1' : '0')],
  typeof: [
    1,
    1,
    (g, [arg = RECORD]) => string(isArrayName(g, arg) ? "'array'" : `rt.typeOf(${g.expression(arg).text})`),
  ],
  systime: [0, 0, () => number('rt.now()')],
  and: [2, Infinity, bitwise('&')],
  or: [2, Infinity, bitwise('|')],
  xor: [2, Infinity, bitwise('^')],
  lshift: [2, 2, bitwise('<<')],
  rshift: [2, 2, bitwise('>>')],
  strftime: [
    0,
    3,
    (g, args) =>
      string(`rt.strftime(${args.map((arg, i) => (i === 0 ? g.toText(arg) : g.toNumber(arg))).join(', ')})`),
  ],
};

export const BUILTIN_NAMES: ReadonlySet<string> = new Set(Object.keys(TABLE));

export function callBuiltin(g: Generator, name: string, args: readonly Expr[]): Code {
  const row = TABLE[name];
  if (!row || args.length < row[0] || args.length > row[1])
    throw new AwkSyntaxError(`wrong number of arguments in call to ${name}`, 0);
  const code = row[2](g, args);
  return code.type === 'any' ? any(code.text) : code;
}
