/**
 * POSIX regular expressions on JavaScript's RegExp.
 *
 * The tree of regex-parse.ts is written out as a JS pattern (flags s and u, so a character is a code
 * point and `.` also takes a
 * newline) and matched by V8. Both engines find the leftmost match, but POSIX wants the longest one there
 * and JS the first that
 * its backtracking finds. Where the two can differ (an alternation whose branches can begin alike, or an
 * optional part
 * of several characters after a repetition) the pattern is `ambiguous`: the end is then found by
 * following all
 * alternatives at once from the start that JS found, and sub-matches by matching again with that end
 * required. What remains
 * different: the sub-matches inside one overall span are chosen by JS's rules, and patterns with back-
 * references keep
 * JS's span, except that alternatives that are plain words are tried longest first.
 */
import { parseRegex, type RegexNode, type RegexSyntax, WORD } from './regex-parse.ts';

export { RegexError } from './regex-parse.ts';

export interface RegexOptions extends RegexSyntax {
  ignoreCase?: boolean;
  /** The match must be a whole word, or the whole text (grep -w, -x). */
  whole?: 'word' | 'line';
}

/** Where a match lies: `groups[0]` is the whole; a group that took no part is undefined. */
export interface RegexMatch {
  index: number;
  end: number;
  groups: readonly (string | undefined)[];
}

export interface PosixRegex {
  readonly groups: number;
  /** For plain searches: JS finds a match where POSIX does. Has the flag g: set lastIndex before use. */
  readonly js: RegExp;
  test(text: string): boolean;
  /** The leftmost-longest match at or after `from`. */
  exec(text: string, from?: number): RegexMatch | undefined;
}

const SYNTAX_CHARACTER = /[\^$\\.*+?()[\]{}|/]/;

function quote(char: string): string {
  return SYNTAX_CHARACTER.test(char) ? `\\${char}` : char;
}

function quantifier(min: number, max: number): string {
  if (max === Infinity) return min === 0 ? '*' : min === 1 ? '+' : `{${min},}`;
  if (min === 0 && max === 1) return '?';
  return min === max ? `{${min}}` : `{${min},${max}}`;
}

/** The characters of a node that is a plain word, else undefined. */
function wordOf(node: RegexNode): string | undefined {
  if (node.kind === 'char') return node.char;
  if (node.kind !== 'sequence') return undefined;
  let word = '';
  for (const item of node.items) {
    if (item.kind !== 'char') return undefined;
    word += item.char;
  }
  return word;
}

function longestFirst(options: readonly RegexNode[]): readonly RegexNode[] {
  const words = options.map(wordOf);
  if (words.some((word) => word === undefined)) return options;
  return [...options].sort((a, b) => (wordOf(b) ?? '').length - (wordOf(a) ?? '').length);
}

/** The node as a JS pattern. */
function sourceOf(node: RegexNode): string {
  switch (node.kind) {
    case 'char':
      return quote(node.char);
    case 'set':
    case 'assert':
      return node.source;
    case 'reference':
      return `(?:\\${node.index})`;
    case 'group':
      return `(${sourceOf(node.body)})`;
    case 'sequence':
      return node.items
        .map((item) => (item.kind === 'alternatives' ? `(?:${sourceOf(item)})` : sourceOf(item)))
        .join('');
    case 'alternatives':
      return longestFirst(node.options).map(sourceOf).join('|');
    case 'repeat': {
      const single = node.body.kind === 'char' || node.body.kind === 'set' || node.body.kind === 'group';
      return (single ? sourceOf(node.body) : `(?:${sourceOf(node.body)})`) + quantifier(node.min, node.max);
    }
  }
}

/** The literal character that any match of `node` begins with, if there is one. */
function firstChar(node: RegexNode): string | undefined {
  if (node.kind === 'char') return node.char;
  if (node.kind === 'group') return firstChar(node.body);
  if (node.kind === 'sequence') return node.items[0] ? firstChar(node.items[0]) : undefined;
  if (node.kind === 'repeat' && node.min > 0) return firstChar(node.body);
  return undefined;
}

function isSingle(node: RegexNode): boolean {
  return node.kind === 'char' || node.kind === 'set' || (node.kind === 'group' && isSingle(node.body));
}

function hasReference(node: RegexNode): boolean {
  if (node.kind === 'reference') return true;
  if (node.kind === 'group' || node.kind === 'repeat') return hasReference(node.body);
  if (node.kind === 'sequence') return node.items.some(hasReference);
  return node.kind === 'alternatives' && node.options.some(hasReference);
}

/** Whether JS's choice can be shorter than POSIX's; `last` = nothing follows the node in the pattern. */
function isAmbiguous(node: RegexNode, last: boolean, ignoreCase: boolean): boolean {
  switch (node.kind) {
    case 'group':
      return isAmbiguous(node.body, last, ignoreCase);
    case 'repeat':
      return isAmbiguous(node.body, false, ignoreCase);
    case 'sequence': {
      const variable = node.items.findIndex((item) => item.kind === 'repeat' && item.min !== item.max);
      const later = node.items.slice(variable + 1);
      if (
        variable >= 0 &&
        later.some((item) => item.kind === 'repeat' && item.min !== item.max && !isSingle(item.body))
      ) {
        return true;
      }
      return node.items.some((item, i) => isAmbiguous(item, last && i === node.items.length - 1, ignoreCase));
    }
    case 'alternatives': {
      if (last && node.options.every((option) => wordOf(option) !== undefined)) return false;
      const firsts = node.options.map(firstChar).map((char) => (ignoreCase ? char?.toLowerCase() : char));
      if (firsts.includes(undefined) || new Set(firsts).size < firsts.length) return true;
      return node.options.some((option) => isAmbiguous(option, last, ignoreCase));
    }
    default:
      return false;
  }
}

/** Follows every alternative at once: the set of ends that a node can reach from a set of starts. */
class LongestEnd {
  private readonly leaves = new Map<RegexNode, RegExp>();
  private readonly root: RegexNode;
  private readonly flags: string;
  private text = '';

  constructor(root: RegexNode, ignoreCase: boolean) {
    this.root = root;
    this.flags = ignoreCase ? 'suyi' : 'suy';
  }

  from(text: string, start: number): number {
    this.text = text;
    let longest = start;
    for (const end of this.ends(this.root, new Set([start]))) longest = Math.max(longest, end);
    return longest;
  }

  private ends(node: RegexNode, starts: Set<number>): Set<number> {
    switch (node.kind) {
      case 'group':
        return this.ends(node.body, starts);
      case 'sequence': {
        let at = starts;
        for (const item of node.items) at = at.size === 0 ? at : this.ends(item, at);
        return at;
      }
      case 'alternatives':
        return new Set(node.options.flatMap((option) => [...this.ends(option, starts)]));
      case 'repeat':
        return this.repeated(node.body, node.min, node.max, starts);
      default:
        return this.leaf(node, starts);
    }
  }

  private repeated(body: RegexNode, min: number, max: number, starts: Set<number>): Set<number> {
    let at = starts;
    for (let i = 0; i < min; i += 1) at = this.ends(body, at);
    const reached = new Set(at);
    for (let i = min; i < max && at.size > 0; i += 1) {
      const next = new Set<number>();
      for (const end of this.ends(body, at)) {
        if (!reached.has(end)) next.add(end);
        reached.add(end);
      }
      at = next;
    }
    return reached;
  }

  private leaf(node: RegexNode, starts: Set<number>): Set<number> {
    let regex = this.leaves.get(node);
    if (!regex) {
      regex = new RegExp(sourceOf(node), this.flags);
      this.leaves.set(node, regex);
    }
    const ends = new Set<number>();
    for (const start of starts) {
      regex.lastIndex = start;
      if (regex.test(this.text)) ends.add(regex.lastIndex);
    }
    return ends;
  }
}

function wrap(source: string, whole: 'word' | 'line' | undefined): string {
  if (whole === 'line') return `(?<![^])(?:${source})(?![^])`;
  return whole === 'word' ? `(?<!${WORD})(?:${source})(?!${WORD})` : source;
}

class Compiled implements PosixRegex {
  readonly groups: number;
  readonly js: RegExp;
  private readonly longest: LongestEnd | undefined;
  private whole: RegExp | undefined;

  constructor(pattern: string, options: RegexOptions) {
    const { root, groups } = parseRegex(pattern, options);
    const ignoreCase = options.ignoreCase ?? false;
    this.groups = groups;
    this.js = new RegExp(wrap(sourceOf(root), options.whole), ignoreCase ? 'sugi' : 'sug');
    if (!options.whole && !hasReference(root) && isAmbiguous(root, true, ignoreCase))
      this.longest = new LongestEnd(root, ignoreCase);
  }

  test(text: string): boolean {
    this.js.lastIndex = 0;
    return this.js.test(text);
  }

  exec(text: string, from = 0): RegexMatch | undefined {
    this.js.lastIndex = from;
    const found = this.js.exec(text);
    if (!found) return undefined;
    const end = found.index + found[0].length;
    if (this.longest) {
      const longest = this.longest.from(text, found.index);
      if (longest > end) return this.stretched(text, found.index, longest);
    }
    return { index: found.index, end, groups: found };
  }

  /** The sub-matches of a match that must reach `end`. */
  private stretched(text: string, index: number, end: number): RegexMatch {
    this.whole ??= new RegExp(`(?:${this.js.source})(?![^])`, this.js.flags.replace('g', 'y'));
    this.whole.lastIndex = index;
    const found = this.whole.exec(text.slice(0, end));
    return { index, end, groups: found ?? [text.slice(index, end)] };
  }
}

/** Compiles a pattern; throws RegexError with regerror(3)'s text. */
export function compileRegex(pattern: string, options: RegexOptions): PosixRegex {
  return new Compiled(pattern, options);
}
