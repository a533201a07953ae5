/**
 * node's readline as far as its own REPL builds on it: it keeps a line, draws it under a prompt and edits it,
 * while somebody else decides what keys do. It keeps no history and ends no process here.
 */
import type { Interface } from 'node:readline';
import { createInterface } from 'node:readline';
import type { PassThrough } from 'node:stream';
import type { Screen } from './screen.ts';

/** How long a lone Escape may be the start of a key's sequence. */
const ESCAPE_MS = 50;

export interface Key {
  readonly name?: string;
  readonly ctrl?: boolean;
  readonly meta?: boolean;
  readonly sequence?: string;
}

export interface Readline extends Omit<Interface, 'line' | 'cursor'> {
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

export interface Keys {
  /** Gets every key. */
  onKey(text: string | undefined, key: Key): void;
  onLine(text: string): void;
}

/** The result's `edit` does with a key what readline does. */
export function makeReadline(
  input: PassThrough,
  screen: Screen,
  keys: Keys,
): { readline: Readline; edit: Readline['_ttyWrite'] } {
  const readline = createInterface({
    input,
    output: screen,
    terminal: true,
    historySize: 0,
    escapeCodeTimeout: ESCAPE_MS,
  }) as unknown as Readline;
  const edit = (Object.getPrototypeOf(readline) as Readline)._ttyWrite.bind(readline);
  readline._ttyWrite = (text, key) => keys.onKey(text, key ?? {});
  readline.on('line', (text: string) => keys.onLine(text));
  return { readline, edit };
}

/** `ctrl-w`, `meta-.`, `up`. */
export function nameOf({ name, ctrl, meta, sequence }: Key): string {
  const plain = name ?? (meta ? (sequence ?? '').slice(1) : '');
  return `${ctrl ? 'ctrl-' : ''}${meta ? 'meta-' : ''}${plain}`;
}
