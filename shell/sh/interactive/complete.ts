/**
 * Completion of the word before the cursor: commands where a command stands, variables behind `$`, paths
 * elsewhere.
 */
import { O, S } from '../../../subsystems/unix/constants.ts';
import { isSysError } from '../../../subsystems/unix/errno.ts';
import type { DirEntry } from '../../../subsystems/unix/sys.ts';
import { builtins } from '../builtins/index.ts';
import { homeOf } from '../expand/tilde.ts';
import type { Shell } from '../state/shell.ts';
import type { Task } from '../task.ts';
import { wait } from '../task.ts';
import type { CursorWord } from './word.ts';
import { wordAtEnd } from './word.ts';

const KEYWORDS = [
  'case',
  'do',
  'done',
  'elif',
  'else',
  'esac',
  'fi',
  'for',
  'if',
  'in',
  'then',
  'until',
  'while',
];
const COMMAND_POSITION = /(?:^|[;&|({`\n]|(?:^|\s)(?:do|then|else|elif|if|while|until|time|!)\s)\s*$/;
/** Assignments before a command do not make it an argument. */
const ASSIGNMENTS = /(?:[A-Za-z_]\w*=[^\s;&|()]*\s+)+$/;

/** One way to go on. */
export interface Candidate {
  /** The whole word without quotes. */
  readonly text: string;
  /** What a list of candidates shows. */
  readonly shown: string;
  /** What follows when there is no other: a blank, a slash, a brace. */
  readonly end: string;
}

export interface Completion {
  readonly word: CursorWord;
  readonly candidates: readonly Candidate[];
  /** The text of candidates is typed as it is. */
  readonly verbatim: boolean;
}

/** Candidates for the word at the end of `line`, in order of their names. */
export function* complete(sh: Shell, line: string): Task<Completion> {
  const word = wordAtEnd(line);
  const dollar = word.quote === "'" ? undefined : /\$\{?[A-Za-z0-9_]*$/.exec(line)?.[0];
  if (dollar !== undefined) {
    const before = line.slice(0, line.length - dollar.length);
    const typed: CursorWord = { start: before.length, text: dollar, quote: '', before };
    return { word: typed, candidates: variables(sh, dollar), verbatim: true };
  }
  const isCommand = COMMAND_POSITION.test(word.before.replace(ASSIGNMENTS, '')) && !/[/~]/.test(word.text);
  const candidates = isCommand ? yield* commands(sh, word.text) : yield* paths(sh, word.text);
  return { word, candidates, verbatim: false };
}

function variables(sh: Shell, typed: string): Candidate[] {
  const sigil = typed.startsWith('${') ? '${' : '$';
  const prefix = typed.slice(sigil.length);
  const end = sigil === '$' ? ' ' : '}';
  return sh.variables
    .names()
    .filter((name) => name.startsWith(prefix))
    .sort()
    .map((name) => ({ text: sigil + name, shown: name, end }));
}

function* commands(sh: Shell, word: string): Task<Candidate[]> {
  const found = new Set<string>([
    ...KEYWORDS,
    ...builtins().keys(),
    ...sh.functions.keys(),
    ...sh.aliases.keys(),
  ]);
  for (const directory of (sh.variables.get('PATH') ?? '').split(':')) {
    if (directory === '') continue;
    for (const entry of yield* list(sh, directory)) found.add(entry.name);
  }
  const names = [...found].filter((name) => name.startsWith(word) && name !== '.' && name !== '..').sort();
  return names.map((name) => ({ text: name, shown: name, end: ' ' }));
}

function* paths(sh: Shell, typed: string): Task<Candidate[]> {
  const slash = typed.lastIndexOf('/') + 1;
  const directory = typed.slice(0, slash);
  const prefix = typed.slice(slash);
  const where = yield* expandHome(sh, directory);
  const entries = (yield* list(sh, where === '' ? '.' : where)).filter(
    ({ name }) =>
      name.startsWith(prefix) && name !== '.' && name !== '..' && (prefix !== '' || !name.startsWith('.')),
  );
  const candidates: Candidate[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const isDir = yield* isDirectory(sh, `${where}${entry.name}`, entry);
    candidates.push({
      text: directory + entry.name,
      shown: isDir ? `${entry.name}/` : entry.name,
      end: isDir ? '/' : ' ',
    });
  }
  return candidates;
}

function* expandHome(sh: Shell, directory: string): Task<string> {
  const tilde = /^~([^/]*)(?=\/)/.exec(directory);
  return tilde ? (yield* homeOf(sh, tilde[1] ?? '')) + directory.slice(tilde[0].length) : directory;
}

function* isDirectory(sh: Shell, path: string, entry: DirEntry): Task<boolean> {
  if (entry.type !== S.IFLNK && entry.type !== 0) return entry.type === S.IFDIR;
  try {
    return ((yield* wait(sh.sys.stat(path))).mode & S.IFMT) === S.IFDIR;
  } catch (error) {
    if (isSysError(error)) return false;
    throw error;
  }
}

function* list(sh: Shell, directory: string): Task<DirEntry[]> {
  const entries: DirEntry[] = [];
  try {
    const fd = yield* wait(sh.sys.open(directory, O.RDONLY | O.DIRECTORY | O.CLOEXEC));
    for (;;) {
      const batch = yield* wait(sh.sys.readdir(fd));
      if (batch.length === 0) break;
      for (const entry of batch) entries.push(entry);
    }
    yield* wait(sh.sys.close(fd));
  } catch (error) {
    if (!isSysError(error)) throw error;
  }
  return entries;
}
