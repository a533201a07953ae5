/**
 * Runs what comes from a descriptor (`sh <script`, `… | sh`): line by line, leaving the rest for the commands
 * to read.
 */

import { utf8 } from '../../commands/lib/text.ts';
import { Incomplete } from '../errors.ts';
import { execute } from '../exec/execute.ts';
import type { Shell } from '../state/shell.ts';
import type { Node } from '../syntax/ast.ts';
import type { Parser } from '../syntax/parser.ts';
import { parserFor } from '../syntax/parser.ts';
import type { Task } from '../task.ts';
import { DescriptorReader } from './descriptor.ts';

/**
 * Parses the commands of one or more lines; undefined when more lines are needed, and what could complete
 * them.
 */
export function parseLines(
  sh: Shell,
  text: string,
  line: number,
  final: boolean,
): { nodes: readonly Node[] } | { expects: string } {
  const parser = parserFor(text, { line, final, alias: (name) => sh.aliases.get(name) });
  try {
    return { nodes: allCommands(parser) };
  } catch (error) {
    if (error instanceof Incomplete && !final) return { expects: error.expects };
    throw error;
  }
}

function allCommands(parser: Parser): Node[] {
  const nodes: Node[] = [];
  for (let node = parser.completeCommand(); node !== undefined; node = parser.completeCommand())
    if (node) nodes.push(node);
  return nodes;
}

/** Reads lines until they make complete commands; undefined at the end of the input. */
export function* readCommands(sh: Shell, lines: LineSource): Task<readonly Node[] | undefined> {
  const start = lines.line;
  let text = '';
  let expects: string | undefined;
  for (;;) {
    const more = yield* lines.next(text !== '');
    if (more === undefined) {
      if (text === '') return undefined;
      const parsed = parseLines(sh, text, start, true);
      return 'nodes' in parsed ? parsed.nodes : [];
    }
    text += more;
    if (expects !== undefined && !more.includes(expects)) continue;
    const parsed = parseLines(sh, text, start, false);
    if ('nodes' in parsed) return parsed.nodes;
    expects = parsed.expects;
  }
}

export interface LineSource {
  /** Number of the next line. */
  readonly line: number;
  /** The next line with its newline; undefined at the end. `continued`: inside a command. */
  next(continued: boolean): Task<string | undefined>;
}

export class DescriptorLines implements LineSource {
  line = 1;
  private readonly sh: Shell;
  private readonly reader: DescriptorReader;

  constructor(sh: Shell, fd: number) {
    this.sh = sh;
    this.reader = new DescriptorReader(sh.sys, fd);
  }

  *next(): Task<string | undefined> {
    const bytes = yield* this.reader.line();
    if (bytes.length === 0) return undefined;
    this.line += 1;
    const text = utf8.decode(bytes);
    if (this.sh.options.verbose) yield* this.sh.write(2, text);
    return text;
  }
}

export function* runStream(sh: Shell, lines: LineSource): Task<number> {
  for (;;) {
    const nodes = yield* readCommands(sh, lines);
    if (!nodes) return sh.status;
    for (const node of nodes) {
      yield* execute(sh, node, 0);
      if (sh.skip) return sh.status;
    }
  }
}
