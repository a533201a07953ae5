/**
 * Operands of cp, mv, ln and install: SOURCE DEST, SOURCE... DIRECTORY, -t DIRECTORY, -T; and backups of
 * what is replaced.
 */

import { isDirectory } from '../../../subsystems/unix/constants.ts';
import type { Sys } from '../../../subsystems/unix/sys.ts';
import { choose } from './choice.ts';
import { type Context, Fatal, type OptionTable, UsageError } from './command.ts';
import { baseName, joinPath } from './path.ts';
import { quoteName } from './quote.ts';
import { listDirectory, statIfAny } from './walk.ts';

export const TARGET_OPTIONS = {
  targetDirectory: {
    short: 't',
    long: 'target-directory',
    arg: 'DIRECTORY',
    help: 'put all SOURCE arguments into DIRECTORY',
  },
  noTargetDirectory: { short: 'T', long: 'no-target-directory', help: 'treat DEST as a normal file' },
  backup: {
    long: 'backup',
    arg: 'CONTROL',
    optional: true,
    help: 'make a backup of each existing destination file',
  },
  simpleBackup: { short: 'b', help: 'like --backup but does not accept an argument' },
  suffix: { short: 'S', long: 'suffix', arg: 'SUFFIX', help: 'override the usual backup suffix' },
} as const;

type TargetTable = typeof TARGET_OPTIONS & OptionTable;

export interface Targets {
  sources: string[];
  /** Directory that sources go into, or undefined: then `file` is the destination. */
  directory: string | undefined;
  file: string;
}

async function isDir(sys: Sys, path: string): Promise<boolean> {
  const stat = await statIfAny(sys, path, true);
  return stat !== undefined && isDirectory(stat.mode);
}

function requireDestination(operands: readonly string[]): void {
  if (operands.length === 0) throw new UsageError('missing file operand');
  if (operands.length === 1)
    throw new UsageError(`missing destination file operand after ${quoteName(operands[0]!)}`);
}

/** Reads sources and destination from the operands. Throws with GNU's texts. */
export async function targetsOf<T extends TargetTable>(ctx: Context<T>): Promise<Targets> {
  const { sys, operands } = ctx;
  const options = ctx.options as { targetDirectory?: string; noTargetDirectory?: boolean };
  if (options.targetDirectory !== undefined) {
    if (options.noTargetDirectory)
      throw new Fatal('cannot combine --target-directory (-t) and --no-target-directory (-T)');
    if (operands.length === 0) throw new UsageError('missing file operand');
    const directory = options.targetDirectory;
    const stat = await statIfAny(sys, directory, true);
    if (!stat) throw new Fatal(`target directory ${quoteName(directory)}: No such file or directory`);
    if (!isDirectory(stat.mode)) throw new Fatal(`target directory ${quoteName(directory)}: Not a directory`);
    return { sources: operands, directory, file: '' };
  }
  requireDestination(operands);
  const sources = operands.slice(0, -1);
  const last = operands.at(-1)!;
  if (options.noTargetDirectory) {
    if (operands.length > 2) throw new UsageError(`extra operand ${quoteName(operands[2]!)}`);
    return { sources, directory: undefined, file: last };
  }
  if (await isDir(sys, last)) return { sources, directory: last, file: '' };
  if (sources.length > 1) {
    const exists = await statIfAny(sys, last, true);
    throw new Fatal(
      `target ${quoteName(last)}${exists ? ': Not a directory' : ': No such file or directory'}`,
    );
  }
  return { sources, directory: undefined, file: last };
}

/** Where `source` goes. */
export function destinationOf(targets: Targets, source: string): string {
  return targets.directory === undefined ? targets.file : joinPath(targets.directory, baseName(source));
}

export type BackupKind = 'none' | 'simple' | 'numbered' | 'existing';

const KINDS: Readonly<Record<string, BackupKind>> = {
  none: 'none',
  off: 'none',
  simple: 'simple',
  never: 'simple',
  existing: 'existing',
  nil: 'existing',
  numbered: 'numbered',
  t: 'numbered',
};

/** What -b, --backup and VERSION_CONTROL ask for. */
export function backupKind<T extends TargetTable>(ctx: Context<T>): BackupKind {
  const options = ctx.options as { backup?: string | true; simpleBackup?: boolean; suffix?: string };
  if (options.backup === undefined && !options.simpleBackup && options.suffix === undefined) return 'none';
  const control =
    typeof options.backup === 'string' ? options.backup : (ctx.sys.env.VERSION_CONTROL ?? 'existing');
  return choose(
    ctx.name,
    KINDS,
    control,
    typeof options.backup === 'string' ? 'backup type' : '$VERSION_CONTROL',
  );
}

/** Moves an existing `path` out of the way; returns the backup's name. */
export async function makeBackup(sys: Sys, path: string, kind: BackupKind, suffix: string): Promise<string> {
  const base = baseName(path);
  const dir = path.slice(0, path.length - base.length) || '.';
  const numbers = (await listDirectory(sys, dir)).map(({ name }) => {
    const tail = name.startsWith(`${base}.~`) ? /^\.~(\d+)~$/.exec(name.slice(base.length)) : null;
    return tail ? Number(tail[1]) : 0;
  });
  const highest = Math.max(0, ...numbers);
  const numbered = kind === 'numbered' || (kind === 'existing' && highest > 0);
  const backup = numbered ? `${path}.~${highest + 1}~` : path + suffix;
  await sys.rename(path, backup);
  return backup;
}
