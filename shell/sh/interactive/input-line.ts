/**
 * The line that is being typed: node's readline draws and edits it; what a shell has besides (completion,
 * history with search, pasted text, words as the shell sees them) is done here, key by key.
 *
 * Bytes go in one at a time, and only while there is no event: what is typed after the end of a line stays in
 * the terminal, for whatever the line starts.
 */
import type { Interface } from 'node:readline';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import type { Awaitable } from '../../../subsystems/unix/sys.ts';
import type { Completion } from './complete.ts';
import { HistoryWalk } from './history-walk.ts';
import { commonPrefix, inColumns } from './listing.ts';
import type { Screen } from './screen.ts';
import { quoted } from './word.ts';

/** How long a lone Escape may be the start of a key's sequence. */
const ESCAPE_MS = 50;
/** More candidates than this are listed only when asked for. */
const LISTED_MAX = 100;
const BELL = '\x07';
const ESCAPE = '\x1b';
/** Pasted text begins and ends with these. */
const PASTE_BEGIN = `${ESCAPE}[200~`;
const PASTE_END = `${ESCAPE}[201~`;
const PASTE_ON = `${ESCAPE}[?2004h`;
const PASTE_OFF = `${ESCAPE}[?2004l\r`;

export type LineEvent = { readonly kind: 'line'; readonly text: string } | { readonly kind: 'end' };

interface Key {
  readonly name?: string;
  readonly ctrl?: boolean;
  readonly meta?: boolean;
  readonly sequence?: string;
}

/** The parts of node's readline that its own REPL builds on. */
interface Readline extends Omit<Interface, 'line' | 'cursor'> {
  line: string;
  cursor: number;
  /** Row of the cursor below the prompt's. */
  prevRows: number;
  clearLine(): void;
  _ttyWrite(text: string | undefined, key: Key): void;
  _refreshLine(): void;
  _insertString(text: string): void;
  _moveCursor(by: number): void;
  _deleteLineLeft(): void;
}

interface Setup {
  readonly screen: Screen;
  /** Lines typed before, oldest first. */
  readonly history: readonly string[];
  complete(line: string): Awaitable<Completion>;
}

export class InputLine {
  /** The line's end, once it is typed. */
  event: LineEvent | undefined;
  /** Something that has to be over before the next key. */
  busy: Promise<void> | undefined;
  private readonly setup: Setup;
  private readonly keys = new PassThrough();
  private readonly readline: Readline;
  private readonly draw: Readline['_ttyWrite'];
  private readonly walk: HistoryWalk;
  private prompt = '';
  private pasted: string | undefined;
  /** What has been typed to search for, and where the search began. */
  private search: { text: string; at: number; saved: string; failed: boolean } | undefined;
  private lastKey = '';
  private asking: (() => void) | undefined;

  constructor(setup: Setup) {
    this.setup = setup;
    this.walk = new HistoryWalk(setup.history);
    const { screen } = setup;
    const options = { input: this.keys, output: screen, terminal: true, historySize: 0 };
    this.readline = createInterface({
      ...options,
      escapeCodeTimeout: ESCAPE_MS,
    }) as unknown as Readline;
    this.draw = (Object.getPrototypeOf(this.readline) as Readline)._ttyWrite;
    this.readline._ttyWrite = (text, key) => this.key(text, key ?? {});
    this.readline.on('line', (text: string) => {
      this.event = { kind: 'line', text };
    });
  }

  /** Shows the prompt and begins a line. `fresh`: on a line of its own, whatever a command left. */
  begin(prompt: string, fresh: boolean): void {
    const { screen } = this.setup;
    this.event = undefined;
    this.walk.restart();
    this.search = this.pasted = this.asking = undefined;
    this.lastKey = '';
    // After text without a newline the blanks run over into the next line; otherwise the prompt covers them.
    if (fresh) screen.write(`${' '.repeat(Math.max(0, screen.columns - 1))}\r`);
    const lines = prompt.split('\n');
    if (lines.length > 1) screen.write(`${lines.slice(0, -1).join('\n')}\n`);
    this.prompt = lines.at(-1)!;
    this.readline.setPrompt(this.prompt);
    this.readline.prevRows = 0;
    this.replace('');
    screen.write(PASTE_ON);
  }

  /** The line has ended: pasting is the commands' affair again. */
  end(): void {
    this.setup.screen.write(PASTE_OFF);
  }

  feed(byte: number): void {
    this.keys.write(Uint8Array.of(byte));
  }

  /** ^C: the line is left where it is, and forgotten. */
  abandon(): void {
    this.leaveSearch();
    this.readline._moveCursor(Number.POSITIVE_INFINITY);
    this.setup.screen.write('^C');
    this.readline.clearLine();
  }

  close(): void {
    this.readline.close();
    this.keys.destroy();
  }

  private key(text: string | undefined, key: Key): void {
    const { screen } = this.setup;
    screen.cork();
    try {
      this.dispatch(text, key);
    } finally {
      process.nextTick(() => screen.uncork());
    }
  }

  private dispatch(text: string | undefined, key: Key): void {
    const name = nameOf(key);
    if (this.pasted !== undefined) this.paste(text, key);
    else if (key.sequence === PASTE_BEGIN) {
      this.leaveSearch();
      this.pasted = '';
    } else if (this.asking) this.answer(text);
    else if (!(this.search && this.searchKey(text, name))) {
      const own = KEYS[name];
      if (own) own.call(this);
      else this.draw.call(this.readline, text, key);
    }
    this.lastKey = name;
  }

  // What KEYS names.

  endOfFile(): void {
    const { readline } = this;
    if (readline.line === '') this.event = { kind: 'end' };
    else this.draw.call(readline, '\x04', { name: 'd', ctrl: true });
  }

  tab(): void {
    const { readline, setup } = this;
    const again = this.lastKey === 'tab';
    const typed = readline.line.slice(0, readline.cursor);
    this.busy = Promise.resolve(setup.complete(typed)).then((found) => {
      setup.screen.cork();
      this.complete(found, again);
      setup.screen.uncork();
      this.busy = undefined;
    });
  }

  older(): void {
    this.show(this.walk.older(this.readline.line));
  }

  newer(): void {
    this.show(this.walk.newer(this.readline.line));
  }

  oldest(): void {
    this.show(this.walk.oldest(this.readline.line));
  }

  newest(): void {
    this.show(this.walk.newest(this.readline.line));
  }

  /** The last word of the line before; pressed again, of the one before that. */
  lastArgument(): void {
    const { readline } = this;
    const back = this.lastKey === 'meta-.' ? this.walk.argument : undefined;
    const next = this.walk.lastArgument(back !== undefined);
    if (next === undefined) {
      this.ring();
      return;
    }
    if (back !== undefined) this.cut(readline.cursor - back.length, false);
    readline._insertString(next);
  }

  /** To the blank before: a word as the shell sees it. */
  killWord(): void {
    const { line, cursor } = this.readline;
    this.cut(line.slice(0, cursor).replace(/\S+\s*$|\s+$/, '').length);
  }

  /** Part of a word. */
  killPart(): void {
    const { line, cursor } = this.readline;
    this.cut(line.slice(0, cursor).replace(/[\p{L}\p{N}]*[^\p{L}\p{N}]*$/u, '').length);
  }

  transpose(): void {
    const { readline } = this;
    const { line, cursor } = readline;
    const at = Math.min(cursor, line.length - 1);
    if (at < 1) {
      this.ring();
      return;
    }
    this.replace(line.slice(0, at - 1) + line[at]! + line[at - 1]! + line.slice(at + 1), at + 1);
  }

  searchBack(): void {
    const { line } = this.readline;
    this.search = { text: '', at: this.setup.history.length, saved: line, failed: false };
    this.showSearch();
  }

  ignore(): void {}

  // Pasting.

  private paste(text: string | undefined, key: Key): void {
    if (key.sequence !== PASTE_END) {
      this.pasted += text ?? key.sequence ?? '';
      return;
    }
    // Control characters in pasted text are no keys; an end of line ends no line until Enter does.
    const clean = this.pasted!.replace(/\r\n?/g, '\n').replace(/[\x00-\x08\x0b-\x1f\x7f]/g, '');
    this.pasted = undefined;
    this.readline._insertString(clean);
    if (clean.includes('\n')) this.readline._refreshLine();
  }

  // Search.

  /** False: the key ends the search and means what it means without one. */
  private searchKey(text: string | undefined, name: string): boolean {
    const search = this.search!;
    if (name === 'ctrl-g') {
      this.leaveSearch();
      this.replace(search.saved);
    } else if (name === 'ctrl-r') this.seek(search.at - 1);
    else if (name === 'backspace' || name === 'ctrl-h') {
      search.text = search.text.slice(0, -1);
      this.seek(this.setup.history.length - 1);
    } else if (text !== undefined && text >= ' ' && text !== '\x7f' && !text.startsWith(ESCAPE)) {
      search.text += text;
      this.seek(search.at);
    } else {
      this.leaveSearch();
      return false;
    }
    return true;
  }

  private seek(from: number): void {
    const search = this.search!;
    const { history } = this.setup;
    let at = Math.min(from, history.length - 1);
    while (at >= 0 && !history[at]!.includes(search.text)) at -= 1;
    search.failed = at < 0;
    if (search.failed) this.ring();
    else search.at = at;
    this.showSearch();
  }

  private showSearch(): void {
    const { text, at, failed } = this.search!;
    const line = this.setup.history[at] ?? this.readline.line;
    this.readline.setPrompt(`(${failed ? 'failed ' : ''}reverse-i-search)\`${text}': `);
    this.replace(line, Math.max(0, line.indexOf(text)));
  }

  private leaveSearch(): void {
    if (!this.search) return;
    this.search = undefined;
    this.readline.setPrompt(this.prompt);
    this.readline._refreshLine();
  }

  // Completion.

  private complete({ word, candidates, verbatim }: Completion, again: boolean): void {
    const { readline } = this;
    const [first] = candidates;
    if (!first) {
      this.ring();
      return;
    }
    const longest = commonPrefix(candidates.map(({ text }) => text));
    const single = candidates.length === 1;
    if (single || longest.length > word.text.length) {
      const quote = verbatim ? '' : word.quote;
      const close = single && first.end !== '/' ? quote : '';
      const typed = (verbatim ? longest : quoted(longest, quote)) + close + (single ? first.end : '');
      this.replace(word.before + typed + readline.line.slice(readline.cursor), word.start + typed.length);
    } else if (!again) this.ring();
    else this.list(candidates.map(({ shown }) => shown));
  }

  private list(names: readonly string[]): void {
    const { screen } = this.setup;
    const { readline } = this;
    const { cursor } = readline;
    readline._moveCursor(Number.POSITIVE_INFINITY);
    const show = (): void => {
      screen.write(`\n${inColumns(names, screen.columns)}`);
      this.redraw(cursor);
    };
    if (names.length <= LISTED_MAX) {
      show();
      return;
    }
    screen.write(`\nDisplay all ${names.length} possibilities? (y or n)`);
    this.asking = show;
  }

  private answer(text: string | undefined): void {
    const show = this.asking!;
    this.asking = undefined;
    if (text !== undefined && /^[yY \t]/.test(text)) {
      show();
      return;
    }
    this.setup.screen.write('\n');
    this.redraw(this.readline.line.length);
  }

  // Drawing.

  private show(line: string | undefined): void {
    if (line === undefined) this.ring();
    else this.replace(line);
  }

  private replace(line: string, cursor = line.length): void {
    this.readline.line = line;
    this.readline.cursor = cursor;
    this.readline._refreshLine();
  }

  /** Draws prompt and line again on the line where the cursor is now. */
  private redraw(cursor: number): void {
    const { readline } = this;
    const { line } = readline;
    readline.prevRows = 0;
    this.replace(line, cursor);
  }

  /** Removes what is between `from` and the cursor; `keep`: for yanking. */
  private cut(from: number, keep = true): void {
    const { readline } = this;
    const { line, cursor } = readline;
    if (from === cursor) {
      this.ring();
      return;
    }
    if (keep) {
      readline.line = line.slice(from, cursor);
      readline.cursor = cursor - from;
      readline._deleteLineLeft();
    }
    this.replace(line.slice(0, from) + line.slice(cursor), from);
  }

  private ring(): void {
    this.setup.screen.write(BELL);
  }
}

function nameOf({ name, ctrl, meta, sequence }: Key): string {
  const plain = name ?? (meta ? (sequence ?? '').slice(1) : '');
  return `${ctrl ? 'ctrl-' : ''}${meta ? 'meta-' : ''}${plain}`;
}

/** Keys that node's readline does not have, or has otherwise. */
const KEYS: Readonly<Record<string, (this: InputLine) => void>> = {
  'ctrl-d': InputLine.prototype.endOfFile,
  tab: InputLine.prototype.tab,
  up: InputLine.prototype.older,
  'ctrl-p': InputLine.prototype.older,
  down: InputLine.prototype.newer,
  'ctrl-n': InputLine.prototype.newer,
  'meta-<': InputLine.prototype.oldest,
  'meta->': InputLine.prototype.newest,
  pageup: InputLine.prototype.oldest,
  pagedown: InputLine.prototype.newest,
  'meta-.': InputLine.prototype.lastArgument,
  'meta-_': InputLine.prototype.lastArgument,
  'ctrl-w': InputLine.prototype.killWord,
  'meta-backspace': InputLine.prototype.killPart,
  'ctrl-t': InputLine.prototype.transpose,
  'ctrl-r': InputLine.prototype.searchBack,
  'ctrl-c': InputLine.prototype.ignore,
  'ctrl-z': InputLine.prototype.ignore,
};
