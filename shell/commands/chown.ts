/** chown and chgrp: change owner and group. */
import type { Stat } from '../../subsystems/unix/sys.ts';
import { CHANGE_OPTIONS, LINK_OPTIONS, refusesRoot, visitTree, type WalkRules } from './lib/changes.ts';
import { type Context, command, Fatal, SysError, UsageError } from './lib/command.ts';
import { loadNames, type Names } from './lib/names.ts';
import { quote, quoteName } from './lib/quote.ts';

const OPTIONS = {
  ...CHANGE_OPTIONS,
  ...LINK_OPTIONS,
  from: {
    long: 'from',
    arg: 'CURRENT_OWNER:CURRENT_GROUP',
    help: 'change only files whose current owner and/or group match',
  },
} as const;

type Chown = Context<typeof OPTIONS>;

/** Ids to set; -1 = leave. */
interface Ids {
  uid: number;
  gid: number;
  /** As typed, for the reports. */
  text?: string;
}

function parseOwner(names: Names, text: string): Ids | string {
  const separator = text.includes(':')
    ? ':'
    : names.uid(text) === undefined && text.includes('.')
      ? '.'
      : undefined;
  const at = separator === undefined ? -1 : text.indexOf(separator);
  const userText = at < 0 ? text : text.slice(0, at);
  const groupText = at < 0 ? undefined : text.slice(at + 1);
  const uid = userText === '' ? -1 : names.uid(userText);
  if (uid === undefined) return at < 0 ? 'invalid user' : 'invalid user';
  if (groupText === undefined) return { uid, gid: -1 };
  if (groupText === '') {
    if (userText === '') return { uid: -1, gid: -1 };
    const login = names.users.find((user) => user.uid === uid);
    return login ? { uid, gid: login.gid } : 'invalid spec';
  }
  const gid = names.gid(groupText);
  return gid === undefined ? 'invalid group' : { uid, gid };
}

function ownerText(names: Names, ids: Ids, stat: Stat, isGroupOnly: boolean): string {
  const user = names.user(ids.uid >= 0 ? ids.uid : stat.uid);
  const group = names.group(ids.gid >= 0 ? ids.gid : stat.gid);
  if (isGroupOnly || ids.uid < 0) return ids.uid < 0 && !isGroupOnly ? `:${group}` : group;
  return ids.gid >= 0 ? `${user}:${group}` : user;
}

class Changer {
  private readonly ctx: Chown;
  private readonly names: Names;
  private readonly ids: Ids;
  private readonly from: Ids | undefined;
  readonly rules: WalkRules;

  constructor(ctx: Chown, names: Names, ids: Ids, from: Ids | undefined) {
    const { options: o } = ctx;
    this.ctx = ctx;
    this.names = names;
    this.ids = ids;
    this.from = from;
    const last = ctx.given.findLast(
      ({ key }) => key === 'followAll' || key === 'followOperands' || key === 'followNone',
    );
    const traverse = last?.key === 'followAll' ? 'all' : last?.key === 'followOperands' ? 'operands' : 'none';
    const onLinks = o.noDereference || (o.recursive && traverse === 'none');
    this.rules = { recursive: o.recursive, traverse, onLinks, after: true };
  }

  async change(path: string, stat: Stat): Promise<void> {
    const { ctx, ids, from } = this;
    const { options: o, sys } = ctx;
    if (from && ((from.uid >= 0 && from.uid !== stat.uid) || (from.gid >= 0 && from.gid !== stat.gid)))
      return;
    const group = ctx.name === 'chgrp';
    const what = group || ids.uid < 0 ? 'group' : 'ownership';
    try {
      if (this.rules.onLinks) await sys.lchown(path, ids.uid, ids.gid);
      else await sys.chown(path, ids.uid, ids.gid);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      ctx.status = 1;
      if (!o.quiet) await ctx.error(`changing ${what} of ${quoteName(path)}: ${error.message}`);
      return;
    }
    const differs = (ids.uid >= 0 && ids.uid !== stat.uid) || (ids.gid >= 0 && ids.gid !== stat.gid);
    const before = ownerText(
      this.names,
      { uid: ids.uid < 0 ? -1 : stat.uid, gid: ids.gid < 0 ? -1 : stat.gid },
      stat,
      what === 'group',
    );
    const after = ownerText(this.names, ids, stat, what === 'group');
    if (differs && (o.verbose || o.changes)) {
      await ctx.out.line(`changed ${what} of ${quoteName(path)} from ${before} to ${ids.text ?? after}`);
    } else if (o.verbose) await ctx.out.line(`${what} of ${quoteName(path)} retained as ${after}`);
  }
}

async function referenceIds(ctx: Chown, path: string): Promise<Ids> {
  try {
    const stat = await ctx.sys.stat(path);
    return { uid: stat.uid, gid: stat.gid };
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    throw new Fatal(`failed to get attributes of ${quoteName(path)}: ${error.message}`);
  }
}

function requireOwner(names: Names, text: string): Ids {
  const ids = parseOwner(names, text);
  if (typeof ids === 'string') throw new Fatal(`${ids}: ${quote(text)}`);
  return { ...ids, text: text.replace(/^:/, '') };
}

async function run(ctx: Chown, parse: (names: Names, text: string) => Ids): Promise<void> {
  const { options: o, operands } = ctx;
  const names = await loadNames(ctx.sys);
  const needed = o.reference === undefined ? 2 : 1;
  if (operands.length === 0) throw new UsageError('missing operand');
  if (operands.length < needed) throw new UsageError(`missing operand after ${quote(operands[0]!)}`);
  const ids = o.reference === undefined ? parse(names, operands[0]!) : await referenceIds(ctx, o.reference);
  const from = o.from === undefined ? undefined : requireOwner(names, o.from);
  if (ctx.name === 'chgrp') ids.uid = -1;
  const changer = new Changer(ctx, names, ids, from);
  for (const path of operands.slice(needed - 1)) {
    if (await refusesRoot(ctx, path)) continue;
    await visitTree(ctx, path, changer.rules, (found, stat) => changer.change(found, stat));
  }
}

export const chown = command(
  {
    name: 'chown',
    usage: ['[OPTION]... [OWNER][:[GROUP]] FILE...', '[OPTION]... --reference=RFILE FILE...'],
    summary: 'Change the owner and/or group of each FILE to OWNER and/or GROUP.',
    options: OPTIONS,
  },
  (ctx) => run(ctx, requireOwner),
);

export const chgrp = command(
  {
    name: 'chgrp',
    usage: ['[OPTION]... GROUP FILE...', '[OPTION]... --reference=RFILE FILE...'],
    summary: 'Change the group of each FILE to GROUP.',
    options: OPTIONS,
  },
  (ctx) =>
    run(ctx, (names, text) => {
      const gid = text === '' ? -1 : names.gid(text);
      if (gid === undefined) throw new Fatal(`invalid group: ${quote(text)}`);
      return { uid: -1, gid, text };
    }),
);
