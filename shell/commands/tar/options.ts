/** The options of tar, and its old style without a dash (`tar xzf a.tgz`). */
import { type Context, Fatal } from '../lib/command.ts';

export const OPTIONS = {
  create: { short: 'c', long: 'create', help: 'create a new archive' },
  extract: { short: 'x', long: ['extract', 'get'], help: 'extract files from an archive' },
  list: { short: 't', long: 'list', help: 'list the contents of an archive' },
  append: { short: 'r', long: 'append', help: 'append files to the end of an archive' },
  file: {
    short: 'f',
    long: 'file',
    arg: 'ARCHIVE',
    help: "use archive file ARCHIVE ('-' = standard input or output)",
  },
  gzip: { short: 'z', long: ['gzip', 'gunzip', 'ungzip'], help: 'filter the archive through gzip' },
  auto: {
    short: 'a',
    long: 'auto-compress',
    help: 'use archive suffix to determine the compression program',
  },
  verbose: { short: 'v', long: 'verbose', help: 'verbosely list files processed' },
  directory: { short: 'C', long: 'directory', arg: 'DIR', many: true, help: 'change to directory DIR' },
  exclude: { long: 'exclude', arg: 'PATTERN', many: true, help: 'exclude files, given as a PATTERN' },
  excludeFrom: {
    short: 'X',
    long: 'exclude-from',
    arg: 'FILE',
    many: true,
    help: 'exclude patterns listed in FILE',
  },
  filesFrom: {
    short: 'T',
    long: 'files-from',
    arg: 'FILE',
    many: true,
    help: 'get names to extract or create from FILE',
  },
  strip: {
    long: 'strip-components',
    arg: 'NUMBER',
    help: 'strip NUMBER leading components from file names on extraction',
  },
  follow: {
    short: 'h',
    long: 'dereference',
    help: 'follow symlinks; archive and dump the files they point to',
  },
  keepOld: {
    short: 'k',
    long: 'keep-old-files',
    help: "don't replace existing files when extracting, treat them as errors",
  },
  skipOld: {
    long: 'skip-old-files',
    help: "don't replace existing files when extracting, silently skip over them",
  },
  overwrite: { long: 'overwrite', help: 'overwrite existing files when extracting' },
  toStdout: { short: 'O', long: 'to-stdout', help: 'extract files to standard output' },
  touch: { short: 'm', long: 'touch', help: "don't extract file modified time" },
  permissions: {
    short: 'p',
    long: ['preserve-permissions', 'same-permissions'],
    help: 'extract information about file permissions',
  },
  sameOwner: {
    long: 'same-owner',
    help: 'try extracting files with the same ownership as in the archive (root)',
  },
  noSameOwner: { long: 'no-same-owner', help: 'extract files as yourself' },
  noSamePermissions: {
    long: 'no-same-permissions',
    help: "apply the user's umask when extracting permissions",
  },
  absolute: { short: 'P', long: 'absolute-names', help: "don't strip leading '/'s from file names" },
  owner: { long: 'owner', arg: 'NAME', help: 'force NAME as owner for added files' },
  group: { long: 'group', arg: 'NAME', help: 'force NAME as group for added files' },
  mode: { long: 'mode', arg: 'CHANGES', help: 'force (symbolic) mode CHANGES for added files' },
  mtime: { long: 'mtime', arg: 'DATE', help: 'set mtime for added files from DATE' },
  numericOwner: { long: 'numeric-owner', help: 'always use numbers for user/group names' },
  noRecursion: { long: 'no-recursion', help: 'avoid descending automatically in directories' },
  sort: { long: 'sort', arg: 'ORDER', help: 'directory sorting order: none (default), name' },
  wildcards: { long: 'wildcards', help: 'use wildcards for member names' },
  format: { short: 'H', long: 'format', arg: 'FORMAT', help: 'accepted: ustar with pax headers is written' },
  oneFileSystem: { long: 'one-file-system', help: 'stay in local file system when creating archive' },
  null: { long: 'null', help: '-T reads null-terminated names' },
} as const;

export type TarContext = Context<typeof OPTIONS>;
export type Mode = 'create' | 'extract' | 'list' | 'append';

const WITH_ARGUMENT: Readonly<Record<string, true>> = { f: true, C: true, X: true, T: true, H: true };

/** Old style: the first word holds the letters, their arguments follow in order. */
export function oldStyle(args: string[]): string[] {
  const [first, ...rest] = args;
  if (first === undefined || first.startsWith('-') || !/^[a-zA-Z]+$/.test(first)) return args;
  const words: string[] = [];
  let at = 0;
  for (const letter of first) {
    words.push(`-${letter}`);
    if (!WITH_ARGUMENT[letter]) continue;
    const argument = rest[at++];
    if (argument === undefined)
      throw new Fatal(
        `Old option '${letter}' requires an argument.\nTry 'tar --help' or 'tar --usage' for more information.`,
      );
    words.push(argument);
  }
  return [...words, ...rest.slice(at)];
}

const HINT = "Try 'tar --help' or 'tar --usage' for more information.";

export function modeOf({ options: o }: TarContext): Mode {
  const modes = (['create', 'extract', 'list', 'append'] as const).filter((mode) => o[mode]);
  const [mode] = modes;
  if (!mode)
    throw new Fatal(`You must specify one of the '-Acdtrux', '--delete' or '--test-label' options\n${HINT}`);
  if (modes.length > 1)
    throw new Fatal(
      `You may not specify more than one '-Acdtrux', '--delete' or  '--test-label' option\n${HINT}`,
    );
  return mode;
}
