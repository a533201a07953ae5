/**
 * The line that is being typed: node's readline draws and edits it; what a shell has besides (completion,
 * history with search, pasted text, words as the shell sees them) is done here, key by key.
 *
 * Bytes go in one at a time, and only while there is no event: what is typed after the end of a line stays in
 * the terminal, for whatever the line starts.
 */
import { PassThrough } from 'node:stream';
import type { Awaitable } from '../../../subsystems/unix/sys.ts';
import type { Completion } from './complete.ts';
import { HistoryWalk } from './history-walk.ts';
import { commonPrefix, inColumns } from './listing.ts';
import { type Key, makeReadline, nameOf, type Readline } from './readline.ts';
import type { Screen } from './screen.ts';
import { Search } from './search.ts';
import { quoted } from './word.ts';

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
  private readonly edit: Readline['_ttyWrite'];
  private readonly walk: HistoryWalk;
  private prompt = '';
  private pasted: string | undefined;
  private search: Search | undefined;
  private lastKey = '';
  /** The last bytes. */
  private fed = '';
  private asking: (() => void) | undefined;

  constructor(setup: Setup) {
    this.setup = setup;
    this.walk = new HistoryWalk(setup.history);
    const { readline, edit } = makeReadline(this.keys, setup.screen, {
      onKey: (text, key) => this.key(text, key),
      onLine: (text) => {
        this.event = { kind: 'line', text };
      },
    });
    this.readline = readline;
    this.edit = edit;
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

  /**
   * How much may be read: nothing behind the key that may end the line, nor behind the end of pasted text.
   */
  get wantedBytes(): number {
    if (this.pasted === undefined) return 1;
    let known = PASTE_END.length - 1;
    while (!this.fed.endsWith(PASTE_END.slice(0, known))) known -= 1;
    return PASTE_END.length - known;
  }

  feed(bytes: Uint8Array): void {
    this.fed = (this.fed + Buffer.from(bytes).toString('latin1')).slice(-PASTE_END.length);
    this.keys.write(bytes);
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
    else if (!(this.search && this.searchKey(this.search, text, name))) {
      const own = KEYS[name];
      if (own) own.call(this);
      else this.edit(text, key);
    }
    this.lastKey = name;
  }

  // What KEYS names.

  endOfFile(): void {
    const { readline } = this;
    if (readline.line === '') this.event = { kind: 'end' };
    else this.edit('\x04', { name: 'd', ctrl: true });
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
    if (back !== undefined) this.cut(readline.cursor - back.length, readline.cursor, false);
    readline._insertString(next);
  }

  /** To the blank before: a word as the shell sees it. */
  killWord(): void {
    const { line, cursor } = this.readline;
    this.cut(line.slice(0, cursor).replace(/\S+\s*$|\s+$/, '').length, cursor);
  }

  /** Part of a word. */
  killPart(): void {
    const { line, cursor } = this.readline;
    this.cut(line.slice(0, cursor).replace(/[\p{L}\p{N}]*[^\p{L}\p{N}]*$/u, '').length, cursor);
  }

  wordRight(): void {
    this.readline._moveCursor(this.wordAfter());
  }

  killWordAfter(): void {
    const { cursor } = this.readline;
    const length = this.wordAfter();
    this.cut(cursor, cursor + length);
  }

  /** Distance from the cursor to the end of the word at or behind it. */
  private wordAfter(): number {
    const { line, cursor } = this.readline;
    return /^[^\p{L}\p{N}]*[\p{L}\p{N}]*/u.exec(line.slice(cursor))![0].length;
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
    this.search = new Search(this.setup.history, this.readline.line);
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
  private searchKey(search: Search, text: string | undefined, name: string): boolean {
    let found = true;
    if (name === 'ctrl-r') found = search.further();
    else if (name === 'backspace' || name === 'ctrl-h') found = search.erase();
    else if (text !== undefined && text >= ' ' && text !== '\x7f' && !text.startsWith(ESCAPE)) {
      found = search.type(text);
    } else {
      this.leaveSearch();
      if (name === 'ctrl-g') this.replace(search.saved);
      return name === 'ctrl-g';
    }
    if (!found) this.ring();
    this.showSearch();
    return true;
  }

  private showSearch(): void {
    const { prompt, found } = this.search!;
    this.readline.setPrompt(prompt);
    this.replace(found.line, found.cursor);
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

  /** Removes a part of the line; `keep`: for yanking. */
  private cut(from: number, to: number, keep = true): void {
    const { readline } = this;
    const { line } = readline;
    if (from === to) {
      this.ring();
      return;
    }
    if (keep) {
      readline.line = line.slice(from, to);
      readline.cursor = to - from;
      readline._deleteLineLeft();
    }
    this.replace(line.slice(0, from) + line.slice(to), from);
  }

  private ring(): void {
    this.setup.screen.write(BELL);
  }
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
  'meta-f': InputLine.prototype.wordRight,
  'ctrl-right': InputLine.prototype.wordRight,
  'meta-right': InputLine.prototype.wordRight,
  'meta-d': InputLine.prototype.killWordAfter,
  'ctrl-t': InputLine.prototype.transpose,
  'ctrl-r': InputLine.prototype.searchBack,
  'ctrl-c': InputLine.prototype.ignore,
  'ctrl-z': InputLine.prototype.ignore,
};
