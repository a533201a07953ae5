/** /proc/PID: the files of one process, in Linux's formats (proc(5)) as far as ps, top and lsof read them. */
import { makedev, S } from '../../../subsystems/unix/constants.ts';
import type { ProcessInfo } from '../info.ts';
import type { Manager } from '../manager.ts';
import { DELETED_LABEL } from '../objects.ts';
import { isRealTime } from '../scheduling.ts';
import { detailPiece, detailText } from './details.ts';
import { mapLine } from './map-line.ts';
import { mountInfoText, mountsText } from './mounts.ts';
import { type Directory, file, fixed, magicLink, type Node, tabled } from './nodes.ts';

/** Clock ticks per second (sysconf(_SC_CLK_TCK)). */
const TICKS = 100;
const PTS_MAJOR = 136;

const ticks = (ms: number): number => Math.floor((ms * TICKS) / 1000);

/** Bytes of memory of a native program: it has none of its own. */
const PAGE = 4096;

/** Whose files they are; `pm`: of this site, for what all processes see alike. */
interface Shown {
  readonly pm: Manager;
  readonly info: ProcessInfo;
  readonly owner: { readonly uid: number; readonly gid: number };
}

export function processDirectory(pm: Manager, info: ProcessInfo): Directory {
  const owner = { uid: info.creds.euid, gid: info.creds.egid };
  return tabled(FILES, { pm, info, owner }, owner);
}

type MakeNode = (shown: Shown) => Node;

const text =
  (content: (info: ProcessInfo, pm: Manager) => string | Uint8Array, mode?: number): MakeNode =>
  ({ pm, info, owner }) =>
    file(() => content(info, pm), owner, mode);

/** What is computed where the process is, when it is read. */
const detail =
  (name: string, mode?: number): MakeNode =>
  ({ pm, info, owner }) =>
    file(() => detailText(pm, info.pid, name), owner, mode);

const FILES: Readonly<Record<string, MakeNode>> = {
  // Only of ELF programs.
  auxv: text(({ guest }) => auxiliaryBytes(guest?.auxiliary ?? []), 0o400),
  maps: text(({ guest }) => (guest?.regions ?? []).map(mapLine).join('')),
  wchan: text(({ guest }) => guest?.threads[0]?.call ?? '0'),
  fdinfo: (shown) => {
    const { fds } = shown.info;
    return tabled(Object.fromEntries(fds.map(({ fd }) => [fd, detail(`fdinfo/${fd}`)])), shown, shown.owner);
  },
  io: detail('io', 0o400),
  smaps: detail('smaps'),
  smaps_rollup: detail('smaps_rollup'),
  pagemap: ({ pm, info: { pid }, owner }) => ({
    ...file(() => '', owner, 0o400),
    slice: (offset, max) => detailPiece(pm, pid, 'pagemap', offset, max),
  }),
  cmdline: text(({ argv }) => argv.map((word) => `${word}\0`).join('')),
  comm: text(({ comm }) => `${comm}\n`),
  csite: text(({ csite }) => `${csite}\n`),
  cwd: ({ info, owner }) => magicLink(info.cwd, owner),
  environ: text(environText, 0o400),
  exe: ({ info, owner }) => magicLink(info.exe, owner),
  fd: ({ info, owner }) => descriptorDirectory(info, owner),
  limits: text(limitsText),
  mountinfo: ({ pm, owner }) => file(() => mountInfoText(pm), owner),
  mounts: ({ pm, owner }) => file(() => mountsText(pm), owner),
  root: ({ info, owner }) => magicLink(info.root, owner),
  site: text(({ site }) => `${site}\n`),
  stat: text((info, { bootedMs }) => statText(info, bootedMs)),
  statm: text(statmText),
  task: ({ pm, info, owner }) => taskDirectory(info, owner, pm.bootedMs),
  status: text(statusText),
};

function environText({ env }: ProcessInfo): string {
  return Object.entries(env)
    .map(([name, value]) => `${name}=${value}\0`)
    .join('');
}

/** 64-bit words, low half first. */
function auxiliaryBytes(words: readonly number[]): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(words.length * 8));
  words.forEach((word, i) => {
    bytes.setUint32(i * 8, word >>> 0, true);
    bytes.setUint32(i * 8 + 4, Math.floor(word / 0x1_0000_0000), true);
  });
  return new Uint8Array(bytes.buffer);
}

function statmText({ guest }: ProcessInfo): string {
  const pages = (bytes: number): number => Math.ceil(bytes / PAGE);
  if (!guest) return '0 0 0 0 0 0 0\n';
  return `${pages(guest.mappedBytes)} ${pages(guest.residentBytes)} 0 0 0 ${pages(guest.mappedBytes)} 0\n`;
}

/** /proc/PID/task: one directory a thread; a native program has one, with its own number. */
function taskDirectory(info: ProcessInfo, owner: { uid: number; gid: number }, bootedMs: number): Directory {
  const threads = info.guest?.threads ?? [];
  const entries: Record<string, () => Node> = {};
  const add = (tid: number, of: ProcessInfo): void => {
    entries[String(tid)] = () =>
      fixed(
        {
          comm: () => file(() => `${of.comm}\n`, owner),
          stat: () => file(() => statText(of, bootedMs), owner),
          status: () => file(() => statusText(of), owner),
        },
        owner,
      );
  };
  for (const { tid, name, state, pending, blocked } of threads) {
    const signals = { ...info.signals, pending, blocked };
    add(tid, { ...info, tid, comm: name, state: info.state === 'T' ? 'T' : state, signals });
  }
  if (threads.length === 0) add(info.pid, info);
  return fixed(entries, owner);
}

function descriptorDirectory(info: ProcessInfo, owner: { uid: number; gid: number }): Directory {
  return {
    kind: 'directory',
    mode: 0o500,
    ...owner,
    names: () => info.fds.map(({ fd }) => ({ name: String(fd), type: S.IFLNK })),
    find: (name) => {
      const entry = info.fds.find(({ fd }) => String(fd) === name);
      if (!entry) return undefined;
      const { label, fd } = entry;
      return label.startsWith('/') && !label.endsWith(DELETED_LABEL)
        ? magicLink(label, owner)
        : { ...magicLink(label, owner), descriptor: { pid: info.pid, fd } };
    },
  };
}

/** The number of the controlling terminal: that of a /dev/pts slave among the descriptors, else 0. */
function terminalNumber(info: ProcessInfo): number {
  if (!info.terminal) return 0;
  for (const { label } of info.fds) {
    const match = /^\/dev\/pts\/(\d+)$/.exec(label);
    if (match) return makedev(PTS_MAJOR, Number(match[1]));
  }
  return 0;
}

/** proc(5) /proc/PID/stat: fields 1 to 52; what has no meaning here is 0. */
function statText(info: ProcessInfo, bootedMs: number): string {
  const { pid, comm, state, ppid, pgid, sid, usage, nice, threads, startedMs, scheduling } = info;
  const terminal = terminalNumber(info);
  const times = [usage.userMs, usage.systemMs, usage.childUserMs, usage.childSystemMs].map(ticks);
  const priority = isRealTime(scheduling) ? -1 - scheduling.priority : 20 + nice;
  const head = [ppid, pgid, sid, terminal, -1, 0, 0, 0, 0, 0, ...times, priority, nice, threads, 0];
  const start = ticks(Math.max(0, startedMs - bootedMs));
  const rest = new Array<number>(30).fill(0);
  rest[0] = info.guest?.mappedBytes ?? 0;
  rest[1] = Math.ceil((info.guest?.residentBytes ?? 0) / PAGE);
  rest[17] = scheduling.priority;
  rest[18] = scheduling.policy;
  return `${info.tid ?? pid} (${comm}) ${state} ${[...head, start, ...rest].join(' ')}\n`;
}

const STATE_NAMES: Readonly<Record<string, string>> = {
  R: 'running',
  S: 'sleeping',
  T: 'stopped',
  Z: 'zombie',
};

type Row = [string, string | number];

function memoryRows(guest: ProcessInfo['guest']): Row[] {
  if (!guest) return [];
  const kib = (bytes: number): string => `${String(Math.ceil(bytes / 1024)).padStart(8)} kB`;
  return [
    ['VmPeak', kib(guest.mappedBytes)],
    ['VmSize', kib(guest.mappedBytes)],
    ['VmLck', kib(guest.lockedBytes)],
    ['VmHWM', kib(guest.residentBytes)],
    ['VmRSS', kib(guest.residentBytes)],
    ['VmSwap', kib(0)],
  ];
}

function statusText(info: ProcessInfo): string {
  const { comm, umask, state, pid, tid, ppid, creds, fds, threads, signals, site, csite, pgid, sid } = info;
  const { guest, groups } = info;
  const rows: Row[] = [
    ['Name', comm],
    ['Umask', umask.toString(8).padStart(4, '0')],
    ['State', `${state} (${STATE_NAMES[state] ?? 'unknown'})`],
    ['Tgid', pid],
    ['Pid', tid ?? pid],
    ['PPid', ppid],
    ['TracerPid', 0],
    ['Uid', [creds.uid, creds.euid, creds.suid, creds.fsuid].join('\t')],
    ['Gid', [creds.gid, creds.egid, creds.sgid, creds.fsgid].join('\t')],
    ['FDSize', fds.length],
    ['Groups', groups.join(' ')],
    ['NSpgid', pgid],
    ['NSsid', sid],
    ...memoryRows(guest),
    ['Threads', threads],
    ['SigPnd', signals.pending],
    ['ShdPnd', signals.pending],
    ['SigBlk', signals.blocked],
    ['SigIgn', signals.ignored],
    ['SigCgt', signals.caught],
    ['Site', site],
    ['ChildSite', csite],
  ];
  return rows.map(([name, value]) => `${name}:\t${value}\n`).join('');
}

const LIMIT_NAMES: Readonly<Record<string, readonly [string, string]>> = {
  cpu: ['Max cpu time', 'seconds'],
  fsize: ['Max file size', 'bytes'],
  data: ['Max data size', 'bytes'],
  stack: ['Max stack size', 'bytes'],
  core: ['Max core file size', 'bytes'],
  rss: ['Max resident set', 'bytes'],
  nproc: ['Max processes', 'processes'],
  nofile: ['Max open files', 'files'],
  memlock: ['Max locked memory', 'bytes'],
  as: ['Max address space', 'bytes'],
  locks: ['Max file locks', 'locks'],
  sigpending: ['Max pending signals', 'signals'],
  msgqueue: ['Max msgqueue size', 'bytes'],
  nice: ['Max nice priority', ''],
  rtprio: ['Max realtime priority', ''],
  rttime: ['Max realtime timeout', 'us'],
};

function limitsText(info: ProcessInfo): string {
  const shown = (value: number): string => (value === Number.POSITIVE_INFINITY ? 'unlimited' : String(value));
  const line = (name: string, soft: string, hard: string, units: string): string =>
    `${name.padEnd(25)} ${soft.padEnd(20)} ${hard.padEnd(20)} ${units === '' ? '' : units.padEnd(10)}\n`;
  const order = Object.keys(LIMIT_NAMES);
  const known = info.limits.filter(({ name }) => order.includes(name));
  known.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  const rows = known.map(({ name, soft, hard }) => {
    const [title, units] = LIMIT_NAMES[name]!;
    return line(title, shown(soft), shown(hard), units);
  });
  return line('Limit', 'Soft Limit', 'Hard Limit', 'Units') + rows.join('');
}
