/** Runs a sed script over its input: one cycle per line, pattern space and hold space as text. */
import type { Sys } from '../../../subsystems/unix/sys.ts';
import { Fatal } from '../lib/command.ts';
import type { PosixRegex } from '../lib/regex.ts';
import type { TextCodec } from '../lib/text.ts';
import type { SedInput } from './input.ts';
import type { SedOutputs } from './output.ts';
import type { Address, RangeEnd, SedCommand, SedScript, Substitution } from './script.ts';
import { expandReplacement, visibleText } from './text.ts';

export interface SedOptions {
  quiet: boolean;
  posix: boolean;
  lineLength: number;
  delimiter: string;
  unbuffered: boolean;
}

/** Where the commands of a cycle go on; negative values end it. */
const END_CYCLE = -1;
const RESTART = -2;
const QUIT = -3;
/** Quit without printing. */
const QUIT_SILENT = -4;
/** The pattern space is gone: next cycle without printing. */
const DELETE = -5;

export class Executor {
  exitStatus = 0;
  private space = '';
  private hold = '';
  private substituted = false;
  private terminated = true;
  /** What a, r, R queued for the end of the cycle. */
  private appended: { kind: 'text' | 'file' | 'line'; text: string }[] = [];
  private lastRegex: PosixRegex | undefined;
  private readonly script: SedScript;
  private readonly input: SedInput;
  private readonly outputs: SedOutputs;
  private readonly options: SedOptions;
  private readonly sys: Sys;
  private readonly codec: TextCodec;

  constructor(
    sys: Sys,
    script: SedScript,
    input: SedInput,
    outputs: SedOutputs,
    codec: TextCodec,
    options: SedOptions,
  ) {
    this.sys = sys;
    this.script = script;
    this.input = input;
    this.outputs = outputs;
    this.codec = codec;
    this.options = options;
  }

  /** All cycles to the end of the input or a quit. */
  async run(): Promise<void> {
    let restarted = false;
    for (;;) {
      if (!restarted) {
        if (!this.input.ready && !(await this.input.fill())) return;
        this.take();
      }
      const result = await this.cycle();
      restarted = result === RESTART;
      if (result === END_CYCLE || result === QUIT) this.autoprint();
      if (this.appended.length > 0) await this.flushAppended();
      if (result === QUIT || result === QUIT_SILENT) return;
      if (this.outputs.full || this.options.unbuffered) await this.outputs.drain(this.options.unbuffered);
    }
  }

  private take(): void {
    this.space = this.input.take();
    this.terminated = this.input.terminated;
    this.substituted = false;
  }

  private autoprint(): void {
    if (!this.options.quiet) this.print();
  }

  private print(): void {
    this.outputs.main.line(this.space, this.terminated);
  }

  private async cycle(): Promise<number> {
    const { commands } = this.script;
    const p = this.sys.checkpoint();
    if (p) await p;
    let at = 0;
    while (at < commands.length) {
      const command = commands[at] as SedCommand;
      if (command.first !== undefined) {
        const selected = this.selects(command);
        if ((typeof selected === 'boolean' ? selected : await selected) === command.negated) {
          at = command.name === '{' ? command.target : at + 1;
          continue;
        }
      } else if (command.negated) {
        at = command.name === '{' ? command.target : at + 1;
        continue;
      }
      const next = this.simple(command, at) ?? (await this.slow(command, at));
      if (next < 0) return next;
      if (next <= at) {
        const wait = this.sys.checkpoint();
        if (wait) await wait;
        if (this.outputs.full) await this.outputs.drain(false);
      }
      at = next;
    }
    return END_CYCLE;
  }

  // --- addresses ---

  private selects(command: SedCommand): boolean | Promise<boolean> {
    const { first, last } = command;
    if (!first) return true;
    if (!last) return this.matches(first);
    if (command.active) return this.inRange(command, last);
    const begins = first.kind === 'line' ? this.reaches(command, first.line, last) : this.matches(first);
    return typeof begins === 'boolean'
      ? this.beginRange(command, first, last, begins)
      : begins.then((b) => this.beginRange(command, first, last, b));
  }

  /**
   * Whether a range from a line number begins here: at that line, or behind it when the command was not
   * reached then (GNU), unless the range would have ended by now.
   */
  private reaches(command: SedCommand, from: number, last: RangeEnd): boolean {
    const { line } = this.input;
    const late = line > from && !command.begun && !(last.kind === 'line' && last.line <= line);
    if (line !== from && !late) return false;
    command.begun = true;
    return true;
  }

  private beginRange(command: SedCommand, _first: Address, last: RangeEnd, begins: boolean): boolean {
    if (!begins) return false;
    const { line } = this.input;
    command.until = 0;
    if (last.kind === 'line') command.until = last.line;
    else if (last.kind === 'plus') command.until = line + last.count;
    else if (last.kind === 'multiple')
      command.until = last.of > 0 ? Math.ceil(line / last.of) * last.of : line;
    else {
      command.active = true;
      return true;
    }
    command.active = command.until > line;
    return true;
  }

  private inRange(command: SedCommand, last: RangeEnd): boolean | Promise<boolean> {
    const { line } = this.input;
    if (last.kind === 'line' || last.kind === 'plus' || last.kind === 'multiple') {
      if (line >= command.until) command.active = false;
      if (line <= command.until) return true;
      return command.first ? this.selects(command) : false;
    }
    const ends = this.matches(last);
    const settle = (isEnd: boolean) => {
      if (isEnd) command.active = false;
      return true;
    };
    return typeof ends === 'boolean' ? settle(ends) : ends.then(settle);
  }

  private matches(address: Address): boolean | Promise<boolean> {
    const { line } = this.input;
    switch (address.kind) {
      case 'line':
        return line === address.line;
      case 'zero':
        return false;
      case 'step':
        return address.step <= 0
          ? line === address.first
          : line >= address.first && (line - address.first) % address.step === 0;
      case 'regex':
        return this.regex(address.regex).test(this.space);
      case 'last':
        return this.input.ready ? false : this.input.isLast();
    }
  }

  private regex(given: PosixRegex | undefined): PosixRegex {
    const regex = given ?? this.lastRegex;
    if (!regex) throw new Fatal('no previous regular expression', 1);
    this.lastRegex = regex;
    return regex;
  }

  // --- commands ---

  /** Commands that never wait; undefined for the others. */
  private simple(command: SedCommand, at: number): number | undefined {
    switch (command.name) {
      case '{':
      case '}':
      case ':':
      case 'v':
        break;
      case 's': {
        const { substitution } = command;
        if (!substitution || substitution.evaluate || substitution.file !== undefined) return undefined;
        if (this.substitute(substitution) && substitution.print) this.print();
        break;
      }
      case 'y':
        this.space = Array.from(this.space, (char) => command.map?.get(char) ?? char).join('');
        break;
      case 'p':
        this.print();
        break;
      case 'P':
        this.outputs.main.line(this.space.split(this.options.delimiter, 1)[0] ?? '', true);
        break;
      case 'd':
        return DELETE;
      case 'D':
        return this.deleteFirst();
      case 'h':
        this.hold = this.space;
        break;
      case 'H':
        this.hold += this.options.delimiter + this.space;
        break;
      case 'g':
        this.space = this.hold;
        break;
      case 'G':
        this.space += this.options.delimiter + this.hold;
        break;
      case 'x':
        [this.space, this.hold] = [this.hold, this.space];
        break;
      case 'b':
        return command.target;
      case 't':
      case 'T':
        return this.branch(command, at);
      default:
        return this.printing(command, at);
    }
    return at + 1;
  }

  private printing(command: SedCommand, at: number): number | undefined {
    const { main } = this.outputs;
    switch (command.name) {
      case '=':
        main.text(`${this.input.line}\n`);
        break;
      case 'F':
        main.text(`${this.input.name}\n`);
        break;
      case 'l': {
        const length = command.number >= 0 ? command.number : this.options.lineLength;
        main.text(visibleText(this.space, this.codec, length, this.options.delimiter));
        break;
      }
      case 'i':
        main.text(command.text);
        break;
      case 'a':
        this.appended.push({ kind: 'text', text: command.text });
        break;
      case 'r':
        this.appended.push({ kind: 'file', text: command.text });
        break;
      case 'R':
        this.appended.push({ kind: 'line', text: command.text });
        break;
      case 'c':
        if (!command.last || command.negated || !command.active) main.text(command.text);
        return DELETE;
      case 'z':
        this.space = '';
        break;
      case 'q':
      case 'Q':
        this.exitStatus = Math.max(0, command.number);
        return command.name === 'q' ? QUIT : QUIT_SILENT;
      default:
        return undefined;
    }
    return at + 1;
  }

  private branch(command: SedCommand, at: number): number {
    const taken = this.substituted === (command.name === 't');
    this.substituted = false;
    return taken ? command.target : at + 1;
  }

  private deleteFirst(): number {
    const found = this.space.indexOf(this.options.delimiter);
    if (found < 0) return DELETE;
    this.space = this.space.slice(found + 1);
    return RESTART;
  }

  private async slow(command: SedCommand, at: number): Promise<number> {
    switch (command.name) {
      case 'n':
        if (!this.input.ready && !(await this.input.fill())) return this.options.posix ? QUIT_SILENT : QUIT;
        this.autoprint();
        await this.nextLine(false);
        break;
      case 'N':
        if (!this.input.ready && !(await this.input.fill())) return this.options.posix ? QUIT_SILENT : QUIT;
        await this.nextLine(true);
        break;
      case 's':
        await this.slowSubstitute(command.substitution as Substitution);
        break;
      case 'w':
        (await this.outputs.named(command.text)).line(this.space, this.terminated);
        break;
      case 'W':
        (await this.outputs.named(command.text)).line(
          this.space.split(this.options.delimiter, 1)[0] ?? '',
          true,
        );
        break;
      case 'e':
        await this.evaluate(command.text);
        break;
    }
    return at + 1;
  }

  private async nextLine(append: boolean): Promise<void> {
    if (this.appended.length > 0) await this.flushAppended();
    const before = this.space;
    const { substituted } = this;
    this.take();
    this.substituted = substituted;
    if (append) this.space = before + this.options.delimiter + this.space;
    if (this.outputs.full) await this.outputs.drain(false);
  }

  /**
   * `e command` puts its output before the pattern space; bare `e` runs the pattern space and takes its
   * output.
   */
  private async evaluate(shellCommand: string): Promise<void> {
    if (shellCommand !== '') {
      this.outputs.main.text(await this.outputs.run(shellCommand));
      return;
    }
    this.space = (await this.outputs.run(this.space)).replace(/\n$/, '');
  }

  private async slowSubstitute(substitution: Substitution): Promise<void> {
    if (!this.substitute(substitution)) return;
    if (substitution.print === 1) this.print();
    if (substitution.evaluate) this.space = (await this.outputs.run(this.space)).replace(/\n$/, '');
    if (substitution.print === 2) this.print();
    if (substitution.file !== undefined)
      (await this.outputs.named(substitution.file)).line(this.space, this.terminated);
  }

  private substitute(substitution: Substitution): boolean {
    const regex = this.regex(substitution.regex);
    const text = this.space;
    let result = '';
    let copied = 0;
    let count = 0;
    let lastEnd = -1;
    for (let from = 0; from <= text.length; ) {
      const match = regex.exec(text, from);
      if (!match) break;
      const { index, end } = match;
      if (end === index && index === lastEnd) {
        from = this.after(text, index);
        continue;
      }
      count += 1;
      lastEnd = end;
      if (count >= substitution.nth) {
        result += text.slice(copied, index) + expandReplacement(substitution.replacement, match.groups);
        copied = end;
        if (!substitution.global) break;
      }
      from = end > index ? end : this.after(text, end);
    }
    if (count < substitution.nth) return false;
    this.space = result + text.slice(copied);
    this.substituted = true;
    return true;
  }

  private after(text: string, at: number): number {
    return at + ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);
  }

  private async flushAppended(): Promise<void> {
    const queue = this.appended;
    this.appended = [];
    for (const { kind, text } of queue) {
      if (kind === 'text') this.outputs.main.text(text);
      else if (kind === 'file') await this.outputs.copyFile(text);
      else await this.outputs.copyLine(text);
    }
  }
}
