/**
 * The command language: lists, pipelines and simple commands (POSIX 2.10). One token of look-ahead, so that a
 * substitution's parser stops exactly behind its `)`. Compound commands are in compound.ts.
 */
import { SyntaxFault } from '../errors.ts';
import { ShellLimits } from '../limits.ts';
import type { Assignment, Node, Redirect, RedirectOperator, Word } from './ast.ts';
import { literalOf, text } from './ast.ts';
import { COMPOUND, readFunction } from './compound.ts';
import type { Grammar, SourceOptions } from './source.ts';
import { Source } from './source.ts';
import { markTildes } from './tildes.ts';
import type { Token } from './tokens.ts';
import { hereDelimiter, isRedirection, readToken } from './tokens.ts';

const CLOSERS = new Set(['then', 'else', 'elif', 'fi', 'do', 'done', 'esac', '}']);
const RESERVED = new Set([...CLOSERS, '!', '{', 'if', 'while', 'until', 'for', 'case', 'in']);
/** Their arguments are expanded like assignments when they look so (POSIX 2024). */
const DECLARATION = new Set(['export', 'readonly', 'local']);
const ASSIGNMENT = /^([A-Za-z_][A-Za-z0-9_]*)(\+?)=/;

export const isReserved = (name: string): boolean => RESERVED.has(name);

/** How an error message calls a token. */
function nameOf(token: Token): string {
  if (token.type === 'io' || isRedirection(token)) return 'redirection';
  if (token.type === 'word')
    return token.literal !== undefined && RESERVED.has(token.literal) ? `"${token.literal}"` : 'word';
  if (token.op === '') return 'end of file';
  return token.op === '\n' ? 'newline' : `"${token.op}"`;
}

export class Parser {
  readonly source: Source;
  private token: Token | undefined;
  private expansions = 0;
  /**
   * Lengths of the texts behind aliases that ended in a blank, the inmost last: the words that start there
   * are examined too.
   */
  private aliasRests: number[] = [];
  /** The next word is the first one of an alias' text that stands where such a word stood. */
  private aliasInside = false;

  constructor(source: Source) {
    this.source = source;
  }

  peek(): Token {
    while (!this.token) {
      this.token = readToken(this.source);
      if (this.aliasInside || this.aliasRests.length > 0) this.expandAfterBlank(this.token);
    }
    return this.token;
  }

  next(): Token {
    const token = this.peek();
    this.token = undefined;
    return token;
  }

  isOp(op: string): boolean {
    const token = this.peek();
    return token.type === 'op' && token.op === op;
  }

  /** The look-ahead as a keyword candidate. */
  keyword(): string | undefined {
    const token = this.peek();
    return token.type === 'word' ? token.literal : undefined;
  }

  /** An error about the look-ahead; incomplete input when that is the end. */
  unexpected(expecting = ''): SyntaxFault {
    const token = this.peek();
    const message = `${nameOf(token)} unexpected${expecting === '' ? '' : ` (expecting "${expecting}")`}`;
    if (token.type === 'op' && token.op === '') return this.source.incomplete(message, expecting);
    return new SyntaxFault(message, token.line);
  }

  expectKeyword(keyword: string): void {
    if (this.keyword() !== keyword) throw this.unexpected(keyword);
    this.next();
  }

  expectOp(op: string): void {
    if (!this.isOp(op)) throw this.unexpected(op);
    this.next();
  }

  skipNewlines(): void {
    while (this.isOp('\n')) this.next();
  }

  /**
   * The next complete command up to its newline; undefined at the end of the text, a null node for an empty
   * line.
   */
  completeCommand(): Node | null | undefined {
    this.expansions = 0;
    this.expandAlias();
    if (this.isOp('')) return undefined;
    if (this.isOp('\n')) {
      this.next();
      return null;
    }
    const node = this.list(true);
    if (!node) throw this.unexpected();
    if (!this.isOp('\n') && !this.isOp('')) throw this.unexpected();
    if (this.isOp('\n')) this.next();
    return node;
  }

  /** A compound list: commands up to a closing keyword or operator, which stays. */
  list(oneLine = false): Node | undefined {
    const items: Node[] = [];
    this.source.enter();
    for (;;) {
      if (oneLine) this.expandAlias();
      else this.toCommand();
      if (this.atListEnd()) break;
      const node = this.andOr();
      if (this.isOp('&')) {
        this.next();
        items.push({ k: 'async', body: node });
        continue;
      }
      items.push(node);
      if (this.isOp(';')) this.next();
      else if (!this.isOp('\n') || oneLine) break;
    }
    this.source.leave();
    return items.length > 1 ? { k: 'list', items } : items[0];
  }

  /** A compound list that must not be empty, in front of `closer`. */
  body(closer: string): Node {
    const node = this.list();
    if (node) return node;
    // Text that ends here, or goes on with another construct's keyword, lacks the closer; else a command is
    // missing.
    throw this.unexpected(this.isOp('') ? closer : '');
  }

  private atListEnd(): boolean {
    const token = this.peek();
    if (token.type === 'op') return ['', '\n', ')', ';;', ';&', ';;&'].includes(token.op);
    return token.type === 'word' && token.literal !== undefined && CLOSERS.has(token.literal);
  }

  private andOr(): Node {
    let left = this.pipeline();
    while (this.isOp('&&') || this.isOp('||')) {
      const k = this.isOp('&&') ? 'and' : 'or';
      this.next();
      this.toCommand();
      left = { k, left, right: this.pipeline() };
    }
    return left;
  }

  private pipeline(): Node {
    this.expandAlias();
    if (this.keyword() === '!') {
      this.next();
      return { k: 'not', body: this.pipeline() };
    }
    const commands = [this.command()];
    while (this.isOp('|')) {
      this.next();
      this.toCommand();
      commands.push(this.command());
    }
    return commands.length > 1 ? { k: 'pipeline', commands } : commands[0]!;
  }

  command(): Node {
    this.expandAlias();
    const token = this.peek();
    const key = token.type === 'op' ? token.op : token.type === 'word' ? token.literal : undefined;
    const compound = key === undefined ? undefined : COMPOUND.get(key);
    if (!compound) return this.simple();
    this.source.enter();
    const body = compound(this);
    this.source.leave();
    if (body.k === 'function') return body;
    const redirects = this.redirects();
    return redirects.length > 0 ? { k: 'redirected', line: token.line, body, redirects } : body;
  }

  redirects(): Redirect[] {
    const redirects: Redirect[] = [];
    while (isRedirection(this.peek())) redirects.push(this.redirect());
    return redirects;
  }

  private simple(): Node {
    const first = this.peek();
    const words: Word[] = [];
    const assigns: Assignment[] = [];
    const redirects: Redirect[] = [];
    for (;;) {
      if (words.length === 0) this.expandAlias();
      const token = this.peek();
      if (isRedirection(token)) {
        redirects.push(this.redirect());
        continue;
      }
      if (token.type !== 'word') break;
      if (words.length === 0 && this.atReserved(token, assigns, redirects)) break;
      this.next();
      const assign = words.length === 0 ? asAssignment(token.word) : undefined;
      if (assign) assigns.push(assign);
      else words.push(isDeclaration(words[0]) ? declared(token.word) : wordArgument(token.word));
      if (words.length === 1 && token.literal !== undefined && !assign && this.isOp('(')) {
        if (assigns.length + redirects.length > 0) throw this.unexpected();
        return readFunction(this, token.literal, token.line);
      }
    }
    if (words.length + assigns.length + redirects.length === 0) throw this.unexpected();
    return { k: 'simple', line: first.line, assigns, words, redirects };
  }

  /** A keyword where a command starts is an error of the grammar, unless something came before it. */
  private atReserved(token: Token, assigns: readonly Assignment[], redirects: readonly Redirect[]): boolean {
    const literal = token.type === 'word' ? token.literal : undefined;
    return literal !== undefined && CLOSERS.has(literal) && assigns.length + redirects.length === 0;
  }

  private redirect(): Redirect {
    const number = this.peek();
    let fd = -1;
    if (number.type === 'io') {
      fd = number.fd;
      this.next();
    }
    const operator = this.next();
    if (operator.type !== 'op') throw this.unexpected();
    const op = operator.op as RedirectOperator;
    if (fd < 0) fd = op.startsWith('<') ? 0 : 1;
    const target = this.peek();
    if (target.type !== 'word') throw this.unexpected();
    const raw = this.source.text.slice(target.start, this.source.pos);
    this.token = undefined;
    if (op !== '<<' && op !== '<<-') return { fd, op, target: wordArgument(target.word) };
    const contents = { parts: [] as Word['parts'] };
    const { delimiter, quoted } = hereDelimiter(raw);
    this.source.pending.push({
      delimiter,
      quoted,
      stripTabs: op === '<<-',
      line: target.line,
      target: contents,
    });
    return { fd, op, target: contents };
  }

  /**
   * Replaces the look-ahead by an alias' text when it names one in command position; tells whether it did.
   */
  private expandAlias(): boolean {
    let expanded = false;
    while (this.replaceAlias(this.peek())) {
      expanded = true;
      this.countExpansion();
    }
    return expanded;
  }

  private countExpansion(): void {
    this.expansions += 1;
    if (this.expansions > ShellLimits.ALIAS_EXPANSIONS)
      throw new SyntaxFault('too many alias expansions', this.source.line);
  }

  /** Goes to where a command or a keyword starts, over newlines, also those that aliases bring. */
  toCommand(): void {
    do this.skipNewlines();
    while (this.expandAlias());
  }

  private replaceAlias(token: Token): boolean {
    const { source } = this;
    if (!source.alias) return false;
    if (token.type !== 'word' || token.literal === undefined || RESERVED.has(token.literal)) return false;
    const value = source.alias(token.literal);
    if (value === undefined || source.isActiveAlias(token.literal)) return false;
    if (/[ \t]$/.test(value)) this.aliasRests.push(source.text.length - source.pos);
    source.splice(token.literal, value, token.start);
    this.token = undefined;
    return true;
  }

  /** The word behind an alias that ends in a blank is examined wherever it stands (POSIX 2.3.1). */
  private expandAfterBlank(token: Token): void {
    const left = this.source.text.length - token.start;
    const behind = this.aliasRests.some((rest) => left <= rest);
    if (!behind && !this.aliasInside) return;
    if (behind) this.aliasRests = this.aliasRests.filter((rest) => left > rest);
    this.aliasInside = this.replaceAlias(token);
    if (this.aliasInside) this.countExpansion();
  }
}

function asAssignment(word: Word): Assignment | undefined {
  const [first, ...rest] = word.parts;
  const found = first?.t === 'text' ? ASSIGNMENT.exec(first.s) : null;
  if (!found || first?.t !== 'text') return undefined;
  const value = first.s.slice(found[0].length);
  const parts = value === '' ? rest : [text(value), ...rest];
  const name = found[1] ?? '';
  return { name, value: { parts: markTildes(parts, true) }, ...(found[2] === '+' && { append: true }) };
}

function isDeclaration(command: Word | undefined): boolean {
  const name = command && literalOf(command);
  return name !== undefined && DECLARATION.has(name);
}

/** An argument of a declaration utility. */
function declared(word: Word): Word {
  const assign = asAssignment(word);
  if (!assign) return wordArgument(word);
  const name = text(`${assign.name}${assign.append ? '+' : ''}=`);
  return { parts: [name, ...assign.value.parts], assign: true };
}

/** An argument: a tilde counts at its start. */
export function wordArgument(word: Word): Word {
  const parts = markTildes(word.parts, false);
  return parts === word.parts ? word : { parts };
}

export const grammar: Grammar = {
  substitution(source) {
    // Here-documents announced outside are read when the line outside ends.
    const outer = source.pending;
    source.pending = [];
    const parser = new Parser(source);
    const node = parser.list();
    parser.expectOp(')');
    source.pending = [...outer, ...source.pending];
    return node;
  },
  program(source) {
    const parser = new Parser(source);
    const node = parser.list();
    if (!parser.isOp('')) throw parser.unexpected();
    return node;
  },
};

/** A parser for a text of its own. */
export function parserFor(program: string, options: SourceOptions = {}): Parser {
  return new Parser(new Source(program, grammar, options));
}
