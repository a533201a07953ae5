/** The expression of find: a recursive-descent parser that makes one Test of the operators and primaries. */
import { type Context, Fatal, SysError } from '../lib/command.ts';
import { execTest, takeExec } from './exec.ts';
import { makePrimary } from './primaries.ts';
import type { Expression, Settings, Test } from './types.ts';

const EXECS = new Set(['-exec', '-execdir', '-ok', '-okdir']);
/** Actions: with none of them, -print is implied. */
const ACTIONS = new Set([
  '-print',
  '-print0',
  '-printf',
  '-fprint',
  '-fprint0',
  '-fprintf',
  '-ls',
  '-fls',
  '-delete',
  '-quit',
]);

class Parser {
  private readonly ctx: Context;
  private readonly args: readonly string[];
  private at = 0;
  private hasAction = false;
  readonly settings: Settings = {
    depthFirst: false,
    maxDepth: Number.POSITIVE_INFINITY,
    minDepth: 0,
    oneFileSystem: false,
    dayStart: false,
    regexType: 'emacs',
  };
  readonly finish: Expression['finish'] = [];

  constructor(ctx: Context, args: readonly string[]) {
    this.ctx = ctx;
    this.args = args;
  }

  async parse(): Promise<Test> {
    if (this.args.length === 0) return this.print();
    const test = await this.list();
    const left = this.args[this.at];
    if (left === ')') throw new Fatal("you have too many ')'");
    if (left !== undefined) throw new Fatal(`paths must precede expression: \`${left}'`);
    if (this.hasAction) return test;
    const print = await this.print();
    return async (file, run) => (await test(file, run)) && print(file, run);
  }

  private async print(): Promise<Test> {
    const made = await makePrimary('-print', [], 0, this.settings, this.ctx, this.finish);
    return made!.test;
  }

  private async list(): Promise<Test> {
    let test = await this.or();
    while (this.args[this.at] === ',') {
      this.at++;
      const [left, right] = [test, await this.or()];
      test = async (file, run) => {
        await left(file, run);
        return right(file, run);
      };
    }
    return test;
  }

  private async or(): Promise<Test> {
    let test = await this.and();
    while (this.args[this.at] === '-o' || this.args[this.at] === '-or') {
      const operator = this.args[this.at]!;
      this.at++;
      this.requireOperand(operator);
      const [left, right] = [test, await this.and()];
      test = async (file, run) => (await left(file, run)) || right(file, run);
    }
    return test;
  }

  private requireOperand(operator: string): void {
    const next = this.args[this.at];
    if (next === undefined) throw new Fatal(`expected an expression after '${operator}'`);
  }

  private async and(): Promise<Test> {
    let test = await this.not();
    for (;;) {
      const next = this.args[this.at];
      if (next === undefined || next === ')' || next === ',' || next === '-o' || next === '-or') return test;
      if (next === '-a' || next === '-and') {
        this.at++;
        this.requireOperand(next);
      }
      const [left, right] = [test, await this.not()];
      test = async (file, run) => (await left(file, run)) && right(file, run);
    }
  }

  private async not(): Promise<Test> {
    const word = this.args[this.at];
    if (word !== '!' && word !== '-not') return this.primary();
    this.at++;
    this.requireOperand(word);
    const inner = await this.not();
    return async (file, run) => !(await inner(file, run));
  }

  private async primary(): Promise<Test> {
    const word = this.args[this.at];
    if (word === undefined) throw new Fatal('invalid expression');
    if (word === '(') return this.parenthesis();
    if (word === ')') throw new Fatal('invalid expression; empty parentheses are not allowed.');
    if (['-o', '-or', '-a', '-and', ','].includes(word)) {
      throw new Fatal(
        `invalid expression; you have used a binary operator '${word}' with nothing before it.`,
      );
    }
    if (EXECS.has(word)) {
      this.hasAction = true;
      const { words, end } = takeExec(word, this.args, this.at + 1);
      this.at = end;
      return execTest(words, this.finish);
    }
    if (!word.startsWith('-')) throw new Fatal(`paths must precede expression: \`${word}'`);
    if (ACTIONS.has(word) && word !== '-quit') this.hasAction = true;
    const made = await this.make(word);
    if (!made) throw new Fatal(`unknown predicate \`${word}'`);
    this.at += 1 + made.used;
    return made.test;
  }

  private async make(word: string) {
    try {
      return await makePrimary(word, this.args, this.at + 1, this.settings, this.ctx, this.finish);
    } catch (error) {
      if (error instanceof SysError) throw new Fatal(`'${this.args[this.at + 1]}': ${error.message}`);
      throw error;
    }
  }

  private async parenthesis(): Promise<Test> {
    this.at++;
    if (this.args[this.at] === undefined) {
      throw new Fatal(
        "invalid expression; expected to find a ')' but didn't see one. Perhaps you need an extra predicate after '('",
      );
    }
    if (this.args[this.at] === ')') throw new Fatal('invalid expression; empty parentheses are not allowed.');
    const test = await this.list();
    if (this.args[this.at] !== ')') {
      throw new Fatal("invalid expression; I was expecting to find a ')' somewhere but did not see one.");
    }
    this.at++;
    return test;
  }
}

/** Throws Fatal with the original's text when the expression is malformed. */
export async function parseExpression(ctx: Context, args: readonly string[]): Promise<Expression> {
  const parser = new Parser(ctx, args);
  const test = await parser.parse();
  return { test, settings: parser.settings, finish: parser.finish };
}
