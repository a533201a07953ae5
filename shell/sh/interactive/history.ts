/**
 * The history of typed lines, oldest first, kept in a file across sessions: appended line by line, cut when
 * it is loaded.
 */
import { O } from '../../../subsystems/unix/constants.ts';
import { isSysError } from '../../../subsystems/unix/errno.ts';
import { utf8 } from '../../commands/lib/text.ts';
import { readText } from '../input/files.ts';
import { ShellLimits } from '../limits.ts';
import type { Shell } from '../state/shell.ts';
import type { Task } from '../task.ts';
import { wait } from '../task.ts';

const FILE_MODE = 0o600;
const DEFAULT_FILE = '.sh_history';

export class History {
  readonly lines: string[] = [];
  private readonly sh: Shell;

  constructor(sh: Shell) {
    this.sh = sh;
  }

  private get path(): string | undefined {
    const { variables } = this.sh;
    const home = variables.get('HOME');
    return variables.get('HISTFILE') ?? (home === undefined ? undefined : `${home}/${DEFAULT_FILE}`);
  }

  *load(): Task<void> {
    const { path } = this;
    if (!path) return;
    try {
      const text = yield* readText(this.sh, path);
      const lines = text.split('\n').filter((line) => line !== '');
      this.lines.push(...lines.slice(-ShellLimits.HISTORY));
      if (lines.length > 2 * ShellLimits.HISTORY) yield* this.rewrite(path);
    } catch (error) {
      if (!isSysError(error)) throw error;
    }
  }

  private *rewrite(path: string): Task<void> {
    const { sys } = this.sh;
    const fd = yield* wait(sys.open(path, O.WRONLY | O.TRUNC | O.CLOEXEC));
    yield* wait(sys.write(fd, utf8.encode(`${this.lines.join('\n')}\n`)));
    yield* wait(sys.close(fd));
  }

  /** Adds a line unless it is blank or repeats the last one. */
  *add(line: string): Task<void> {
    if (line.trim() === '' || line === this.lines.at(-1)) return;
    this.lines.push(line);
    if (this.lines.length > ShellLimits.HISTORY) this.lines.shift();
    const { path } = this;
    if (!path) return;
    const { sys } = this.sh;
    try {
      const fd = yield* wait(sys.open(path, O.WRONLY | O.CREAT | O.APPEND | O.CLOEXEC, FILE_MODE));
      yield* wait(sys.write(fd, utf8.encode(`${line}\n`)));
      yield* wait(sys.close(fd));
    } catch (error) {
      if (!isSysError(error)) throw error;
    }
  }
}
