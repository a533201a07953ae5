/** What the parts of find share: a file under test, and the nodes of an expression. */
import type { Stat, Sys } from '../../../subsystems/unix/sys.ts';
import type { Context } from '../lib/command.ts';
import type { Names } from '../lib/names.ts';
import type { Zone } from '../lib/zone.ts';

export interface Found {
  path: string;
  /** The starting point it was reached from. */
  start: string;
  depth: number;
  /** Status by the rules of -P -H -L. */
  stat: Stat;
  /** Set by -prune. */
  prune: boolean;
}

export interface Run {
  ctx: Context;
  sys: Sys;
  names: Names;
  zone: Zone;
  nowMs: number;
  follow: 'never' | 'operands' | 'always';
}

export type Test = (file: Found, run: Run) => boolean | Promise<boolean>;

export interface Settings {
  depthFirst: boolean;
  maxDepth: number;
  minDepth: number;
  oneFileSystem: boolean;
  dayStart: boolean;
  /** -regextype of the -regex tests that follow. */
  regexType: string;
}

export interface Expression {
  test: Test;
  settings: Settings;
  /** Work left for the end: -exec … {} +, open output files. */
  finish: ((run: Run) => Promise<void>)[];
}

/** Thrown by -quit: ends the walk at once. */
export class Quit extends Error {}
