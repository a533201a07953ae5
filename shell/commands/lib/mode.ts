/**
 * File modes: the rwx text of listings, and chmod(1)'s symbolic and octal modes (POSIX chmod, GNU
 * extensions).
 */
import { S } from '../../../subsystems/unix/constants.ts';

const TYPE_LETTERS = new Map<number, string>([
  [S.IFREG, '-'],
  [S.IFDIR, 'd'],
  [S.IFLNK, 'l'],
  [S.IFCHR, 'c'],
  [S.IFBLK, 'b'],
  [S.IFIFO, 'p'],
  [S.IFSOCK, 's'],
]);

/** First letter of `ls -l`. */
export function typeLetter(mode: number): string {
  return TYPE_LETTERS.get(mode & S.IFMT) ?? '?';
}

/** 'rwxr-sr-t' for the permission bits. */
export function permissionText(mode: number): string {
  const bit = (mask: number, letter: string): string => ((mode & mask) === 0 ? '-' : letter);
  const exec = (mask: number, special: number, letter: string): string => {
    if ((mode & special) === 0) return bit(mask, 'x');
    return (mode & mask) === 0 ? letter.toUpperCase() : letter;
  };
  return (
    bit(0o400, 'r') +
    bit(0o200, 'w') +
    exec(0o100, S.ISUID, 's') +
    bit(0o040, 'r') +
    bit(0o020, 'w') +
    exec(0o010, S.ISGID, 's') +
    bit(0o004, 'r') +
    bit(0o002, 'w') +
    exec(0o001, S.ISVTX, 't')
  );
}

/** '-rwxr-xr-x' of a whole st_mode. */
export function modeText(mode: number): string {
  return typeLetter(mode) + permissionText(mode);
}

/** 'regular file', 'directory' …, as stat(1) and rm(1) say it. */
export function typeText(mode: number, size = 1): string {
  switch (mode & S.IFMT) {
    case S.IFREG:
      return size === 0 ? 'regular empty file' : 'regular file';
    case S.IFDIR:
      return 'directory';
    case S.IFLNK:
      return 'symbolic link';
    case S.IFCHR:
      return 'character special file';
    case S.IFBLK:
      return 'block special file';
    case S.IFIFO:
      return 'fifo';
    case S.IFSOCK:
      return 'socket';
    default:
      return 'weird file';
  }
}

/** A parsed mode: applied to an old mode. `umask` rules clauses without who letters. */
export type ModeChange = (old: number, isDirectory: boolean, umask: number) => number;

const WHO_BITS: Readonly<Record<string, number>> = { u: 0o4700, g: 0o2070, o: 0o1007, a: 0o7777 };

interface Clause {
  /** Bits of the who letters; 0 = none given. */
  who: number;
  actions: { op: string; perms: string }[];
}

function parseClause(text: string): Clause | undefined {
  const match = /^([ugoa]*)((?:[-+=](?:[ugo]|[0-7]+|[rwxXst]*))+)$/.exec(text);
  if (!match) return undefined;
  let who = 0;
  for (const letter of match[1]!) who |= WHO_BITS[letter]!;
  const actions = [...match[2]!.matchAll(/([-+=])([^-+=]*)/g)].map((m) => ({ op: m[1]!, perms: m[2]! }));
  return { who, actions };
}

/** The bits that `perms` names, spread over user, group and other. */
function permissionBits(perms: string, mode: number, isDirectory: boolean): number {
  if (/^[0-7]+$/.test(perms)) return Number.parseInt(perms, 8);
  const copied = { u: mode >> 6, g: mode >> 3, o: mode }[perms];
  if (copied !== undefined) return (copied & 7) * 0o111;
  let bits = 0;
  for (const letter of perms) {
    if (letter === 'r') bits |= 0o444;
    else if (letter === 'w') bits |= 0o222;
    else if (letter === 'x') bits |= 0o111;
    else if (letter === 'X') bits |= isDirectory || (mode & 0o111) !== 0 ? 0o111 : 0;
    else if (letter === 's') bits |= 0o6000;
    else if (letter === 't') bits |= 0o1000;
  }
  return bits;
}

function applyClause(clause: Clause, old: number, isDirectory: boolean, umask: number): number {
  const affected = clause.who === 0 ? 0o7777 & ~(umask & 0o777) : clause.who;
  let mode = old;
  for (const { op, perms } of clause.actions) {
    const bits = permissionBits(perms, mode, isDirectory) & affected;
    if (op === '+') mode |= bits;
    else if (op === '-') mode &= ~bits;
    else {
      const who = clause.who === 0 ? 0o7777 : clause.who;
      // A directory keeps its set-id bits unless they are named: GNU chmod's rule.
      const kept = isDirectory && !/[st0-7]/.test(perms) ? 0o6000 : 0;
      mode = (mode & ~(who & ~kept)) | bits;
    }
  }
  return mode;
}

/** Parses '755', 'u+rwX,go-w', '+x', '=r' …; undefined when it is not a mode. */
export function parseMode(text: string): ModeChange | undefined {
  if (/^[0-7]+$/.test(text)) {
    const value = Number.parseInt(text, 8);
    if (value > 0o7777) return undefined;
    return (old, isDirectory) => (isDirectory && text.length < 5 ? value | (old & 0o6000) : value);
  }
  const clauses = text.split(',').map(parseClause);
  if (clauses.some((clause) => clause === undefined)) return undefined;
  return (old, isDirectory, umask) =>
    clauses.reduce((mode, clause) => applyClause(clause!, mode, isDirectory, umask), old & 0o7777);
}

/** The umask without changing it. */
export function currentUmask(sys: { umask(mask: number): number }): number {
  const mask = sys.umask(0);
  sys.umask(mask);
  return mask;
}
