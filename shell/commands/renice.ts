/** renice: changes the niceness of running processes. */
import { type Context, command, SysError, UsageError } from './lib/command.ts';
import { loadNames } from './lib/names.ts';

const OPTIONS = {
  priority: { short: 'n', long: 'priority', arg: 'NUM', help: 'specify the nice value' },
  pid: { short: 'p', long: 'pid', help: 'interpret arguments as process IDs (default)' },
  group: { short: 'g', long: 'pgrp', help: 'interpret arguments as process group IDs' },
  user: { short: 'u', long: 'user', help: 'interpret arguments as user names or IDs' },
} as const;

const numberOf = (text: string): number | undefined => (/^\d+$/.test(text) ? Number(text) : undefined);

type Ctx = Context<typeof OPTIONS>;
const KINDS = { process: 'process ID', group: 'process group ID', user: 'user ID' } as const;

async function change(ctx: Ctx, which: keyof typeof KINDS, text: string, priority: number): Promise<void> {
  const kind = KINDS[which];
  const who = which === 'user' ? (await loadNames(ctx.sys)).uid(text) : numberOf(text);
  if (who === undefined) {
    await ctx.error(which === 'user' ? `unknown user ${text}` : `bad ${kind} value: ${text}`);
    return;
  }
  let verb = 'get';
  try {
    const old = await ctx.sys.getpriority(who, which);
    verb = 'set';
    await ctx.sys.setpriority(who, priority, which);
    const now = await ctx.sys.getpriority(who, which);
    await ctx.out.line(`${who} (${kind}) old priority ${old}, new priority ${now}`);
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    await ctx.error(`failed to ${verb} priority for ${who} (${kind}): ${error.message}`);
  }
}

export default command(
  {
    name: 'renice',
    usage: ['[-n] PRIORITY [-p] PID...', '[-n] PRIORITY -g PGID...', '[-n] PRIORITY -u USER...'],
    summary: 'Alter the priority of running processes.',
    options: OPTIONS,
    rewrite: (args) => (/^[-+]?\d+$/.test(args[0] ?? '') ? ['-n', ...args] : args),
  },
  async (ctx) => {
    const { priority } = ctx.options;
    if (priority === undefined || ctx.operands.length === 0) throw new UsageError('not enough arguments');
    if (!/^[-+]?\d+$/.test(priority)) throw new UsageError(`invalid priority '${priority}'`);
    const which = ctx.options.user ? 'user' : ctx.options.group ? 'group' : 'process';
    for (const who of ctx.operands) await change(ctx, which, who, Number(priority));
  },
);
