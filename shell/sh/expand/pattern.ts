/**
 * Shell patterns (POSIX 2.13): `*`, `?`, bracket expressions, backslash. A pattern is a row of atoms, matched
 * by following all possible positions at once, so that no pattern costs more than its length times the
 * text's.
 */
interface One {
  readonly kind: 'one';
  matches(c: string): boolean;
}
interface Char {
  readonly kind: 'char';
  readonly c: string;
}
interface Star {
  readonly kind: 'star';
}
type Atom = One | Char | Star;

const STAR: Star = { kind: 'star' };
const ANY: One = { kind: 'one', matches: () => true };

const CLASSES: Readonly<Record<string, RegExp>> = {
  alnum: /[\p{L}\p{Nd}]/u,
  alpha: /\p{L}/u,
  blank: /[ \t]/,
  cntrl: /\p{Cc}/u,
  digit: /[0-9]/,
  graph: /[^\s\p{Cc}]/u,
  lower: /\p{Ll}/u,
  print: /[^\p{Cc}]/u,
  punct: /[!-/:-@[-`{-~]|[\p{P}\p{S}]/u,
  space: /\s/u,
  upper: /\p{Lu}/u,
  xdigit: /[0-9A-Fa-f]/,
};

/** A text by characters: a plain string when every character is one code unit. */
type Chars = ArrayLike<string> & { readonly length: number };
const SURROGATE = /[\uD800-\uDFFF]/;
const charsOf = (s: string): Chars => (SURROGATE.test(s) ? Array.from(s) : s);

type Member = (c: string) => boolean;

/** Reads a bracket expression at `[`; undefined when it has no end, so that `[` stands for itself. */
function readBracket(pattern: string, start: number): { atom: One; end: number } | undefined {
  let at = start + 1;
  const negated = pattern[at] === '!' || pattern[at] === '^';
  if (negated) at += 1;
  const members: Member[] = [];
  for (let first = true; ; first = false) {
    const c = pattern[at];
    if (c === undefined) return undefined;
    if (c === ']' && !first) break;
    const item = readClass(pattern, at) ?? readRange(pattern, at);
    if (!item) return undefined;
    members.push(item.member);
    at = item.end;
  }
  const matches: Member = (c) => members.some((member) => member(c)) !== negated;
  return { atom: { kind: 'one', matches }, end: at + 1 };
}

interface Item {
  readonly member: Member;
  readonly end: number;
}

function readClass(pattern: string, at: number): Item | undefined {
  const found = /\[([:.=])([\s\S]*?)\1\]/y;
  found.lastIndex = at;
  const hit = found.exec(pattern);
  if (!hit) return undefined;
  const [all, kind, name = ''] = hit;
  const end = at + all.length;
  if (kind !== ':') return { member: (c) => c === name, end };
  const expression = CLASSES[name];
  return { member: (c) => expression?.test(c) ?? false, end };
}

function readRange(pattern: string, at: number): Item | undefined {
  const low = readMember(pattern, at);
  if (!low) return undefined;
  const dash = pattern[low.end] === '-' && pattern[low.end + 1] !== ']' && pattern[low.end + 1] !== undefined;
  const high = dash ? readMember(pattern, low.end + 1) : undefined;
  if (!high) return { member: (c) => c === low.c, end: low.end };
  const from = low.c.codePointAt(0) ?? 0;
  const to = high.c.codePointAt(0) ?? 0;
  const member: Member = (c) => {
    const point = c.codePointAt(0) ?? -1;
    return point >= from && point <= to;
  };
  return { member, end: high.end };
}

function readMember(pattern: string, at: number): { c: string; end: number } | undefined {
  const collating = /\[\.([\s\S])\.\]/uy;
  collating.lastIndex = at;
  const symbol = pattern[at] === '[' ? collating.exec(pattern) : null;
  if (symbol?.[1]) return { c: symbol[1], end: at + symbol[0].length };
  const start = pattern[at] === '\\' ? at + 1 : at;
  const point = pattern.codePointAt(start);
  if (point === undefined) return undefined;
  const c = String.fromCodePoint(point);
  return { c, end: start + c.length };
}

function compile(pattern: string): Atom[] {
  const atoms: Atom[] = [];
  for (let at = 0; at < pattern.length; ) {
    const c = pattern[at]!;
    if (c === '*') {
      if (atoms.at(-1)?.kind !== 'star') atoms.push(STAR);
      at += 1;
      continue;
    }
    const bracket = c === '[' ? readBracket(pattern, at) : undefined;
    if (bracket) {
      atoms.push(bracket.atom);
      at = bracket.end;
    } else if (c === '?') {
      atoms.push(ANY);
      at += 1;
    } else {
      const member = readMember(pattern, at) ?? { c: '\\', end: at + 1 };
      atoms.push({ kind: 'char', c: member.c });
      at = member.end;
    }
  }
  return atoms;
}

const CACHE_LIMIT = 512;
const cache = new Map<string, Pattern>();

export class Pattern {
  private readonly atoms: readonly Atom[];
  private readonly reversed: readonly Atom[];
  /** The only text that matches, when there is just one. */
  readonly fixed: string | undefined;

  constructor(pattern: string) {
    this.atoms = compile(pattern);
    this.reversed = [...this.atoms].reverse();
    const plain = this.atoms.every((atom) => atom.kind === 'char');
    this.fixed = plain ? this.atoms.map((atom) => (atom.kind === 'char' ? atom.c : '')).join('') : undefined;
  }

  static of(pattern: string): Pattern {
    let known = cache.get(pattern);
    if (!known) {
      if (cache.size >= CACHE_LIMIT) cache.clear();
      known = new Pattern(pattern);
      cache.set(pattern, known);
    }
    return known;
  }

  matches(s: string): boolean {
    if (this.fixed !== undefined) return s === this.fixed;
    const chars = charsOf(s);
    return reach(this.atoms, chars, 0, 1, (at) => at === chars.length) === chars.length;
  }

  /** Length in code units of the shortest or longest prefix that matches; -1 when none does. */
  prefix(s: string, longest: boolean, from = 0): number {
    const chars = charsOf(from === 0 ? s : s.slice(from));
    return unitsOf(chars, 0, reach(this.atoms, chars, 0, 1, longest ? undefined : () => true));
  }

  /** Length in code units of the shortest or longest suffix that matches; -1 when none does. */
  suffix(s: string, longest: boolean): number {
    const chars = charsOf(s);
    const count = reach(this.reversed, chars, chars.length - 1, -1, longest ? undefined : () => true);
    return count < 0 ? -1 : unitsOf(chars, chars.length - count, count);
  }
}

function unitsOf(chars: Chars, start: number, count: number): number {
  if (count <= 0 || typeof chars === 'string') return count;
  let units = 0;
  for (let at = start; at < start + count; at += 1) units += chars[at]!.length;
  return units;
}

/** Adds state `index` and the states that stars let it reach without a character. */
function enter(atoms: readonly Atom[], states: Set<number>, index: number): void {
  for (let at = index; ; at += 1) {
    states.add(at);
    if (atoms[at]?.kind !== 'star') return;
  }
}

/**
 * Walks the text from `start` in direction `step`; returns how many characters the accepted stretch has: the
 * first that `stop` agrees to, else the longest; -1 when nothing is accepted.
 */
function reach(
  atoms: readonly Atom[],
  chars: Chars,
  start: number,
  step: 1 | -1,
  stop?: (count: number) => boolean,
): number {
  let states = new Set<number>();
  enter(atoms, states, 0);
  let accepted = -1;
  for (let count = 0; ; count += 1) {
    if (states.has(atoms.length)) {
      accepted = count;
      if (stop?.(count)) return count;
    }
    const c = chars[start + count * step];
    if (c === undefined || states.size === 0) return accepted;
    const next = new Set<number>();
    for (const index of states) {
      const atom = atoms[index];
      if (atom === undefined) continue;
      if (atom.kind === 'star') enter(atoms, next, index);
      else if (atom.kind === 'char' ? atom.c === c : atom.matches(c)) enter(atoms, next, index + 1);
    }
    states = next;
  }
}
