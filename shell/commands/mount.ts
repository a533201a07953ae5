/** mount and umount: join volumes and the trees of other sites' servers into this one. */
import { type Context, command, SysError, UsageError } from './lib/command.ts';
import { type Mount, readMounts } from './lib/mounts.ts';
import { canonicalize } from './lib/path.ts';

const MOUNT_OPTIONS = {
  all: { short: 'l', long: 'show-labels', help: '(ignored)' },
  readOnly: { short: 'r', long: 'read-only', help: 'mount read-only (same as -o ro)' },
  readWrite: { short: 'w', long: ['rw', 'read-write'], help: 'mount read-write (default)' },
  options: {
    short: 'o',
    long: 'options',
    arg: 'LIST',
    many: true,
    help: 'comma-separated list of mount options (ro, rw)',
  },
  type: { short: 't', long: 'types', arg: 'TYPE', help: 'file system type: memfs, host, durable, site' },
  verbose: { short: 'v', long: 'verbose', help: 'say what is being done' },
} as const;

const UMOUNT_OPTIONS = {
  all: { short: 'a', long: 'all', help: 'unmount all that can be unmounted' },
  quiet: { short: 'q', long: 'quiet', help: "suppress 'not mounted' error messages" },
  verbose: { short: 'v', long: 'verbose', help: 'say what is being done' },
} as const;

const STATUS_FAILED = 32;

const mountLine = ({ source, target, type, options }: Mount): string =>
  `${source} on ${target} type ${type} (${options})`;

async function list(ctx: Context<typeof MOUNT_OPTIONS>): Promise<void> {
  const types = ctx.options.type?.split(',');
  for (const mount of await readMounts(ctx.sys)) {
    if (!types || types.includes(mount.type)) await ctx.out.line(mountLine(mount));
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'mount point does not exist.',
  ENOTDIR: 'mount point is not a directory.',
  EPERM: 'must be superuser to use mount.',
  ENODEV: 'unknown filesystem type.',
};

export const mount = command(
  {
    name: 'mount',
    usage: ['[-t TYPE]', '[-rwv] [-o OPTIONS] [-t TYPE] SOURCE DIRECTORY'],
    summary: 'Mount a file system, or show all mounted file systems.',
    options: MOUNT_OPTIONS,
    operands: [0, 2],
  },
  async (ctx) => {
    const { options: o, operands, sys, out } = ctx;
    if (operands.length === 0) {
      await list(ctx);
      return 0;
    }
    if (operands.length === 1) throw new UsageError('bad usage');
    const [source, target] = operands as [string, string];
    const words = o.options.flatMap((text) => text.split(','));
    const lastWord = words.findLast((word) => word === 'ro' || word === 'rw');
    const readOnly = o.readOnly || lastWord === 'ro';
    try {
      await sys.mount(source, target, o.type ?? '', { readOnly });
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      await ctx.warn(`${target}: ${REASONS[error.code] ?? `${error.message}.`}`);
      return STATUS_FAILED;
    }
    if (o.verbose) await out.line(`mount: ${source} mounted on ${target}.`);
    return 0;
  },
);

async function unmount(
  ctx: Context<typeof UMOUNT_OPTIONS>,
  name: string,
  mounts: readonly Mount[],
): Promise<boolean> {
  const { sys, options: o } = ctx;
  try {
    const path = await canonicalize(sys, name, 'last');
    const target = mounts.findLast((entry) => entry.target === path || entry.source === name)?.target ?? path;
    await sys.umount(target);
    if (o.verbose) await ctx.out.line(`umount: ${target} unmounted`);
    return true;
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    const reason =
      error.code === 'EINVAL'
        ? 'not mounted.'
        : error.code === 'EBUSY'
          ? 'target is busy.'
          : error.code === 'ENOENT'
            ? 'no mount point specified.'
            : `${error.message}.`;
    if (!(o.quiet && error.code === 'EINVAL')) await ctx.warn(`${name}: ${reason}`);
    return false;
  }
}

export const umount = command(
  {
    name: 'umount',
    usage: ['[-qv] SOURCE | DIRECTORY...', '-a'],
    summary: 'Unmount file systems.',
    options: UMOUNT_OPTIONS,
  },
  async (ctx) => {
    const mounts = await readMounts(ctx.sys);
    const names = ctx.options.all
      ? mounts
          .map(({ target }) => target)
          .filter((target) => target !== '/')
          .reverse()
      : ctx.operands;
    if (names.length === 0 && !ctx.options.all) throw new UsageError('bad usage');
    let failed = false;
    for (const name of names) if (!(await unmount(ctx, name, mounts))) failed = true;
    return failed ? STATUS_FAILED : 0;
  },
);
