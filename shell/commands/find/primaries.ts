/** The primaries of find: one table of makers. */
import { Access } from '../../../subsystems/unix/constants.ts';
import { type Context, Fatal } from '../lib/command.ts';
import { baseName } from '../lib/path.ts';
import { formatted, printer, prune, quit, remove } from './actions.ts';
import type { Maker } from './maker.ts';
import { listLine, typeOf } from './printf.ts';
import {
  access,
  age,
  DAY_MS,
  glob,
  isEmpty,
  linkName,
  nameless,
  newer,
  newerOf,
  number,
  otherType,
  owner,
  perm,
  regex,
  regexType,
  STAMPS,
  sameFile,
  size,
  typeTest,
  used,
} from './tests.ts';
import type { Expression, Settings, Test } from './types.ts';

function setting(change: (settings: Settings) => void): Maker {
  return {
    args: 0,
    make: (_, { settings }) => {
      change(settings);
      return () => true;
    },
  };
}

function depthLimit(key: 'maxDepth' | 'minDepth'): Maker {
  return {
    args: 1,
    make: ([text], { name, settings }) => {
      if (!/^\d+$/.test(text!)) {
        throw new Fatal(`Expected a positive decimal integer argument to ${name}, but got '${text}'`);
      }
      settings[key] = Number(text);
      return () => true;
    },
  };
}

const constant = (result: boolean): Maker => ({ args: 0, make: () => () => result });

const TABLE: Readonly<Record<string, Maker>> = {
  name: glob(false, ({ path }) => baseName(path)),
  iname: glob(true, ({ path }) => baseName(path)),
  path: glob(false, ({ path }) => path),
  wholename: glob(false, ({ path }) => path),
  ipath: glob(true, ({ path }) => path),
  iwholename: glob(true, ({ path }) => path),
  lname: linkName(false),
  ilname: linkName(true),
  regex: regex(false),
  iregex: regex(true),
  regextype: regexType,
  type: typeTest(({ stat }) => typeOf(stat.mode)),
  xtype: typeTest(otherType),
  size,
  empty: { args: 0, make: () => isEmpty },
  perm,
  user: owner('uid'),
  group: owner('gid'),
  nouser: nameless((stat, names) => names.userName(stat.uid)),
  nogroup: nameless((stat, names) => names.groupName(stat.gid)),
  uid: number((stat) => stat.uid),
  gid: number((stat) => stat.gid),
  links: number((stat) => stat.nlink),
  inum: number((stat) => stat.ino),
  samefile: sameFile,
  atime: age('atimeMs', DAY_MS),
  mtime: age('mtimeMs', DAY_MS),
  ctime: age('ctimeMs', DAY_MS),
  amin: age('atimeMs', 60_000),
  mmin: age('mtimeMs', 60_000),
  cmin: age('ctimeMs', 60_000),
  used,
  newer: newerOf('mtimeMs'),
  anewer: newerOf('atimeMs'),
  cnewer: newerOf('ctimeMs'),
  readable: access(Access.R_OK),
  writable: access(Access.W_OK),
  executable: access(Access.X_OK),
  depth: setting((s) => {
    s.depthFirst = true;
  }),
  d: setting((s) => {
    s.depthFirst = true;
  }),
  xdev: setting((s) => {
    s.oneFileSystem = true;
  }),
  mount: setting((s) => {
    s.oneFileSystem = true;
  }),
  daystart: setting((s) => {
    s.dayStart = true;
  }),
  maxdepth: depthLimit('maxDepth'),
  mindepth: depthLimit('minDepth'),
  noleaf: constant(true),
  ignore_readdir_race: constant(true),
  warn: constant(true),
  nowarn: constant(true),
  true: constant(true),
  false: constant(false),
  print: printer(false, ({ path }) => `${path}\n`),
  print0: printer(false, ({ path }) => `${path}\0`),
  fprint: printer(true, ({ path }) => `${path}\n`),
  fprint0: printer(true, ({ path }) => `${path}\0`),
  ls: printer(false, listLine),
  fls: printer(true, listLine),
  printf: formatted(false),
  fprintf: formatted(true),
  delete: remove,
  prune,
  quit,
};

/** Makes the test of a primary; `at` is where its arguments begin. Undefined for an unknown one. */
export async function makePrimary(
  name: string,
  args: readonly string[],
  at: number,
  settings: Settings,
  ctx: Context,
  finish: Expression['finish'],
): Promise<{ test: Test; used: number } | undefined> {
  const xy = /^-newer([acm])([acmt])$/.exec(name);
  const maker = Object.hasOwn(TABLE, name.slice(1)) ? TABLE[name.slice(1)] : undefined;
  if (!maker && !xy) return undefined;
  const count = maker?.args ?? 1;
  const taken = args.slice(at, at + count);
  if (taken.length < count) throw new Fatal(`missing argument to \`${name}'`);
  if (xy) {
    const source = xy[2] === 't' ? 't' : STAMPS[xy[2]!]!;
    return { test: await newer(STAMPS[xy[1]!]!, taken[0]!, source, ctx), used: 1 };
  }
  return { test: await maker!.make(taken, { name, ctx, settings, finish }), used: count };
}
