/** renice: changes the niceness of running processes. */
import { type Context, command, SysError, UsageError } from './lib/command.ts';

const OPTIONS = {
  priority: { short: 'n', long: 'priority', arg: 'NUM', help: 'specify the nice value' },
  pid: { short: 'p', long: 'pid', help: 'interpret arguments as process IDs (default)' },
} as const;

async function change(ctx: Context<typeof OPTIONS>, text: string, priority: number): Promise<void> {
  if (!/^\d+$/.test(text)) {
    await ctx.error(`bad process ID value: ${text}`);
    return;
  }
  const pid = Number(text);
  try {
    const old = await ctx.sys.getpriority(pid);
    await ctx.sys.setpriority(pid, priority);
    const now = await ctx.sys.getpriority(pid);
    await ctx.out.line(`${pid} (process ID) old priority ${old}, new priority ${now}`);
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    const verb = error.code === 'ESRCH' ? 'get' : 'set';
    await ctx.error(`failed to ${verb} priority for ${pid} (process ID): ${error.message}`);
  }
}

export default command(
  {
    name: 'renice',
    usage: ['[-n] PRIORITY [-p] PID...', '-n PRIORITY -p PID...'],
    summary: 'Alter the priority of running processes.',
    options: OPTIONS,
    rewrite: (args) => (/^[-+]?\d+$/.test(args[0] ?? '') ? ['-n', ...args] : args),
  },
  async (ctx) => {
    const { priority } = ctx.options;
    if (priority === undefined || ctx.operands.length === 0) throw new UsageError('not enough arguments');
    if (!/^[-+]?\d+$/.test(priority)) throw new UsageError(`invalid priority '${priority}'`);
    for (const pid of ctx.operands) await change(ctx, pid, Number(priority));
  },
);
