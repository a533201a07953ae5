/**
 * Pathname expansion (POSIX 2.13.3): one directory level of the pattern at a time; nothing found leaves the
 * word as it was.
 */
import { O, S } from '../../../subsystems/unix/constants.ts';
import { isSysError } from '../../../subsystems/unix/errno.ts';
import type { DirEntry } from '../../../subsystems/unix/sys.ts';
import type { Shell } from '../state/shell.ts';
import type { Task } from '../task.ts';
import { wait } from '../task.ts';
import { Pattern } from './pattern.ts';

const MAGIC = /(?:^|[^\\])(?:\\\\)*[*?[]/;
const withoutBackslashes = (s: string): string => s.replace(/\\([\s\S])/g, '$1');

/** Appends the sorted paths that match `pattern`, or `text` when there are none. */
export function* expandPathname(sh: Shell, pattern: string, text: string, fields: string[]): Task<void> {
  const found: string[] = [];
  const root = /^\/+/.exec(pattern)?.[0] ?? '';
  yield* descend(sh, root, pattern.slice(root.length).split(/(\/+)/), found);
  if (found.length === 0) fields.push(text);
  else for (const path of found.sort(byCodePoint)) fields.push(path);
}

/** C.UTF-8 order, where UTF-16 differs: supplementary characters come last. */
function byCodePoint(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const difference = rank(a.charCodeAt(at)) - rank(b.charCodeAt(at));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Surrogates rank above the rest of the basic plane. */
const rank = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit);

/** `components` alternate between names and the slashes behind them. */
function* descend(sh: Shell, base: string, components: readonly string[], found: string[]): Task<void> {
  const fixed: string[] = [];
  let rest = components;
  while (rest[0] !== undefined && !MAGIC.test(rest[0])) {
    fixed.push(withoutBackslashes(rest[0]));
    rest = rest.slice(1);
  }
  const prefix = base + fixed.join('');
  const [name, slashes, ...deeper] = rest;
  if (name === undefined) {
    if (yield* exists(sh, prefix)) found.push(prefix);
    return;
  }
  const pattern = Pattern.of(name);
  const dots = name.startsWith('.') || name.startsWith('\\.');
  for (const entry of yield* entriesOf(sh, prefix)) {
    if ((entry.name.startsWith('.') && !dots) || !pattern.matches(entry.name)) continue;
    if (slashes === undefined) found.push(prefix + entry.name);
    else if (mayBeDirectory(entry))
      yield* descend(sh, prefix + entry.name + slashes, deeper[0] === '' ? [] : deeper, found);
  }
}

const mayBeDirectory = (entry: DirEntry): boolean =>
  entry.type === S.IFDIR || entry.type === S.IFLNK || entry.type === 0;

function* exists(sh: Shell, path: string): Task<boolean> {
  try {
    yield* wait(path.endsWith('/') ? sh.sys.stat(path) : sh.sys.lstat(path));
    return true;
  } catch (error) {
    if (isSysError(error)) return false;
    throw error;
  }
}

/** The entries of a directory; none when it cannot be read. */
function* entriesOf(sh: Shell, path: string): Task<DirEntry[]> {
  const { sys } = sh;
  const entries: DirEntry[] = [];
  try {
    const fd = yield* wait(sys.open(path === '' ? '.' : path, O.RDONLY | O.DIRECTORY | O.CLOEXEC));
    try {
      for (;;) {
        const batch = yield* wait(sys.readdir(fd));
        if (batch.length === 0) break;
        for (const entry of batch) entries.push(entry);
      }
    } finally {
      yield* wait(sys.close(fd));
    }
  } catch (error) {
    if (!isSysError(error)) throw error;
  }
  return entries;
}
