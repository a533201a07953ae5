/**
 * expr: evaluates its arguments as an expression (POSIX expr; GNU match, substr, index, length). Integers
 * are of any size.
 */
import { Buffer } from 'node:buffer';
import { command, Fatal } from './lib/command.ts';
import { quote } from './lib/quote.ts';
import { compileRegex, RegexError } from './lib/regex.ts';
import { codecOf, type TextCodec } from './lib/text.ts';

const SYNTAX = 2;
const MATH: Readonly<Record<string, (a: bigint, b: bigint) => bigint>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
};

function integer(text: string): bigint | undefined {
  return /^-?\d+$/.test(text) ? BigInt(text) : undefined;
}

function isNull(text: string): boolean {
  return text === '' || /^-?0+$/.test(text);
}

class Evaluator {
  private at = 0;
  private readonly args: readonly string[];
  private readonly codec: TextCodec;

  constructor(args: readonly string[], codec: TextCodec) {
    this.args = args.map(codec.adopt);
    this.codec = codec;
  }

  run(): string {
    const value = this.or(true);
    const extra = this.args[this.at];
    if (extra !== undefined) throw new Fatal(`syntax error: unexpected argument ${quote(extra)}`, SYNTAX);
    return Buffer.from(this.codec.encode(value)).toString('utf8');
  }

  private take(...operators: string[]): string | undefined {
    const word = this.args[this.at];
    if (word === undefined || !operators.includes(word)) return undefined;
    this.at += 1;
    return word;
  }

  /** `live` is false in a branch whose value is not wanted: no errors there. */
  private or(live: boolean): string {
    let left = this.and(live);
    while (this.take('|')) {
      const right = this.and(live && isNull(left));
      if (isNull(left)) left = isNull(right) ? '0' : right;
    }
    return left;
  }

  private and(live: boolean): string {
    let left = this.comparison(live);
    while (this.take('&')) {
      const right = this.comparison(live && !isNull(left));
      if (isNull(left) || isNull(right)) left = '0';
    }
    return left;
  }

  private comparison(live: boolean): string {
    let left = this.arithmetic(live, ['+', '-'], () => this.product(live));
    for (
      let operator = this.take('<', '<=', '=', '==', '!=', '>=', '>');
      operator;
      operator = this.take('<', '<=', '=', '==', '!=', '>=', '>')
    ) {
      const right = this.arithmetic(live, ['+', '-'], () => this.product(live));
      left = this.compare(operator, left, right) ? '1' : '0';
    }
    return left;
  }

  private compare(operator: string, left: string, right: string): boolean {
    const [a, b] = [integer(left), integer(right)];
    const order =
      a !== undefined && b !== undefined
        ? a < b
          ? -1
          : a > b
            ? 1
            : 0
        : left < right
          ? -1
          : left > right
            ? 1
            : 0;
    if (operator === '<') return order < 0;
    if (operator === '<=') return order <= 0;
    if (operator === '>') return order > 0;
    if (operator === '>=') return order >= 0;
    return (order === 0) === (operator !== '!=');
  }

  private product(live: boolean): string {
    return this.arithmetic(live, ['*', '/', '%'], () => this.matching(live));
  }

  private arithmetic(live: boolean, operators: string[], operand: () => string): string {
    let left = operand();
    for (let operator = this.take(...operators); operator; operator = this.take(...operators)) {
      const right = operand();
      if (!live) continue;
      const [a, b] = [integer(left), integer(right)];
      if (a === undefined || b === undefined) throw new Fatal('non-integer argument', SYNTAX);
      if (b === 0n && (operator === '/' || operator === '%')) throw new Fatal('division by zero', SYNTAX);
      left = String(MATH[operator]?.(a, b) ?? 0n);
    }
    return left;
  }

  private matching(live: boolean): string {
    let left = this.keyword(live);
    while (this.take(':')) left = this.match(left, this.keyword(live));
    return left;
  }

  private match(text: string, pattern: string): string {
    try {
      const regex = compileRegex(pattern, { extended: false });
      const found = regex.exec(text);
      const match = found?.index === 0 ? found : this.anchored(pattern, text);
      if (regex.groups > 0) return match?.groups[1] ?? '';
      return String(match ? [...text.slice(0, match.end)].length : 0);
    } catch (error) {
      if (error instanceof RegexError) throw new Fatal(error.message, SYNTAX);
      throw error;
    }
  }

  /** The match must begin where the text does. */
  private anchored(pattern: string, text: string) {
    if (pattern.includes('\\|')) {
      const match = compileRegex(`^\\(${pattern}\\)`, { extended: false }).exec(text);
      return match && { ...match, groups: match.groups.slice(1) };
    }
    return compileRegex(pattern.startsWith('^') ? pattern : `^${pattern}`, { extended: false }).exec(text);
  }

  private keyword(live: boolean): string {
    const word = this.args[this.at];
    const more = this.args.length - this.at - 1;
    if (word === '+' && more > 0) {
      this.at += 2;
      return this.args[this.at - 1] ?? '';
    }
    if (word === undefined || more < 1 || !['match', 'substr', 'index', 'length'].includes(word))
      return this.primary(live);
    this.at += 1;
    const first = this.keyword(live);
    if (word === 'length') return String([...first].length);
    const second = this.keyword(live);
    if (word === 'match') return this.match(first, second);
    if (word === 'index') {
      const chars = [...second];
      return String([...first].findIndex((char) => chars.includes(char)) + 1);
    }
    const [from, count] = [integer(second), integer(this.keyword(live))];
    if (from === undefined || count === undefined || from < 1n || count < 1n) return '';
    return [...first].slice(Number(from) - 1, Number(from - 1n + count)).join('');
  }

  private primary(live: boolean): string {
    const word = this.args[this.at];
    const before = this.args[this.at - 1];
    if (word === undefined) {
      throw new Fatal(
        before === undefined ? 'missing operand' : `syntax error: missing argument after ${quote(before)}`,
        SYNTAX,
      );
    }
    this.at += 1;
    if (word === ')') throw new Fatal("syntax error: unexpected ')'", SYNTAX);
    if (word !== '(') return word;
    const value = this.or(live);
    if (this.take(')')) return value;
    const last = this.args[this.at - 1] ?? '';
    const found = this.args[this.at];
    throw new Fatal(
      found === undefined
        ? `syntax error: expecting ')' after ${quote(last)}`
        : `syntax error: expecting ')' instead of ${quote(found)}`,
      SYNTAX,
    );
  }
}

export default command(
  {
    name: 'expr',
    usage: 'EXPRESSION',
    summary: 'Print the value of EXPRESSION to standard output.',
    options: {},
    raw: true,
    usageStatus: 2,
    failStatus: 2,
  },
  async (ctx) => {
    const args = ctx.operands[0] === '--' ? ctx.operands.slice(1) : ctx.operands;
    if (args.length === 0)
      throw new Fatal("missing operand\nTry 'expr --help' for more information.", SYNTAX);
    const value = new Evaluator(args, codecOf(ctx.sys.env)).run();
    await ctx.out.line(value);
    return isNull(value) ? 1 : 0;
  },
);
