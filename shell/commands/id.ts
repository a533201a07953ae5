/** id: user and group ids of this process or of a named user. */
import { type Context, command, Fatal } from './lib/command.ts';
import { loadNames, type Names } from './lib/names.ts';
import { quote } from './lib/quote.ts';

const OPTIONS = {
  context: { short: 'Z', long: 'context', help: 'print only the security context of the process' },
  group: { short: 'g', long: 'group', help: 'print only the effective group ID' },
  groups: { short: 'G', long: 'groups', help: 'print all group IDs' },
  name: { short: 'n', long: 'name', help: 'print a name instead of a number, for -ugG' },
  real: { short: 'r', long: 'real', help: 'print the real ID instead of the effective ID, with -ugG' },
  user: { short: 'u', long: 'user', help: 'print only the effective user ID' },
  zero: { short: 'z', long: 'zero', help: 'delimit entries with NUL characters, not whitespace' },
  ignored: { short: 'a' },
} as const;

interface Identity {
  uid: number;
  gid: number;
  euid: number;
  egid: number;
  groups: number[];
}

function ownIdentity({ sys }: Context<typeof OPTIONS>): Identity {
  const egid = sys.getegid();
  const groups = [...new Set([egid, ...sys.getgroups()])];
  return { uid: sys.getuid(), gid: sys.getgid(), euid: sys.geteuid(), egid, groups };
}

function identityOf(names: Names, text: string): Identity | undefined {
  const byName = names.findUser(text);
  const user = byName ?? (/^\d+$/.test(text) ? names.users.find((u) => u.uid === Number(text)) : undefined);
  if (!user) return undefined;
  return { uid: user.uid, gid: user.gid, euid: user.uid, egid: user.gid, groups: names.groupsOf(user) };
}

function fullText(identity: Identity, names: Names): string {
  const user = (uid: number): string => withName(uid, names.userName(uid));
  const group = (gid: number): string => withName(gid, names.groupName(gid));
  let text = `uid=${user(identity.uid)} gid=${group(identity.gid)}`;
  if (identity.euid !== identity.uid) text += ` euid=${user(identity.euid)}`;
  if (identity.egid !== identity.gid) text += ` egid=${group(identity.egid)}`;
  return `${text} groups=${identity.groups.map(group).join(',')}`;
}

function withName(id: number, name: string | undefined): string {
  return name === undefined ? String(id) : `${id}(${name})`;
}

async function print(ctx: Context<typeof OPTIONS>, identity: Identity, names: Names): Promise<void> {
  const { options: o, out } = ctx;
  const end = o.zero ? '\0' : '\n';
  const named = async (id: number, name: string | undefined, kind: string): Promise<string> => {
    if (o.name && name === undefined) await ctx.error(`cannot find name for ${kind} ID ${id}`);
    return o.name ? (name ?? String(id)) : String(id);
  };
  if (o.user) {
    const uid = o.real ? identity.uid : identity.euid;
    out.put((await named(uid, names.userName(uid), 'user')) + end);
  } else if (o.group) {
    const gid = o.real ? identity.gid : identity.egid;
    out.put((await named(gid, names.groupName(gid), 'group')) + end);
  } else if (o.groups) {
    const all = [];
    for (const gid of identity.groups) all.push(await named(gid, names.groupName(gid), 'group'));
    out.put(all.join(o.zero ? '\0' : ' ') + end);
  } else out.put(`${fullText(identity, names)}\n`);
}

export default command(
  {
    name: 'id',
    usage: '[OPTION]... [USER]...',
    summary:
      'Print user and group information for each specified USER,\nor (when USER omitted) for the current process.',
    options: OPTIONS,
  },
  async (ctx) => {
    const { options: o, operands } = ctx;
    const kinds = [o.user, o.group, o.groups].filter(Boolean).length;
    if (o.context) throw new Fatal('--context (-Z) works only on an SELinux-enabled kernel');
    if (kinds > 1) throw new Fatal('cannot print "only" of more than one choice');
    if (kinds === 0 && (o.real || o.name))
      throw new Fatal('cannot print only names or real IDs in default format');
    if (kinds === 0 && o.zero) throw new Fatal('option --zero not permitted in default format');
    const names = await loadNames(ctx.sys);
    if (operands.length === 0) {
      await print(ctx, ownIdentity(ctx), names);
      return;
    }
    for (const user of operands) {
      const identity = identityOf(names, user);
      if (identity) await print(ctx, identity, names);
      else await ctx.error(`${quote(user)}: no such user`);
    }
  },
);
