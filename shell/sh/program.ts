/**
 * sh: the shell as a program of the system. Its forks name the entries at the end: `external` becomes a
 * command with what its small state says, `subshell` goes on with the shell's whole state and a piece of
 * syntax.
 */
import type { Program, Sys } from '../../subsystems/unix/sys.ts';
import { ShellError } from './errors.ts';
import type { ExternalState } from './exec/child.ts';
import { becomeCommand, enterChild } from './exec/child.ts';
import { execute } from './exec/execute.ts';
import { Flags } from './exec/flags.ts';
import type { SubshellState } from './exec/subshell.ts';
import { loadMain } from './input/files.ts';
import { DescriptorLines, runStream } from './input/stream.ts';
import { runText } from './input/text.ts';
import { runInteractive } from './interactive/session.ts';
import { parseInvocation } from './invocation.ts';
import { enableJobControl } from './jobs/control.ts';
import { liveAndDie } from './process.ts';
import { configure, newShell } from './startup.ts';
import type { Shell } from './state/shell.ts';
import { decodeShell } from './state/snapshot.ts';
import { receiveSyntax } from './syntax/share.ts';
import type { Task } from './task.ts';
import { run } from './task.ts';

function* main(sys: Sys, argv: readonly string[]): Task<number> {
  const sh = yield* newShell(sys, argv);
  return yield* liveAndDie(sh, work(sh, argv));
}

function* work(sh: Shell, argv: readonly string[]): Task<number> {
  const invoked = parseInvocation(argv);
  yield* configure(sh, invoked);
  if (sh.interactive) return yield* runInteractive(sh, invoked);
  if (sh.options.has('monitor')) yield* enableJobControl(sh, true);
  if (invoked.command !== undefined) return yield* runText(sh, invoked.command, { flags: Flags.LAST });
  const [file] = invoked.operands;
  if (file === undefined || sh.options.has('stdin')) return yield* runStream(sh, new DescriptorLines(sh, 0));
  const { name } = sh;
  sh.name = argv[0] ?? 'sh';
  const text = yield* loadMain(sh, file);
  sh.name = name;
  if (isBinary(text)) throw new ShellError(`${file}: cannot execute binary file`, 126, 0);
  return yield* runText(sh, text, { flags: 0, script: true });
}

/** A NUL in the first line: no script. */
function isBinary(text: string): boolean {
  const nul = text.indexOf('\0');
  const newline = text.indexOf('\n');
  return nul >= 0 && (newline < 0 || nul < newline);
}

function* external(sys: Sys, state: ExternalState): Task<number> {
  yield* enterChild(sys, state.setup);
  return yield* becomeCommand(sys, state.command);
}

function* subshell(sys: Sys, state: SubshellState): Task<number> {
  yield* enterChild(sys, state.setup);
  const sh = decodeShell(sys, state.shell);
  if (!state.setup.inner) sh.traps.inherited = undefined;
  const node = receiveSyntax(state.body);
  return yield* liveAndDie(sh, execute(sh, node, state.flags | Flags.LAST));
}

export const sh: Program = {
  name: 'sh',
  main: (sys, argv) => run(main(sys, argv)),
  entries: {
    external: (sys, state) => run(external(sys, state as ExternalState)),
    subshell: (sys, state) => run(subshell(sys, state as SubshellState)),
  },
};

export default sh;
