/** The state of one shell process. Everything that evaluation does is a function of this and the syntax. */
import type { Sys } from '../../../subsystems/unix/sys.ts';
import { utf8 } from '../../commands/lib/text.ts';
import type { ShellError } from '../errors.ts';
import { Separators } from '../expand/fields.ts';
import { JobTable } from '../jobs/jobs.ts';
import type { Node } from '../syntax/ast.ts';
import type { Task } from '../task.ts';
import { wait } from '../task.ts';
import { Options } from './options.ts';
import { Traps } from './traps.ts';
import { Variables } from './variables.ts';

/** A jump that commands on the way out pass on: like ash's evalskip. */
export type Skip =
  | { readonly kind: 'break' | 'continue'; readonly levels: number }
  | { readonly kind: 'return' };

/** What a function is: its body and the line it was defined on. */
export interface ShellFunction {
  readonly body: Node;
  readonly line: number;
}

/** The terminal of a shell with job control. */
export interface ControllingTerminal {
  readonly fd: number;
  readonly shellGroup: number;
}

export interface Editor {
  /** Lines typed so far, oldest first. */
  readonly history: readonly string[];
}

const DEFAULT_IFS = ' \t\n';

export class Shell {
  readonly sys: Sys;
  readonly variables = new Variables();
  readonly options = new Options();
  readonly functions = new Map<string, ShellFunction>();
  readonly aliases = new Map<string, string>();
  readonly jobs = new JobTable();
  readonly traps: Traps;
  /** Command name → path, emptied when PATH changes. */
  readonly hash = new Map<string, string>();
  /**
   * Descriptors that the shell keeps for itself (saved by redirections, the script): not for its children.
   */
  readonly privateFds = new Set<number>();
  /** `$0`. */
  name = 'sh';
  /** `$1` … */
  params: readonly string[] = [];
  status = 0;
  line = 1;
  /** Line of the function being run, for LINENO; 0 outside functions. */
  functionLine = 0;
  skip: Skip | undefined;
  loopDepth = 0;
  /** Commands being evaluated, one inside the other. */
  depth = 0;
  /** The built-in (`eval`, `.`) whose text is being run: part of the messages meanwhile. */
  context = '';
  /** Functions, dot scripts and evals active. */
  callDepth = 0;
  /** Functions and dot scripts active: `return` means something. */
  returnDepth = 0;
  /** `$$`: the process that the shell language calls the shell, also in its subshells. */
  pid: number;
  /** `$!`. */
  backgroundPid: number | undefined;
  /** Status of the last command substitution of the command being expanded; undefined when there was none. */
  substitutionStatus: number | undefined;
  interactive = false;
  login = false;
  /** Depth of subshells: 0 in the shell itself. */
  subshell = 0;
  terminal: ControllingTerminal | undefined;
  /** Whether the person was told of stopped jobs when leaving: by this command, by the one before, or not. */
  leaving: 'warned' | 'knows' | 'no' = 'no';
  editor: Editor | undefined;
  /** getopts: where in the current cluster. */
  optionOffset = 0;
  runningTraps = 0;
  /** `$?` when the running trap action began: what `exit` and `return` mean in it by themselves. */
  trapStatus = 0;
  private separatorCache = new Separators(DEFAULT_IFS);

  constructor(sys: Sys) {
    this.sys = sys;
    this.pid = sys.getpid();
    this.traps = new Traps(sys);
    this.variables.watch('PATH', () => this.hash.clear());
    this.variables.watch('OPTIND', () => {
      this.optionOffset = 0;
    });
  }

  /** IFS; unset means blank, tab, newline. */
  get separators(): Separators {
    const ifs = this.variables.get('IFS') ?? DEFAULT_IFS;
    if (this.separatorCache.value !== ifs) this.separatorCache = new Separators(ifs);
    return this.separatorCache;
  }

  *write(fd: number, s: string): Task<void> {
    if (s !== '') yield* wait(this.sys.write(fd, utf8.encode(s)));
  }

  /** A diagnostic about a command of the text being run. */
  complainInside(message: string): Task<void> {
    return this.complain(this.context + message);
  }

  /** Writes an error's message, once. */
  *tell(error: ShellError): Task<void> {
    if (error.told) return;
    error.told = true;
    yield* this.complain(error.message, error.line);
  }

  /** A diagnostic in the form that ash gives it: `sh: 1: cd: can't cd to x`. */
  complain(message: string, line = this.line): Task<void> {
    return this.write(2, `${this.name}: ${line}: ${message}\n`);
  }
}
