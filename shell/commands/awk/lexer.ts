/**
 * Tokens of an awk program. A slash is always given as a division: where an operand is expected the
 * parser asks for
 * the regular expression that starts there (`regexAt`), which settles the language's one lexical ambiguity.
 */
import { CONTROL_ESCAPES } from '../lib/control-escapes.ts';
import { AwkSyntaxError } from './ast.ts';

export interface Token {
  kind:
    | 'number'
    | 'string'
    | 'name'
    | 'function-name'
    | 'builtin'
    | 'keyword'
    | 'punctuation'
    | 'newline'
    | 'end';
  text: string;
  line: number;
  /** Offset of the first character. */
  at: number;
  value?: number;
}

const KEYWORDS = new Set(
  `BEGIN END function func if else while for do break continue next nextfile exit return delete in getline
   print printf`.split(/\s+/),
);
export const BUILTINS = new Set(
  `length substr index split sub gsub match sprintf sin cos atan2 exp log sqrt int rand srand tolower toupper
   system close fflush gensub systime strftime strtonum mktime asort asorti compl isarray typeof
   and or xor
   lshift rshift`.split(/\s+/),
);
const PUNCTUATION = [
  ...[
    '**=',
    '&&',
    '||',
    '++',
    '--',
    '+=',
    '-=',
    '*=',
    '/=',
    '%=',
    '^=',
    '==',
    '<=',
    '>=',
    '!=',
    '!~',
    '>>',
    '**',
  ],
  ...'{}()[];,+-*/%^!<>|?:~$='.split(''),
];
const ESCAPES: Readonly<Record<string, string>> = {
  ...CONTROL_ESCAPES,
  '\\': '\\',
  '"': '"',
  '/': '/',
};

/** Replaces the escape sequences of a string token, also those of `-v` and operand assignments. */
export function unescapeString(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\([0-7]{1,3}|x[0-9A-Fa-f]{1,2}|\n|[\s\S])/g, (whole, body: string) => {
    if (/^[0-7]/.test(body)) return String.fromCharCode(Number.parseInt(body, 8) & 0xff);
    if (/^x./.test(body)) return String.fromCharCode(Number.parseInt(body.slice(1), 16));
    if (body === '\n') return '';
    return ESCAPES[body] ?? whole;
  });
}

export class Lexer {
  private at = 0;
  private line = 1;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  next(): Token {
    this.skipBlanks();
    const { text, at, line } = this;
    const char = text[at];
    if (char === undefined) return this.token('end', '', at);
    if (char === '\n') {
      this.at += 1;
      this.line += 1;
      return { kind: 'newline', text: '\n', line, at };
    }
    if (/[0-9]/.test(char) || (char === '.' && /[0-9]/.test(text[at + 1] ?? ''))) return this.number();
    if (/[A-Za-z_]/.test(char)) return this.word();
    if (char === '"') return this.string();
    const punctuation = PUNCTUATION.find((candidate) => text.startsWith(candidate, at));
    if (punctuation === undefined) throw new AwkSyntaxError(`syntax error at or near ${char}`, line);
    this.at += punctuation.length;
    return this.token('punctuation', punctuation.replace('**', '^'), at);
  }

  private token(kind: Token['kind'], text: string, at: number): Token {
    return { kind, text, line: this.line, at };
  }

  private skipBlanks(): void {
    const blank = /(?:[ \t\r]|\\\r?\n|#[^\n]*)*/y;
    blank.lastIndex = this.at;
    const skipped = blank.exec(this.text)?.[0] ?? '';
    this.at += skipped.length;
    this.line += skipped.split('\n').length - 1;
  }

  private number(): Token {
    const pattern = /0[xX][0-9A-Fa-f]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?/y;
    pattern.lastIndex = this.at;
    const text = pattern.exec(this.text)?.[0] ?? '';
    const token = { ...this.token('number', text, this.at), value: Number(text) };
    this.at += text.length;
    return token;
  }

  private word(): Token {
    const pattern = /[A-Za-z_][A-Za-z0-9_]*/y;
    pattern.lastIndex = this.at;
    const text = pattern.exec(this.text)?.[0] ?? '';
    const at = this.at;
    this.at += text.length;
    if (KEYWORDS.has(text)) return this.token('keyword', text === 'func' ? 'function' : text, at);
    if (BUILTINS.has(text)) return this.token('builtin', text, at);
    return this.token(this.text[this.at] === '(' ? 'function-name' : 'name', text, at);
  }

  private string(): Token {
    const pattern = /"((?:[^"\\\n]|\\[\s\S])*)"/y;
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    if (!match) {
      const rest = this.text.slice(this.at, this.at + 10).split('\n')[0];
      throw new AwkSyntaxError(`runaway string constant ${rest} ...`, this.line);
    }
    const token = this.token('string', unescapeString(match[1] ?? ''), this.at);
    this.at += match[0].length;
    this.line += match[0].split('\n').length - 1;
    return token;
  }

  /** The regular expression whose opening slash is at `token`; scanning goes on behind it. */
  regexAt(token: Token): string {
    const pattern = /\/((?:\[\^?\]?(?:\[:[a-z]+:\]|\\[^\n]|[^\]\\\n])*\]|\\[^\n]|[^/\\\n[])*)\//y;
    const plain = /\/((?:\\[^\n]|[^/\\\n])*)\//y;
    pattern.lastIndex = token.at;
    plain.lastIndex = token.at;
    const match = pattern.exec(this.text) ?? plain.exec(this.text);
    if (!match) throw new AwkSyntaxError('runaway regular expression', token.line);
    this.at = token.at + match[0].length;
    return (match[1] ?? '').replace(/\\\//g, '/');
  }
}
