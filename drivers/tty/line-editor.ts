/**
 * Editing and echo of the line that is being typed: VERASE, VWERASE, VKILL, VREPRINT and the echo flags, as a
 * Linux terminal does them (termios(3)). It acts on the edited part of the input queue and on the output.
 */
import type { Termios } from '../../subsystems/unix/termios.ts';
import { Byte, isContinuation, isControl, isWordByte } from './characters.ts';
import type { InputQueue } from './input-queue.ts';
import { caretForm, type TerminalOutput } from './output.ts';

const RUBOUT = Uint8Array.of(Byte.backspace, Byte.space, Byte.backspace);
const CARET_BACK = Uint8Array.of(Byte.caret, Byte.backspace);

export class LineEditor {
  private readonly input: InputQueue;
  private readonly output: TerminalOutput;

  constructor(input: InputQueue, output: TerminalOutput) {
    this.input = input;
    this.output = output;
  }

  /**
   * Echoes a typed character: control characters as ^X with ECHOCTL, tab and newline excepted by the caller.
   */
  echo(byte: number, termios: Termios): void {
    if (termios.echoctl && isControl(byte) && byte !== Byte.tab) this.output.echoPlain(caretForm(byte), 2);
    else this.output.echoByte(byte, termios);
  }

  echoNewline(termios: Termios): void {
    this.output.echoByte(Byte.newline, termios);
  }

  /** Echo of a character that goes into the line: the line's first one marks where it began on the screen. */
  echoTyped(byte: number, termios: Termios): void {
    if (this.input.editedLength === 0) this.output.lineColumn = this.output.column;
    this.echo(byte, termios);
  }

  /** VLNEXT: a caret under the cursor until the next character comes. */
  echoLiteralNext(termios: Termios): void {
    if (termios.echo && termios.echoctl) this.output.echo(CARET_BACK, termios);
  }

  /** VREPRINT: the line once more, on a line of its own. */
  reprint(byte: number, termios: Termios): void {
    this.echo(byte, termios);
    this.echoNewline(termios);
    for (let i = 0; i < this.input.editedLength; i++) this.echo(this.input.edited(i), termios);
  }

  /**
   * VKILL: the whole line. Without ECHOK, ECHOKE and ECHOE together the line is not rubbed out but left
   * standing.
   */
  kill(byte: number, termios: Termios): void {
    if (this.input.editedLength === 0) return;
    if (termios.echo && termios.echok && termios.echoke && termios.echoe) {
      while (this.input.editedLength > 0 && this.eraseCharacter(termios)) {}
      return;
    }
    this.input.truncateEdited(0);
    if (!termios.echo) return;
    this.echo(byte, termios);
    if (termios.echok) this.echoNewline(termios);
  }

  /** VERASE: the last character. Without ECHOE the erase character itself is shown. */
  erase(byte: number, termios: Termios): void {
    if (this.input.editedLength === 0) return;
    if (!termios.echo || termios.echoe) {
      this.eraseCharacter(termios);
    } else {
      const start = this.lastCharacter(termios);
      if (start === undefined) return;
      this.input.truncateEdited(start);
      this.echo(byte, termios);
    }
  }

  /** VWERASE: what is not a word character behind the last word, and the word. */
  eraseWord(termios: Termios): void {
    let inWord = false;
    for (;;) {
      const start = this.lastCharacter(termios);
      if (start === undefined) return;
      if (isWordByte(this.input.edited(start))) inWord = true;
      else if (inWord) return;
      this.eraseCharacter(termios);
    }
  }

  /** Where the last character begins; undefined when there is none, or only a part of one. */
  private lastCharacter(termios: Termios): number | undefined {
    let start = this.input.editedLength;
    if (start === 0) return undefined;
    let byte: number;
    do {
      start -= 1;
      byte = this.input.edited(start);
    } while (start > 0 && termios.iutf8 && isContinuation(byte));
    return termios.iutf8 && isContinuation(byte) ? undefined : start;
  }

  /** Removes the last character and rubs it out. False when there was none to remove. */
  private eraseCharacter(termios: Termios): boolean {
    const start = this.lastCharacter(termios);
    if (start === undefined) return false;
    const byte = this.input.edited(start);
    this.input.truncateEdited(start);
    if (!termios.echo) return true;
    if (byte === Byte.tab) this.rubOutTab(termios);
    else if (!isControl(byte)) this.output.echo(RUBOUT, termios);
    else if (termios.echoctl) {
      this.output.echo(RUBOUT, termios);
      this.output.echo(RUBOUT, termios);
    }
    return true;
  }

  /**
   * A tab is as wide as what stands before it makes it: back to the previous tab, or to where the line began.
   */
  private rubOutTab(termios: Termios): void {
    let columns = 0;
    let start = this.input.editedLength;
    let afterTab = false;
    while (start > 0 && !afterTab) {
      start -= 1;
      const byte = this.input.edited(start);
      if (byte === Byte.tab) afterTab = true;
      else if (isControl(byte)) columns += termios.echoctl ? 2 : 0;
      else if (!(termios.iutf8 && isContinuation(byte))) columns += 1;
    }
    if (!afterTab) columns += this.output.lineColumn;
    const width = 8 - (columns & 7);
    this.output.echoPlain(new Uint8Array(width).fill(Byte.backspace), -width);
  }
}
