/** The interactive shell: prompts, commands, messages about jobs; errors end the command, not the shell. */

import { isSysError } from '../../../subsystems/unix/errno.ts';
import { Sig } from '../../../subsystems/unix/signals.ts';
import { Interrupted, ShellError } from '../errors.ts';
import { execute } from '../exec/execute.ts';
import { readText } from '../input/files.ts';
import type { LineSource } from '../input/stream.ts';
import { DescriptorLines, readCommands } from '../input/stream.ts';
import { runText } from '../input/text.ts';
import type { Invoked } from '../invocation.ts';
import { enableJobControl, keptByStoppedJobs, reportJobs } from '../jobs/control.ts';
import { expectSignals } from '../jobs/interrupts.ts';
import { statusOfEnd } from '../process.ts';
import type { Shell } from '../state/shell.ts';
import type { Task } from '../task.ts';
import { wait } from '../task.ts';
import { LineEditor } from './editor.ts';
import { abandonCommand, wasInterrupted } from './interrupt.ts';
import { expandPrompt } from './prompt.ts';

/** Reads lines from a descriptor behind prompts, for input that cannot be edited. */
class PromptedLines implements LineSource {
  private readonly lines: DescriptorLines;
  private readonly sh: Shell;

  constructor(sh: Shell) {
    this.sh = sh;
    this.lines = new DescriptorLines(sh, 0);
  }

  get line(): number {
    return this.lines.line;
  }

  *next(continued: boolean): Task<string | undefined> {
    const { sh } = this;
    yield* sh.write(2, yield* expandPrompt(sh, continued ? 'PS2' : 'PS1', continued ? '> ' : '$ '));
    for (;;) {
      try {
        return yield* expectSignals(sh, this.lines.next());
      } catch (error) {
        if (!isSysError(error, 'EINTR')) throw error;
      }
      if (!wasInterrupted(sh)) continue;
      yield* sh.write(2, '\n');
      yield* abandonCommand(sh);
    }
  }
}

function* sourceIfThere(sh: Shell, path: string): Task<void> {
  let text: string;
  try {
    text = yield* readText(sh, path);
  } catch (error) {
    if (isSysError(error)) return;
    throw error;
  }
  yield* recover(sh, runText(sh, text, { flags: 0 }));
}

function* startFiles(sh: Shell): Task<void> {
  if (sh.login) {
    yield* sourceIfThere(sh, '/etc/profile');
    yield* sourceIfThere(sh, `${sh.variables.get('HOME') ?? ''}/.profile`);
  }
  const env = sh.variables.get('ENV');
  if (env) yield* sourceIfThere(sh, env.replace(/^\$HOME|^~/, sh.variables.get('HOME') ?? ''));
}

/** Runs a task; an error of the shell is told and forgotten. */
function* recover(sh: Shell, task: Task<unknown>): Task<void> {
  try {
    yield* task;
  } catch (error) {
    if (!(error instanceof ShellError || error instanceof Interrupted)) throw error;
    sh.status = yield* statusOfEnd(sh, error);
    sh.traps.interrupted = false;
  }
  sh.skip = undefined;
  sh.loopDepth = 0;
  sh.callDepth = 0;
  sh.returnDepth = 0;
}

function* runNext(sh: Shell, lines: LineSource, state: { ended: boolean }): Task<void> {
  const nodes = yield* readCommands(sh, lines);
  if (!nodes) {
    state.ended = true;
    return;
  }
  for (const node of nodes) {
    yield* execute(sh, node, 0);
    if (sh.skip) return;
  }
}

export function* runInteractive(sh: Shell, invoked: Invoked): Task<number> {
  if (!sh.options.has('monitor')) sh.options.set('monitor', true);
  yield* enableJobControl(sh, true);
  sh.traps.guard(Sig.INT, 'note');
  sh.traps.guard(Sig.QUIT, 'ignore');
  sh.traps.guard(Sig.TERM, 'ignore');
  yield* startFiles(sh);
  if (invoked.command !== undefined) return yield* runText(sh, invoked.command, { flags: 0 });
  const editor = (yield* canEdit(sh)) ? new LineEditor(sh) : undefined;
  if (editor) yield* editor.start();
  sh.editor = editor;
  try {
    return yield* converse(sh, editor ?? new PromptedLines(sh));
  } finally {
    editor?.stop();
  }
}

function* converse(sh: Shell, lines: LineSource): Task<number> {
  const state = { ended: false };
  while (!state.ended) {
    yield* reportJobs(sh);
    sh.leaving = sh.leaving === 'warned' ? 'knows' : 'no';
    yield* recover(sh, runNext(sh, lines, state));
    if (state.ended) state.ended = !(yield* keptByStoppedJobs(sh));
  }
  return sh.status;
}

/** Both ends of the conversation are the terminal, and it can move its cursor. */
function* canEdit(sh: Shell): Task<boolean> {
  try {
    if (sh.variables.get('TERM') === 'dumb') return false;
    return (yield* wait(sh.sys.isatty(0))) && (yield* wait(sh.sys.isatty(2)));
  } catch (error) {
    if (isSysError(error)) return false;
    throw error;
  }
}
