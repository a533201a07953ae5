/**
 * Fills a fresh volume with the small standard tree that scripts expect: /bin, /dev, /etc, /home/user, /proc,
 * /root, /tmp, /usr, /var. One table of files and one of devices. A volume that has a tree (a durable one
 * after a reboot, somebody's own root directory) keeps it: only what is missing is added.
 *
 * Under a root directory of the host that is no place for our files, devices and programs have volumes of
 * their own: what is missing there are the names that scripts begin with, as links to the programs.
 *
 * The file of a native program holds its magic line, by which exec recognises it: "\x7fNATIVE name\n".
 */
import type { Ino, NewInode, Volume } from '../../drivers/volume.ts';
import { Device, isDirectory, S } from '../../subsystems/unix/constants.ts';

export interface StandardTreeOptions {
  /** Names of native programs; those that start with '.' are hidden: no file is made. */
  readonly programs: readonly string[];
  /** Names of the sites, this one first. */
  readonly hostnames: readonly string[];
  /** Devices and programs are elsewhere: programs in this directory. */
  readonly programsIn?: string;
}

const USER_ID = 1000;

/** Path, mode, owner. Parents come before children. */
const DIRECTORIES: readonly (readonly [path: string, mode: number, owner: number])[] = [
  ['bin', 0o755, 0],
  ['dev', 0o755, 0],
  ['dev/pts', 0o755, 0],
  ['dev/shm', 0o1777, 0],
  ['etc', 0o755, 0],
  ['home', 0o755, 0],
  ['home/user', 0o755, USER_ID],
  ['proc', 0o555, 0],
  ['root', 0o700, 0],
  ['tmp', 0o1777, 0],
  ['usr', 0o755, 0],
  ['usr/share', 0o755, 0],
  ['var', 0o755, 0],
  ['var/log', 0o755, 0],
  ['var/tmp', 0o1777, 0],
];

const SYMLINKS: readonly (readonly [path: string, target: string])[] = [
  ['usr/bin', '../bin'],
  ['sbin', 'bin'],
  ['usr/sbin', '../bin'],
  ['dev/fd', '/proc/self/fd'],
  ['dev/stdin', '/proc/self/fd/0'],
  ['dev/stdout', '/proc/self/fd/1'],
  ['dev/stderr', '/proc/self/fd/2'],
];

/** Names that the first lines of scripts have; also where /usr/bin is a directory of its own. */
const INTERPRETERS = ['bin/sh', 'usr/bin/sh', 'bin/env', 'usr/bin/env'];

const DEVICES: readonly (readonly [name: string, mode: number, rdev: number])[] = [
  ['null', 0o666, Device.null],
  ['zero', 0o666, Device.zero],
  ['full', 0o666, Device.full],
  ['random', 0o666, Device.random],
  ['urandom', 0o666, Device.urandom],
  ['tty', 0o666, Device.tty],
  ['console', 0o600, Device.console],
  ['ptmx', 0o666, Device.ptmx],
];

const PASSWD = [
  'root:x:0:0:root:/root:/bin/sh',
  'daemon:x:1:1:daemon:/:/bin/false',
  `user:x:${USER_ID}:${USER_ID}:user:/home/user:/bin/sh`,
  'nobody:x:65534:65534:nobody:/:/bin/false',
];
const GROUP = ['root:x:0:', 'daemon:x:1:', 'tty:x:5:', `user:x:${USER_ID}:`, 'nogroup:x:65534:'];
/** What the C library asks to find names: files and nothing else, there is no name server. */
const NSSWITCH = [
  'passwd: files',
  'group: files',
  'shadow: files',
  'hosts: files',
  'networks: files',
  'protocols: files',
  'services: files',
];
const RESOLV = ['# No name server: /etc/hosts has every name there is.'];
const PROTOCOLS = ['ip\t0\tIP', 'icmp\t1\tICMP', 'tcp\t6\tTCP', 'udp\t17\tUDP', 'ipv6\t41\tIPv6'];
const SERVICES = [
  'echo\t\t7/tcp',
  'echo\t\t7/udp',
  'discard\t\t9/tcp\t\tsink null',
  'discard\t\t9/udp\t\tsink null',
  'ftp\t\t21/tcp',
  'ssh\t\t22/tcp',
  'telnet\t\t23/tcp',
  'smtp\t\t25/tcp\t\tmail',
  'domain\t\t53/tcp',
  'domain\t\t53/udp',
  'http\t\t80/tcp\t\twww',
  'ntp\t\t123/udp',
  'https\t\t443/tcp',
];
const SHELLS = ['/bin/sh'];
const PROFILE = ['# System-wide start-up file of login shells.', 'export PATH=/bin:/usr/bin'];

const LOCALHOST = ['127.0.0.1\tlocalhost', '::1\tlocalhost ip6-localhost ip6-loopback'];
const FOR_THE_C_LIBRARY: readonly (readonly [name: string, text: readonly string[]])[] = [
  ['nsswitch.conf', NSSWITCH],
  ['resolv.conf', RESOLV],
  ['protocols', PROTOCOLS],
  ['services', SERVICES],
  ['shells', SHELLS],
];

/** Adds what is missing. */
export function fillStandardTree(volume: Volume, options: StandardTreeOptions): void {
  if (volume.readOnly) return;
  const filler = new Filler(volume);
  for (const [path, mode, owner] of DIRECTORIES) filler.directory(path, mode, owner);
  for (const [path, target] of SYMLINKS) filler.node(path, { mode: S.IFLNK | 0o777, target });
  const [hostname = 'site1'] = options.hostnames;
  filler.file('etc/passwd', lines(PASSWD), 0o644);
  filler.file('etc/group', lines(GROUP), 0o644);
  filler.file('etc/hosts', lines([...LOCALHOST, ...options.hostnames.map(hostLine)]), 0o644);
  filler.file('etc/hostname', lines([hostname]), 0o644);
  filler.file('etc/profile', lines(PROFILE), 0o644);
  for (const [name, text] of FOR_THE_C_LIBRARY) filler.file(`etc/${name}`, lines(text), 0o644);
  const { programsIn } = options;
  if (programsIn === undefined) {
    filler.devices('dev/');
    filler.programs('bin/', options.programs);
    return;
  }
  for (const path of INTERPRETERS) {
    filler.node(path, { mode: S.IFLNK | 0o777, target: `${programsIn}${path.slice(path.lastIndexOf('/'))}` });
  }
}

/** Fills the volume that is mounted at /dev. */
export function fillDevices(volume: Volume): void {
  const filler = new Filler(volume);
  filler.directory('pts', 0o755, 0);
  filler.directory('shm', 0o1777, 0);
  for (const [path, target] of SYMLINKS) {
    if (path.startsWith('dev/')) filler.node(path.slice('dev/'.length), { mode: S.IFLNK | 0o777, target });
  }
  filler.devices('');
}

/** Fills a volume with the native programs, in its bin. */
export function fillPrograms(volume: Volume, programs: readonly string[]): void {
  const filler = new Filler(volume);
  filler.directory('bin', 0o755, 0);
  filler.programs('bin/', programs);
}

/** Makes a volume a place for everybody's temporary files. */
export function fillTemporary(volume: Volume): void {
  volume.setAttributes(volume.root, { mode: 0o1777 });
}

function lines(text: readonly string[]): string {
  return `${text.join('\n')}\n`;
}

function hostLine(name: string, index: number): string {
  return `127.0.1.${index + 1}\t${name}`;
}

/** First bytes of a native program's file. */
export function nativeImage(name: string): string {
  return `\x7fNATIVE ${name}\n`;
}

class Filler {
  private readonly volume: Volume;
  private readonly directories = new Map<string, Ino>();
  private readonly encoder = new TextEncoder();

  constructor(volume: Volume) {
    this.volume = volume;
    this.directories.set('', volume.root);
  }

  directory(path: string, mode: number, owner: number): void {
    const ino = this.make(path, { mode: S.IFDIR | mode, uid: owner, gid: owner });
    if (ino !== undefined && isDirectory(this.volume.attributes(ino).mode)) this.directories.set(path, ino);
  }

  node(path: string, inode: Pick<NewInode, 'mode' | 'rdev' | 'target'>): void {
    this.make(path, { ...inode, uid: 0, gid: 0 });
  }

  devices(prefix: string): void {
    for (const [name, mode, rdev] of DEVICES) this.node(`${prefix}${name}`, { mode: S.IFCHR | mode, rdev });
  }

  /** Names that start with '.' are hidden. */
  programs(prefix: string, names: readonly string[]): void {
    for (const name of names) {
      if (!name.startsWith('.')) this.file(`${prefix}${name}`, nativeImage(name), 0o755);
    }
  }

  file(path: string, content: string, mode: number): void {
    const { directory, name } = this.split(path);
    if (directory === undefined || this.volume.lookup(directory, name) !== undefined) return;
    const ino = this.make(path, { mode: S.IFREG | mode, uid: 0, gid: 0 });
    if (ino !== undefined) this.volume.write(ino, 0, this.encoder.encode(content));
  }

  /** The inode at `path`, made if missing; undefined when its parent is no directory. */
  private make(path: string, inode: NewInode): Ino | undefined {
    const { directory, name } = this.split(path);
    if (directory === undefined) return undefined;
    return this.volume.lookup(directory, name) ?? this.volume.create(directory, name, inode);
  }

  private split(path: string): { directory: Ino | undefined; name: string } {
    const slash = path.lastIndexOf('/');
    return {
      directory: this.directories.get(path.slice(0, Math.max(0, slash))),
      name: path.slice(slash + 1),
    };
  }
}
