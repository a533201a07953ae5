/** Parses sed scripts (POSIX sed; GNU's extensions). Messages are GNU sed's, with its character positions. */
import { compileRegex, type PosixRegex, RegexError } from '../lib/regex.ts';
import {
  type Address,
  type RangeEnd,
  type SedCommand,
  type SedScript,
  SedSyntaxError,
  type Substitution,
} from './script.ts';
import { parseReplacement, splitEscapes, unescapeText } from './text.ts';

export interface ParseOptions {
  extended: boolean;
  posix: boolean;
}

/** A piece of script, as given by one -e or -f. */
export interface ScriptPiece {
  text: string;
  /** '-e expression #1', or the file of -f. */
  origin: string;
  isFile: boolean;
}

const KNOWN = ':{}=aAbcdDeFgGhHiIlnNpPqQrRstTvwWxyz#';

export class SedParser {
  private readonly commands: SedCommand[] = [];
  private readonly open: number[] = [];
  private readonly options: ParseOptions;
  private quiet = false;
  private piece: ScriptPiece = { text: '', origin: '', isFile: false };
  private text = '';
  private at = 0;
  private readonly pieces: ScriptPiece[];

  constructor(pieces: readonly ScriptPiece[], options: ParseOptions) {
    this.pieces = [...pieces];
    this.options = options;
  }

  parse(): SedScript {
    let first = true;
    for (let piece = this.pieces.shift(); piece; piece = this.pieces.shift()) {
      this.piece = piece;
      this.text = piece.text;
      this.at = 0;
      if (first && /^#n(\n|$)/.test(this.text)) this.quiet = true;
      first = false;
      this.list();
    }
    if (this.open.length > 0) throw this.error("unmatched `{'", 0);
    this.link();
    return { commands: this.commands, quiet: this.quiet };
  }

  private error(message: string, at = Math.min(this.at, this.text.length)): SedSyntaxError {
    if (!this.piece.isFile) return new SedSyntaxError(`${this.piece.origin}, char ${at}: ${message}`);
    const line = this.text.slice(0, this.at).split('\n').length;
    return new SedSyntaxError(`file ${this.piece.origin} line ${line}: ${message}`);
  }

  private list(): void {
    for (;;) {
      this.skip(/[\s;]*/y);
      if (this.at >= this.text.length) return;
      this.command();
    }
  }

  private skip(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0] ?? '';
    this.at += found.length;
    return found;
  }

  /** Labels to indexes. */
  private link(): void {
    const labels = new Map<string, number>();
    this.commands.forEach((command, index) => {
      if (command.name === ':') labels.set(command.text, index);
    });
    for (const command of this.commands) {
      if (!'btT'.includes(command.name)) continue;
      const target = command.text === '' ? this.commands.length : labels.get(command.text);
      if (target === undefined)
        throw new SedSyntaxError(
          `-e expression #1, char ${this.text.length}: can't find label for jump to \`${command.text}'`.replace(
            /^.*: can't/,
            "can't",
          ),
        );
      command.target = target;
    }
  }

  private command(): void {
    const command: SedCommand = {
      name: '',
      negated: false,
      active: false,
      begun: false,
      until: 0,
      text: '',
      number: -1,
      target: 0,
    };
    command.first = this.address();
    this.skip(/\s*/y);
    if (this.text[this.at] === ',') {
      if (!command.first) throw this.error("unknown command: `,'", this.at + 1);
      this.at += 1;
      this.skip(/\s*/y);
      command.last = this.rangeEnd();
      if (!command.last) throw this.error("unexpected `,'", this.at + 1);
    }
    if (command.first?.kind === 'zero') {
      if (command.last?.kind !== 'regex') throw this.error('invalid usage of line address 0');
      command.active = true;
    }
    this.skip(/\s*/y);
    while (this.text[this.at] === '!') {
      command.negated = true;
      this.at += 1;
      this.skip(/\s*/y);
      if (this.text[this.at] === '!') throw this.error("multiple `!'s", this.at + 1);
    }
    command.name = this.text[this.at] ?? '';
    if (command.name === '') throw this.error('missing command');
    this.at += 1;
    if (!KNOWN.includes(command.name)) throw this.error(`unknown command: \`${command.name}'`);
    this.commands.push(command);
    this.arguments(command);
  }

  private address(): Address | undefined {
    const char = this.text[this.at] ?? '';
    if (/[0-9]/.test(char)) {
      const line = Number(this.skip(/[0-9]+/y));
      const mark = this.at;
      this.skip(/[ \t]*/y);
      if (this.text[this.at] === '~') {
        this.at += 1;
        this.skip(/[ \t]*/y);
        return { kind: 'step', first: line, step: Number(this.skip(/[0-9]*/y) || 0) };
      }
      this.at = mark;
      return line === 0 ? { kind: 'zero' } : { kind: 'line', line };
    }
    if (char === '$') {
      this.at += 1;
      return { kind: 'last' };
    }
    if (char !== '/' && char !== '\\') return undefined;
    this.at += char === '\\' ? 2 : 1;
    const source = this.delimited(this.text[this.at - 1] ?? '/', true, 'unterminated address regex');
    const flags = this.skip(/[IM]*/y);
    return { kind: 'regex', regex: this.regex(source, flags.includes('I'), flags.includes('M')) };
  }

  private rangeEnd(): RangeEnd | undefined {
    const sign = this.text[this.at];
    if (sign !== '+' && sign !== '~') {
      const address = this.address();
      return address?.kind === 'zero' ? { kind: 'line', line: 0 } : address;
    }
    this.at += 1;
    const digits = this.skip(/[0-9]+/y);
    if (digits === '') throw this.error('expected number', this.at);
    return sign === '+' ? { kind: 'plus', count: Number(digits) } : { kind: 'multiple', of: Number(digits) };
  }

  private regex(source: string, ignoreCase: boolean, multiline: boolean): PosixRegex | undefined {
    if (source === '') return undefined;
    try {
      return compileRegex(source, { extended: this.options.extended, ignoreCase, multiline, escapes: 'sed' });
    } catch (error) {
      if (error instanceof RegexError) throw this.error(error.message);
      throw error;
    }
  }

  /**
   * Text up to an unescaped delimiter; `\delimiter` becomes the delimiter, in a regex `\n` stays an escape.
   */
  private delimited(delimiter: string, isRegex: boolean, unterminated: string): string {
    let result = '';
    for (;;) {
      const char = this.text[this.at];
      if (char === undefined || (char === '\n' && isRegex)) throw this.error(unterminated);
      this.at += 1;
      if (char === delimiter) return result;
      if (char === '[' && isRegex) {
        this.at -= 1;
        result += this.skip(/\[\^?\]?(?:\[([:.=])[^\]\n]*\1\]|[^\]\n])*\]|\[/y);
        continue;
      }
      if (char !== '\\') {
        result += char;
        continue;
      }
      const next = this.text[this.at];
      if (next === undefined) throw this.error(unterminated);
      this.at += 1;
      result += next === delimiter && next !== '&' ? next : `\\${next}`;
    }
  }

  private arguments(command: SedCommand): void {
    const { name } = command;
    if ('aic'.includes(name)) {
      this.textArgument(command);
      return;
    }
    if (name === '{') {
      this.open.push(this.commands.length - 1);
      return;
    }
    if (name === '}') {
      this.closeBlock(command);
      return;
    }
    if (name === '#') {
      if (command.first) throw this.error("comments don't accept any addresses");
      this.skip(/[^\n]*/y);
      this.commands.pop();
      return;
    }
    if (name === ':') {
      this.label(command);
      return;
    }
    if ('btT'.includes(name)) {
      this.skip(/[ \t]*/y);
      command.text = this.skip(/[^\s;}]*/y);
    } else if ('rRwW'.includes(name)) {
      this.skip(/[ \t]*/y);
      command.text = this.skip(/[^\n]*/y);
      if (command.text === '') throw this.error('missing filename in r/R/w/W commands');
    } else if (name === 'e' || name === 'v') {
      this.skip(/[ \t]*/y);
      command.text = this.skip(name === 'e' ? /[^\n]*/y : /[^\n;}]*/y);
    } else if ('qQlL'.includes(name)) {
      if (command.last && name !== 'l') throw this.error('command only uses one address');
      this.skip(/[ \t]*/y);
      const digits = this.skip(/[0-9]*/y);
      if (digits !== '') command.number = Number(digits);
    } else if (name === 's') command.substitution = this.substitution();
    else if (name === 'y') command.map = this.transliteration();
    this.endOfCommand();
  }

  private endOfCommand(): void {
    this.skip(/[ \t\r]*/y);
    const char = this.text[this.at];
    if (char === undefined || char === '}' || char === '#') return;
    this.at += 1;
    if (char !== '\n' && char !== ';') throw this.error('extra characters after command');
  }

  private closeBlock(command: SedCommand): void {
    const start = this.open.pop();
    if (start === undefined) throw this.error("unexpected `}'");
    if (command.first) throw this.error("} doesn't want any addresses".replace('} ', "`}' "));
    const block = this.commands[start];
    if (block) block.target = this.commands.length;
    this.endOfCommand();
  }

  private label(command: SedCommand): void {
    if (command.first) throw this.error(": doesn't want any addresses");
    this.skip(/[ \t]*/y);
    command.text = this.skip(/[^\s;]*/y);
    if (command.text === '') throw this.error('":" lacks a label');
  }

  /** The text of a, i, c: on the lines that follow `\`, or GNU's one-line form. */
  private textArgument(command: SedCommand): void {
    this.skip(/[ \t]*/y);
    let raw = '';
    if (this.text[this.at] === '\\') {
      this.at += 1;
      const afterBackslash = this.at;
      this.skip(/[ \t]*/y);
      if (this.text[this.at] === '\n') this.at += 1;
      // `a\  text`: the backslash keeps the blanks of the one-line form.
      else this.at = afterBackslash;
      // Nothing behind `a\`: no text at all.
      if (this.at >= this.text.length && !this.continuePiece()) return;
      raw = this.rawText();
    } else {
      if (this.at >= this.text.length || this.text[this.at] === '\n')
        throw this.error("expected \\ after `a', `c' or `i'");
      raw = this.rawText();
    }
    command.text = `${unescapeText(raw)}\n`;
  }

  /** `-e 'a\' -e text`: the text is in the next piece. */
  private continuePiece(): boolean {
    const next = this.pieces.shift();
    if (!next) return false;
    this.piece = next;
    this.text = next.text;
    this.at = 0;
    return true;
  }

  /** To the end of the line; a backslash keeps the newline behind it. */
  private rawText(): string {
    let raw = this.skip(/(?:\\[\s\S]|[^\\\n])*/y);
    if (this.text[this.at] === '\\' && this.at === this.text.length - 1) {
      this.at += 1;
      if (this.continuePiece()) raw += `\n${this.rawText()}`;
      return raw;
    }
    if (this.text[this.at] === '\n') this.at += 1;
    return raw;
  }

  private substitution(): Substitution {
    const delimiter = this.text[this.at] ?? '';
    const unterminated = "unterminated `s' command";
    if (delimiter === '' || delimiter === '\n' || delimiter === '\\') throw this.error(unterminated);
    this.at += 1;
    const source = this.delimited(delimiter, true, unterminated);
    const replacement = this.delimited(delimiter, false, unterminated);
    const result: Substitution = {
      regex: undefined,
      replacement: parseReplacement(replacement),
      global: false,
      nth: 0,
      print: 0,
      evaluate: false,
      file: undefined,
    };
    const { ignoreCase, multiline } = this.substitutionFlags(result);
    result.regex = this.regex(source, ignoreCase, multiline);
    const groups = result.regex?.groups ?? 9;
    for (const part of result.replacement) {
      if (part.kind === 'group' && part.index > groups) {
        throw this.error(`invalid reference \\${part.index} on \`s' command's RHS`);
      }
    }
    return result;
  }

  private substitutionFlags(result: Substitution): { ignoreCase: boolean; multiline: boolean } {
    const found = { ignoreCase: false, multiline: false };
    for (;;) {
      const flag = this.text[this.at] ?? '';
      if (flag === '' || /[\s;}#]/.test(flag)) return this.checked(result, found);
      this.at += 1;
      if (flag === 'g') {
        if (result.global) throw this.error("multiple `g' options to `s' command");
        result.global = true;
      } else if (flag === 'p') {
        if (result.print) throw this.error("multiple `p' options to `s' command");
        result.print = result.evaluate ? 2 : 1;
      } else if (flag === 'e') result.evaluate = true;
      else if (flag === 'i' || flag === 'I') found.ignoreCase = true;
      else if (flag === 'm' || flag === 'M') found.multiline = true;
      else if (flag === 'w') {
        this.skip(/[ \t]*/y);
        result.file = this.skip(/[^\n]*/y);
        if (result.file === '') throw this.error('missing filename in r/R/w/W commands');
      } else if (/[0-9]/.test(flag)) {
        if (result.nth) throw this.error("multiple number options to `s' command");
        result.nth = Number(flag + this.skip(/[0-9]*/y));
        if (result.nth === 0) throw this.error("number option to `s' command may not be zero");
      } else throw this.error("unknown option to `s'");
    }
  }

  private checked<T>(result: Substitution, found: T): T {
    if (result.nth === 0) result.nth = 1;
    return found;
  }

  private transliteration(): Map<string, string> {
    const delimiter = this.text[this.at] ?? '';
    const unterminated = "unterminated `y' command";
    if (delimiter === '') throw this.error(unterminated);
    this.at += 1;
    const from = splitEscapes(this.delimited(delimiter, false, unterminated));
    const to = splitEscapes(this.delimited(delimiter, false, unterminated));
    if (from.length !== to.length) throw this.error("strings for `y' command are different lengths");
    const map = new Map<string, string>();
    from.forEach((char, i) => {
      if (!map.has(char)) map.set(char, to[i] ?? char);
    });
    return map;
  }
}
