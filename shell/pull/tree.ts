/**
 * The directory that packages are unpacked into, as a root file system: /usr merged (bin → usr/bin …) before
 * anything is unpacked, and afterwards what maintainer scripts would have left that programs cannot do
 * without. The scripts themselves are not run: they are programs of another machine.
 */
import { existsSync, lstatSync } from 'node:fs';
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { Package } from './apt.ts';
import { command } from './command.ts';

/** Which packages lie in the tree: `name version architecture` a line. */
const RECORD = 'var/lib/chorus/packages';

const MERGED = ['bin', 'sbin', 'lib'];

/** Among them the places that a system mounts on when this is its root. */
const DIRECTORIES: readonly (readonly [path: string, mode: number])[] = [
  ['chorus', 0o755],
  ['dev', 0o755],
  ['etc', 0o755],
  ['home', 0o755],
  ['proc', 0o555],
  ['root', 0o700],
  ['run', 0o755],
  ['sys', 0o555],
  ['tmp', 0o1777],
  ['var/tmp', 0o1777],
  ['var/log', 0o755],
];

const PASSWD = [
  'root:x:0:0:root:/root:/bin/sh',
  'daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin',
  'user:x:1000:1000:user:/home/user:/bin/sh',
  'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin',
];
const GROUP = ['root:x:0:', 'daemon:x:1:', 'tty:x:5:', 'user:x:1000:', 'nogroup:x:65534:'];

/** Files that programs look for: path, master copy in the tree, content when there is none. */
const FILES: readonly (readonly [path: string, master: string | undefined, lines: readonly string[]])[] = [
  ['etc/passwd', 'usr/share/base-passwd/passwd.master', PASSWD],
  ['etc/group', 'usr/share/base-passwd/group.master', GROUP],
  ['etc/hosts', undefined, ['127.0.0.1\tlocalhost', '::1\tlocalhost']],
  [
    'etc/nsswitch.conf',
    'usr/share/libc-bin/nsswitch.conf',
    ['passwd: files', 'group: files', 'hosts: files dns'],
  ],
];

/** What /bin/sh may be, the best first. */
const SHELLS = ['dash', 'bash', 'busybox'];

const present = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

/** Makes the tree ready to be unpacked into. */
export async function prepareTree(root: string): Promise<void> {
  await mkdir(root, { recursive: true });
  for (const name of MERGED) {
    await mkdir(join(root, 'usr', name), { recursive: true });
    if (!present(join(root, name))) await symlink(`usr/${name}`, join(root, name));
  }
}

/** The packages in the tree, as `name version architecture`. */
export async function recorded(root: string): Promise<Set<string>> {
  const text = await readFile(join(root, RECORD), 'utf8').catch(() => '');
  return new Set(text.split('\n').filter((line) => line !== ''));
}

export const recordOf = ({ name, version, architecture }: Package): string =>
  `${name} ${version} ${architecture}`;

/** Unpacks one archive. Throws PullError. */
export async function unpack(root: string, archive: string): Promise<void> {
  await command('dpkg-deb', ['--extract', archive, root]);
}

/** Notes what lies in the tree; an older version of a package is replaced. */
export async function record(root: string, packages: readonly Package[]): Promise<void> {
  const lines = new Map([...(await recorded(root))].map((line) => [line.split(' ')[0]!, line]));
  for (const entry of packages) lines.set(entry.name, recordOf(entry));
  await mkdir(dirname(join(root, RECORD)), { recursive: true });
  await writeFile(join(root, RECORD), [...lines.values()].sort().join('\n').concat('\n'));
}

/** What maintainer scripts would have left. */
export async function settleTree(root: string, archives: readonly string[]): Promise<void> {
  for (const [path, mode] of DIRECTORIES) {
    if (existsSync(join(root, path))) continue;
    await mkdir(join(root, path), { recursive: true });
    await chmod(join(root, path), mode);
  }
  for (const [path, master, lines] of FILES) {
    if (present(join(root, path))) continue;
    const copy = master === undefined ? undefined : await readFile(join(root, master)).catch(() => undefined);
    await writeFile(join(root, path), copy ?? `${lines.join('\n')}\n`);
  }
  await linkAlternatives(root, archives);
  const shell = SHELLS.find((name) => existsSync(join(root, 'usr/bin', name)));
  if (shell !== undefined && !present(join(root, 'usr/bin/sh')))
    await symlink(shell, join(root, 'usr/bin/sh'));
}

const ALTERNATIVE = /--install\s+(\/[^\s$"]+)\s+([^\s$"]+)\s+(\/[^\s$"]+)\s+(\d+)/g;

/**
 * Names that several packages can provide (awk, lua …): what the scripts give to update-alternatives(1),
 * the highest priority first. A name that is there already stays.
 */
async function linkAlternatives(root: string, archives: readonly string[]): Promise<void> {
  const best = new Map<string, { target: string; priority: number }>();
  for (const archive of archives) {
    const script = await command('dpkg-deb', ['--info', archive, 'postinst']).catch(() => '');
    for (const [, link = '', , target = '', text] of script.replaceAll('\\\n', ' ').matchAll(ALTERNATIVE)) {
      const priority = Number(text);
      if (priority > (best.get(link)?.priority ?? -1)) best.set(link, { target, priority });
    }
  }
  for (const [link, { target }] of best) {
    const path = join(root, link);
    if (present(path) || !existsSync(join(root, target))) continue;
    await mkdir(dirname(path), { recursive: true });
    await symlink(relative(dirname(link), target), path);
  }
}
