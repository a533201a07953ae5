/** truncate: sets or changes the size of files. */
import { O } from '../../subsystems/unix/constants.ts';
import { command, Fatal, SysError, UsageError } from './lib/command.ts';
import { quote, quoteName } from './lib/quote.ts';
import { parseSize } from './lib/size.ts';

/** The new size, from the old one: SIZE with its prefix + - < > / %. */
function resizer(text: string): ((old: number) => number) | undefined {
  const match = /^\s*([-+<>/%]?)\s*(\w+)$/.exec(text);
  const size = match ? parseSize(match[2]!) : undefined;
  if (!match || size === undefined) return undefined;
  const rules: Record<string, (old: number) => number> = {
    '': () => size,
    '+': (old) => old + size,
    '-': (old) => Math.max(0, old - size),
    '<': (old) => Math.min(old, size),
    '>': (old) => Math.max(old, size),
    '/': (old) => old - (old % size),
    '%': (old) => Math.ceil(old / size) * size,
  };
  if (/[/%]/.test(match[1]!) && size === 0) throw new UsageError('division by zero');
  return rules[match[1]!];
}

export default command(
  {
    name: 'truncate',
    usage: 'OPTION... FILE...',
    summary: 'Shrink or extend the size of each FILE to the specified size.',
    options: {
      noCreate: { short: 'c', long: 'no-create', help: 'do not create any files' },
      blocks: { short: 'o', long: 'io-blocks', help: 'treat SIZE as number of IO blocks instead of bytes' },
      reference: { short: 'r', long: 'reference', arg: 'RFILE', help: 'base size on RFILE' },
      size: { short: 's', long: 'size', arg: 'SIZE', help: 'set or adjust the file size by SIZE bytes' },
    },
  },
  async (ctx) => {
    const { options: o, sys } = ctx;
    if (o.size === undefined && o.reference === undefined)
      throw new UsageError("you must specify either '--size' or '--reference'");
    const resize = o.size === undefined ? (old: number) => old : resizer(o.size);
    if (!resize) throw new Fatal(`Invalid number: ${quote(o.size!)}`);
    if (ctx.operands.length === 0) throw new UsageError('missing file operand');
    const base = o.reference === undefined ? undefined : (await sys.stat(o.reference)).size;
    for (const path of ctx.operands) {
      try {
        const fd = await sys.open(path, O.WRONLY | O.NONBLOCK | (o.noCreate ? 0 : O.CREAT), 0o666);
        const stat = await sys.fstat(fd);
        const unit = o.blocks ? stat.blksize : 1;
        await sys.ftruncate(fd, resize((base ?? stat.size) / unit) * unit);
        await sys.close(fd);
      } catch (error) {
        if (!(error instanceof SysError)) throw error;
        if (o.noCreate && error.code === 'ENOENT') continue;
        await ctx.error(`cannot open ${quoteName(path)} for writing: ${error.message}`);
      }
    }
  },
);
