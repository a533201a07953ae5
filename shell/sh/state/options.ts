/** The options of `set`: one table of letters and names. */
import { ShellError } from '../errors.ts';

const TABLE = {
  errexit: 'e',
  noglob: 'f',
  ignoreeof: 'I',
  interactive: 'i',
  monitor: 'm',
  noexec: 'n',
  stdin: 's',
  xtrace: 'x',
  verbose: 'v',
  vi: 'V',
  emacs: 'E',
  noclobber: 'C',
  allexport: 'a',
  notify: 'b',
  nounset: 'u',
  privileged: 'p',
  nolog: '',
  debug: '',
  hashall: 'h',
  pipefail: '',
} as const;

export type OptionName = keyof typeof TABLE;
export const OPTION_NAMES = Object.keys(TABLE) as OptionName[];
const BY_LETTER = new Map(
  OPTION_NAMES.filter((name) => TABLE[name] !== '').map((name) => [TABLE[name], name]),
);

export class Options {
  private readonly on = new Set<OptionName>();
  // The ones that evaluation asks for all the time.
  errexit = false;
  noexec = false;
  noglob = false;
  nounset = false;
  verbose = false;
  xtrace = false;

  has(name: OptionName): boolean {
    return this.on.has(name);
  }

  set(name: OptionName, on: boolean): void {
    if (on) this.on.add(name);
    else this.on.delete(name);
    if (name === 'errexit' || name === 'noexec' || name === 'noglob' || name === 'nounset') this[name] = on;
    else if (name === 'verbose' || name === 'xtrace') this[name] = on;
  }

  setLetter(letter: string, on: boolean): OptionName {
    const name = BY_LETTER.get(letter as (typeof TABLE)[OptionName]);
    if (!name) throw new ShellError(`Illegal option ${on ? '-' : '+'}${letter}`);
    this.set(name, on);
    return name;
  }

  setName(name: string, on: boolean): OptionName {
    if (!Object.hasOwn(TABLE, name)) throw new ShellError(`Illegal option ${on ? '-o' : '+o'} ${name}`);
    this.set(name as OptionName, on);
    return name as OptionName;
  }

  /** `$-`. */
  letters(): string {
    return OPTION_NAMES.toReversed()
      .filter((name) => this.on.has(name))
      .map((name) => TABLE[name])
      .join('');
  }

  names(): OptionName[] {
    return [...this.on];
  }
}
