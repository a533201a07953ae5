/**
 * The command line of sh: `sh [-abCefhimnuvxl] [-o option] [-c string [name [arg…]] | file [arg…] | -s
 * [arg…]]`.
 */
import { ShellError } from './errors.ts';

export interface Invoked {
  /** Options to set, in order: a letter or a name. */
  readonly options: readonly { readonly name: string; readonly long: boolean; readonly on: boolean }[];
  readonly command: string | undefined;
  readonly login: boolean;
  /** The operands behind the options. */
  readonly operands: readonly string[];
}

export function parseInvocation(argv: readonly string[]): Invoked {
  const options: { name: string; long: boolean; on: boolean }[] = [];
  let wantsCommand = false;
  let login = argv[0]?.startsWith('-') ?? false;
  let at = 1;
  for (; /^[-+]./.test(argv[at] ?? ''); at += 1) {
    const arg = argv[at]!;
    if (arg === '--') break;
    if (arg === '--login') {
      login = true;
      continue;
    }
    if (arg.startsWith('--')) throw new ShellError(`Illegal option ${arg}`, 2, 0);
    const on = arg.startsWith('-');
    for (const letter of arg.slice(1)) {
      if (letter === 'c') wantsCommand = true;
      else if (letter === 'l') login = on;
      else if (letter === 'o') {
        at += 1;
        const name = argv[at];
        if (name === undefined) throw new ShellError('-o requires an argument', 2, 0);
        options.push({ name, long: true, on });
      } else options.push({ name: letter, long: false, on });
    }
  }
  // Either of them ends the options; what comes behind is an operand whatever it looks like.
  if (argv[at] === '-' || argv[at] === '--') at += 1;
  const operands = argv.slice(at);
  if (!wantsCommand) return { options, command: undefined, login, operands };
  const [command, ...rest] = operands;
  if (command === undefined) throw new ShellError('-c requires an argument', 2, 0);
  return { options, command, login, operands: rest };
}
