/** history, and the listing form of fc. */
import { ShellError } from '../errors.ts';
import { runText } from '../input/text.ts';
import type { Shell } from '../state/shell.ts';
import type { Task } from '../task.ts';
import type { BuiltinTable } from './builtin.ts';

const FC_SHOWN = 16;

function* list(sh: Shell, from: number, to: number, numbered: boolean): Task<number> {
  const lines = sh.editor?.history ?? [];
  let text = '';
  for (let at = Math.max(0, from); at < Math.min(to, lines.length); at += 1)
    text += numbered ? `${String(at + 1).padStart(5)}  ${lines[at]}\n` : `\t${lines[at]}\n`;
  yield* sh.write(1, text);
  return 0;
}

function* history(sh: Shell, args: readonly string[]): Task<number> {
  const lines = sh.editor?.history ?? [];
  const [count] = args;
  if (count !== undefined && !/^[0-9]+$/.test(count))
    throw new ShellError(`history: Illegal number: ${count}`);
  return yield* list(sh, count === undefined ? 0 : lines.length - Number(count), lines.length, true);
}

/** A number, a negative offset from the end, or the start of a command. */
function position(lines: readonly string[], spec: string): number {
  if (/^[0-9]+$/.test(spec)) return Number(spec) - 1;
  if (/^-[0-9]+$/.test(spec)) return lines.length + Number(spec) - 1;
  const found = lines.findLastIndex((line, at) => at < lines.length - 1 && line.startsWith(spec));
  if (found < 0) throw new ShellError(`fc: history event not found: ${spec}`);
  return found;
}

function* fc(sh: Shell, args: readonly string[]): Task<number> {
  const lines = sh.editor?.history ?? [];
  const flags = args.filter((arg) => /^-[lnrs]+$/.test(arg)).join('');
  const specs = args.filter((arg) => !/^-[lnrs]+$/.test(arg));
  if (flags.includes('l')) {
    const from = specs[0] === undefined ? lines.length - 1 - FC_SHOWN : position(lines, specs[0]);
    const to = specs[1] === undefined ? lines.length - 1 : position(lines, specs[1]);
    return yield* list(sh, from, to + 1, !flags.includes('n'));
  }
  if (!flags.includes('s')) throw new ShellError('fc: no editor: use fc -l or fc -s');
  const [change, spec] = specs[0]?.includes('=') ? [specs[0], specs[1]] : [undefined, specs[0]];
  const line = lines[spec === undefined ? lines.length - 2 : position(lines, spec)];
  if (line === undefined) throw new ShellError('fc: history event not found');
  const [old = '', replacement = ''] = change?.split('=') ?? [];
  const command = change === undefined ? line : line.replace(old, () => replacement);
  yield* sh.write(2, `${command}\n`);
  return yield* runText(sh, command, { flags: 0 });
}

export const historyBuiltins: BuiltinTable = { history: { run: history }, fc: { run: fc } };
