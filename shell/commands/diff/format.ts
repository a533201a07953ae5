/** The output formats of diff: normal, ed, unified, context (POSIX diff, "STDOUT"). Lines are latin1 text. */
import type { Hunk } from './script.ts';

export interface DiffText {
  lines: readonly string[];
  /** The last line has no newline. */
  unterminated: boolean;
  /** What the headers of -u and -c show: name, tab, time. */
  header: string;
}

export interface Style {
  kind: 'normal' | 'ed' | 'forwardEd' | 'rcs' | 'unified' | 'context';
  context: number;
  /** Lines that name the place of a change (-p, -F); none when absent. */
  isFunction: ((line: string) => boolean) | undefined;
}

function range(start: number, end: number): string {
  return end - start <= 1 ? String(end === start ? start : start + 1) : `${start + 1},${end}`;
}

function line(text: DiffText, index: number, prefix: string): string {
  const last = text.unterminated && index === text.lines.length - 1;
  return `${prefix}${text.lines[index]}\n${last ? '\\ No newline at end of file\n' : ''}`;
}

function block(text: DiffText, start: number, end: number, prefix: string): string {
  let result = '';
  for (let i = start; i < end; i += 1) result += line(text, i, prefix);
  return result;
}

function letter({ aStart, aEnd, bStart, bEnd }: Hunk): 'a' | 'd' | 'c' {
  return aStart === aEnd ? 'a' : bStart === bEnd ? 'd' : 'c';
}

function normal(a: DiffText, b: DiffText, hunks: readonly Hunk[]): string {
  return hunks
    .map((hunk) => {
      const kind = letter(hunk);
      const head = `${range(hunk.aStart, hunk.aEnd)}${kind}${range(hunk.bStart, hunk.bEnd)}\n`;
      const middle = kind === 'c' ? '---\n' : '';
      return head + block(a, hunk.aStart, hunk.aEnd, '< ') + middle + block(b, hunk.bStart, hunk.bEnd, '> ');
    })
    .join('');
}

/** An ed script, last hunk first; a line that is a lone dot is written as two and mended by s. */
function ed(b: DiffText, hunks: readonly Hunk[]): string {
  let result = '';
  for (const hunk of [...hunks].reverse()) {
    result += `${range(hunk.aStart, hunk.aEnd)}${letter(hunk)}\n`;
    if (hunk.bStart === hunk.bEnd) continue;
    let inserting = true;
    for (const text of b.lines.slice(hunk.bStart, hunk.bEnd)) {
      if (!inserting) result += 'a\n';
      result += text === '.' ? '..\n.\ns/.//\n' : `${text}\n`;
      inserting = text !== '.';
    }
    if (inserting) result += '.\n';
  }
  return result;
}

/** -f: like ed, first hunk first, the letter before the lines. It is to be read, not to be run. */
function forwardEd(b: DiffText, hunks: readonly Hunk[]): string {
  return hunks
    .map((hunk) => {
      const lines = range(hunk.aStart, hunk.aEnd).replace(',', ' ');
      const text = b.lines.slice(hunk.bStart, hunk.bEnd).map((line) => `${line}\n`);
      return `${letter(hunk)}${lines}\n${text.length > 0 ? `${text.join('')}.\n` : ''}`;
    })
    .join('');
}

/** -n: counts of lines in place of ranges, so that no line has to be looked for. */
function rcs(b: DiffText, hunks: readonly Hunk[]): string {
  let result = '';
  for (const { aStart, aEnd, bStart, bEnd } of hunks) {
    if (aEnd > aStart) result += `d${aStart + 1} ${aEnd - aStart}\n`;
    if (bEnd > bStart) result += `a${aEnd} ${bEnd - bStart}\n`;
    result += b.lines
      .slice(bStart, bEnd)
      .map((line) => `${line}\n`)
      .join('');
  }
  return result;
}

const FUNCTION_CHARS = 40;

/** What the header of a hunk that begins at line `from` says of its place. */
function place(a: DiffText, from: number, isFunction: Style['isFunction']): string {
  if (!isFunction) return '';
  for (let i = from - 1; i >= 0; i -= 1)
    if (isFunction(a.lines[i]!)) return ` ${a.lines[i]!.slice(0, FUNCTION_CHARS).trimEnd()}`;
  return '';
}

/** Hunks whose contexts touch stand together. */
function groups(hunks: readonly Hunk[], context: number): Hunk[][] {
  const result: Hunk[][] = [];
  for (const hunk of hunks) {
    const group = result.at(-1);
    const before = group?.at(-1);
    if (group && before && hunk.aStart - before.aEnd <= 2 * context) group.push(hunk);
    else result.push([hunk]);
  }
  return result;
}

function unifiedRange(start: number, end: number): string {
  if (end - start === 1) return String(start + 1);
  return `${end === start ? start : start + 1},${end - start}`;
}

interface Window {
  group: Hunk[];
  aFrom: number;
  aTo: number;
  bFrom: number;
  bTo: number;
}

function windowOf(group: Hunk[], a: DiffText, b: DiffText, context: number): Window {
  const [first, last] = [group[0] as Hunk, group.at(-1) as Hunk];
  return {
    group,
    aFrom: Math.max(0, first.aStart - context),
    bFrom: Math.max(0, first.bStart - context),
    aTo: Math.min(a.lines.length, last.aEnd + context),
    bTo: Math.min(b.lines.length, last.bEnd + context),
  };
}

function unified(a: DiffText, b: DiffText, hunks: readonly Hunk[], { context, isFunction }: Style): string {
  let result = `--- ${a.header}\n+++ ${b.header}\n`;
  for (const group of groups(hunks, context)) {
    const { aFrom, aTo, bFrom, bTo } = windowOf(group, a, b, context);
    result += `@@ -${unifiedRange(aFrom, aTo)} +${unifiedRange(bFrom, bTo)} @@${place(a, aFrom, isFunction)}\n`;
    let at = aFrom;
    for (const hunk of group) {
      result +=
        block(a, at, hunk.aStart, ' ') +
        block(a, hunk.aStart, hunk.aEnd, '-') +
        block(b, hunk.bStart, hunk.bEnd, '+');
      at = hunk.aEnd;
    }
    result += block(a, at, aTo, ' ');
  }
  return result;
}

function contextSide(
  text: DiffText,
  from: number,
  to: number,
  group: readonly Hunk[],
  side: 'a' | 'b',
): string {
  const touched = group.some((hunk) => (side === 'a' ? hunk.aEnd > hunk.aStart : hunk.bEnd > hunk.bStart));
  if (!touched) return '';
  let result = '';
  let at = from;
  for (const hunk of group) {
    const [start, end] = side === 'a' ? [hunk.aStart, hunk.aEnd] : [hunk.bStart, hunk.bEnd];
    const mark = letter(hunk) === 'c' ? '! ' : side === 'a' ? '- ' : '+ ';
    result += block(text, at, start, '  ') + block(text, start, end, mark);
    at = end;
  }
  return result + block(text, at, to, '  ');
}

function contextRange(start: number, end: number): string {
  return end - start <= 1 ? String(end) : `${start + 1},${end}`;
}

function context(a: DiffText, b: DiffText, hunks: readonly Hunk[], style: Style): string {
  const { context: lines, isFunction } = style;
  let result = `*** ${a.header}\n--- ${b.header}\n`;
  for (const group of groups(hunks, lines)) {
    const { aFrom, aTo, bFrom, bTo } = windowOf(group, a, b, lines);
    result += `***************${place(a, aFrom, isFunction)}\n*** ${contextRange(aFrom, aTo)} ****\n${contextSide(a, aFrom, aTo, group, 'a')}`;
    result += `--- ${contextRange(bFrom, bTo)} ----\n${contextSide(b, bFrom, bTo, group, 'b')}`;
  }
  return result;
}

export function formatDiff(a: DiffText, b: DiffText, hunks: readonly Hunk[], style: Style): string {
  if (style.kind === 'normal') return normal(a, b, hunks);
  if (style.kind === 'ed') return ed(b, hunks);
  if (style.kind === 'forwardEd') return forwardEd(b, hunks);
  if (style.kind === 'rcs') return rcs(b, hunks);
  return style.kind === 'unified' ? unified(a, b, hunks, style) : context(a, b, hunks, style);
}
