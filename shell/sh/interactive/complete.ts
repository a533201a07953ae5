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
/** The word under the cursor: backslashes keep blanks in it. */
const LAST_WORD = /(?:\\.|[^\s\\;&|<>()'"`])*$/;
const COMMAND_POSITION = /(?:^|[;&|({]|\b(?:do|then|else|if|while|until|time)\s|!\s)\s*$/;

/** Candidates for the word at the end of `line`, and that word. */
export function* complete(sh: Shell, line: string): Task<[string[], string]> {
  const word = LAST_WORD.exec(line)?.[0] ?? '';
  const before = line.slice(0, line.length - word.length);
  const dollar = /\$\{?[A-Za-z0-9_]*$/.exec(word)?.[0];
  if (dollar !== undefined) return [variables(sh, dollar), dollar];
  if (COMMAND_POSITION.test(before) && !word.includes('/')) return [yield* commands(sh, word), word];
  return [yield* paths(sh, word), word];
}

function variables(sh: Shell, typed: string): string[] {
  const sigil = typed.startsWith('${') ? '${' : '$';
  const prefix = typed.slice(sigil.length);
  const close = sigil === '$' ? '' : '}';
  return sh.variables
    .names()
    .filter((name) => name.startsWith(prefix))
    .map((name) => sigil + name + close);
}

function* commands(sh: Shell, word: string): Task<string[]> {
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
  return names.map((name) => `${name} `);
}

function* paths(sh: Shell, word: string): Task<string[]> {
  const typed = word.replace(/\\(.)/g, '$1');
  const slash = typed.lastIndexOf('/') + 1;
  const directory = typed.slice(0, slash);
  const prefix = typed.slice(slash);
  const where = yield* expandHome(sh, directory);
  const entries = (yield* list(sh, where === '' ? '.' : where)).filter(
    ({ name }) =>
      name.startsWith(prefix) && name !== '.' && name !== '..' && (prefix !== '' || !name.startsWith('.')),
  );
  const typedDirectory = word.slice(0, word.lastIndexOf('/') + 1);
  const candidates: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const end = (yield* isDirectory(sh, `${where}${entry.name}`, entry)) ? '/' : ' ';
    candidates.push(typedDirectory + entry.name.replace(/[\s\\;&|<>()'"`$*?[\]#~!{}]/g, '\\$&') + end);
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
