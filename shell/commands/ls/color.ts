/** Colours of names (--color): GNU's defaults, changed by LS_COLORS. */
import { isDirectory, S } from '../../../subsystems/unix/constants.ts';
import type { Environment } from '../../../subsystems/unix/sys.ts';
import type { Entry } from './entry.ts';

const DEFAULTS: Readonly<Record<string, string>> = {
  di: '01;34',
  ln: '01;36',
  pi: '33',
  so: '01;35',
  bd: '01;33',
  cd: '01;33',
  ex: '01;32',
  su: '37;41',
  sg: '30;43',
  st: '37;44',
  ow: '34;42',
  tw: '30;42',
};

const TYPE_KEYS = new Map<number, string>([
  [S.IFLNK, 'ln'],
  [S.IFIFO, 'pi'],
  [S.IFSOCK, 'so'],
  [S.IFBLK, 'bd'],
  [S.IFCHR, 'cd'],
]);

export class Colors {
  private readonly codes: Map<string, string>;
  private readonly suffixes: [suffix: string, code: string][] = [];
  private started = false;

  constructor(env: Environment) {
    this.codes = new Map(Object.entries(DEFAULTS));
    for (const item of (env.LS_COLORS ?? '').split(':')) {
      const [key = '', code] = item.split('=');
      if (code === undefined) continue;
      if (key.startsWith('*')) this.suffixes.unshift([key.slice(1), code]);
      else this.codes.set(key, code);
    }
  }

  /** `text` in the colour of the entry. */
  paint(text: string, entry: Entry): string {
    const code = this.codeOf(entry);
    if (!code || /^0*$/.test(code)) return text;
    const reset = this.started ? '' : '\x1b[0m';
    this.started = true;
    return `${reset}\x1b[${code}m${text}\x1b[0m`;
  }

  private codeOf(entry: Entry): string | undefined {
    const { mode } = entry;
    if (isDirectory(mode)) return this.directory(mode);
    if ((mode & S.IFMT) === S.IFLNK) {
      if (entry.targetMode === undefined && this.codes.has('or')) return this.codes.get('or');
      const link = this.codes.get('ln');
      return link === 'target' ? this.codeOf({ ...entry, mode: entry.targetMode ?? 0 }) : link;
    }
    const special = TYPE_KEYS.get(mode & S.IFMT);
    if (special !== undefined) return this.codes.get(special);
    if ((mode & S.ISUID) !== 0) return this.codes.get('su');
    if ((mode & S.ISGID) !== 0) return this.codes.get('sg');
    if ((mode & 0o111) !== 0) return this.codes.get('ex');
    return this.suffixes.find(([suffix]) => entry.name.endsWith(suffix))?.[1] ?? this.codes.get('fi');
  }

  private directory(mode: number): string | undefined {
    const sticky = (mode & S.ISVTX) !== 0;
    const writable = (mode & 0o002) !== 0;
    return this.codes.get(sticky && writable ? 'tw' : writable ? 'ow' : sticky ? 'st' : 'di');
  }
}
