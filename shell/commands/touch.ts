/** touch: makes files, and sets their times. */

import { O } from '../../subsystems/unix/constants.ts';
import { choose } from './lib/choice.ts';
import { type Context, command, Fatal, SysError, UsageError } from './lib/command.ts';
import { parseDate, parseStamp } from './lib/dateparse.ts';
import { quote, quoteFile, quoteName } from './lib/quote.ts';
import { zoneOf } from './lib/zone.ts';

const OPTIONS = {
  access: { short: 'a', help: 'change only the access time' },
  noCreate: { short: 'c', long: 'no-create', help: 'do not create any files' },
  date: { short: 'd', long: 'date', arg: 'STRING', help: 'parse STRING and use it instead of current time' },
  ignored: { short: 'f', help: '(ignored)' },
  noDereference: {
    short: 'h',
    long: 'no-dereference',
    help: 'affect each symbolic link instead of any referenced file',
  },
  modify: { short: 'm', help: 'change only the modification time' },
  reference: {
    short: 'r',
    long: 'reference',
    arg: 'FILE',
    help: "use this file's times instead of current time",
  },
  stamp: { short: 't', arg: 'STAMP', help: 'use [[CC]YY]MMDDhhmm[.ss] instead of current time' },
  which: {
    long: 'time',
    arg: 'WORD',
    help: 'change the specified time: access, atime, use, modify or mtime',
  },
} as const;

type Touch = Context<typeof OPTIONS>;
interface Times {
  atime: number | 'now' | 'omit';
  mtime: number | 'now' | 'omit';
}

async function baseTimes(ctx: Touch): Promise<Times> {
  const { options: o, sys } = ctx;
  const zone = zoneOf(sys.env);
  if (o.stamp !== undefined) {
    if (o.date !== undefined || o.reference !== undefined)
      throw new UsageError('cannot specify times from more than one source');
    const ms = parseStamp(o.stamp, sys.now(), zone);
    if (ms === undefined) throw new Fatal(`invalid date format ${quote(o.stamp)}`);
    return { atime: ms, mtime: ms };
  }
  let times: Times = { atime: 'now', mtime: 'now' };
  if (o.reference !== undefined) {
    try {
      const stat = await (o.noDereference ? sys.lstat(o.reference) : sys.stat(o.reference));
      times = { atime: stat.atimeMs, mtime: stat.mtimeMs };
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      throw new Fatal(`failed to get attributes of ${quoteName(o.reference)}: ${error.message}`);
    }
  }
  if (o.date === undefined) return times;
  const from = (time: Times['atime']): number => {
    const ms = parseDate(o.date!, typeof time === 'number' ? time : sys.now(), zone);
    if (ms === undefined) throw new Fatal(`invalid date format ${quote(o.date!)}`);
    return ms;
  };
  return { atime: from(times.atime), mtime: from(times.mtime) };
}

async function touchOne(ctx: Touch, path: string, { atime, mtime }: Times): Promise<void> {
  const { sys, options: o } = ctx;
  try {
    await sys.utimens(path, atime, mtime, { noFollow: o.noDereference });
    return;
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    if (error.code !== 'ENOENT') {
      await ctx.error(`setting times of ${quoteName(path)}: ${error.message}`);
      return;
    }
  }
  if (o.noCreate) return;
  if (o.noDereference) {
    await ctx.error(`setting times of ${quoteName(path)}: No such file or directory`);
    return;
  }
  await ctx.attempt(
    () => (path === '' ? `cannot touch ${quoteName(path)}` : `cannot touch ${quoteName(path)}`),
    async () => {
      const fd = await sys.open(path, O.WRONLY | O.CREAT | O.NOCTTY | O.NONBLOCK, 0o666);
      await sys.futimens(fd, atime, mtime);
      await sys.close(fd);
    },
  );
}

/** Words of --time. */
const TIMES = {
  atime: 'access',
  access: 'access',
  use: 'access',
  mtime: 'modify',
  modify: 'modify',
} as const;

export default command(
  {
    name: 'touch',
    usage: '[OPTION]... FILE...',
    summary:
      'Update the access and modification times of each FILE to the current time.\n\nA FILE argument that does not exist is created empty, unless -c or -h is supplied.',
    options: OPTIONS,
  },
  async (ctx) => {
    const { options: o } = ctx;
    const which = o.which === undefined ? undefined : choose('touch', TIMES, o.which, '--time');
    const access = o.access || which === 'access';
    const modify = o.modify || which === 'modify';
    const times = await baseTimes(ctx);
    if (ctx.operands.length === 0) throw new UsageError('missing file operand');
    if (access && !modify) times.mtime = 'omit';
    if (modify && !access) times.atime = 'omit';
    for (const path of ctx.operands) {
      if (path === '-')
        await ctx.attempt(
          () => quoteFile(path),
          () => ctx.sys.futimens(1, times.atime, times.mtime),
        );
      else await touchOne(ctx, path, times);
    }
  },
);
