/** /proc/PID: the files of one process, in Linux's formats (proc(5)) as far as ps, top and lsof read them. */
import { makedev, S } from '../../../subsystems/unix/constants.ts';
import type { ProcessInfo } from '../info.ts';
import { DELETED_LABEL } from '../objects.ts';
import { type Directory, file, fixed, link, type Node } from './nodes.ts';

/** Clock ticks per second (sysconf(_SC_CLK_TCK)). */
const TICKS = 100;
const PTS_MAJOR = 136;

const ticks = (ms: number): number => Math.floor((ms * TICKS) / 1000);

export function processDirectory(info: ProcessInfo, bootedMs: number): Directory {
  const owner = { uid: info.creds.euid, gid: info.creds.egid };
  const text =
    (content: () => string, mode?: number): (() => Node) =>
    () =>
      file(content, owner, mode);
  return fixed(
    {
      cmdline: text(() => info.argv.map((word) => `${word}\0`).join('')),
      comm: text(() => `${info.comm}\n`),
      csite: text(() => `${info.csite}\n`),
      cwd: () => link(info.cwd, owner),
      environ: text(
        () =>
          Object.entries(info.env)
            .map(([name, value]) => `${name}=${value}\0`)
            .join(''),
        0o400,
      ),
      exe: () => link(info.exe, owner),
      fd: () => descriptorDirectory(info, owner),
      limits: text(() => limitsText(info)),
      root: () => link(info.root, owner),
      site: text(() => `${info.site}\n`),
      stat: text(() => statText(info, bootedMs)),
      statm: text(() => '0 0 0 0 0 0 0\n'),
      status: text(() => statusText(info)),
    },
    owner,
  );
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
        ? link(label, owner)
        : { ...link(label, owner), descriptor: { pid: info.pid, fd } };
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
  const { pid, comm, state, ppid, pgid, sid, usage, nice, threads, startedMs } = info;
  const terminal = terminalNumber(info);
  const times = [usage.userMs, usage.systemMs, usage.childUserMs, usage.childSystemMs].map(ticks);
  const head = [ppid, pgid, sid, terminal, -1, 0, 0, 0, 0, 0, ...times, 20 + nice, nice, threads, 0];
  const start = ticks(Math.max(0, startedMs - bootedMs));
  const rest = new Array<number>(30).fill(0);
  return `${pid} (${comm}) ${state} ${[...head, start, ...rest].join(' ')}\n`;
}

const STATE_NAMES: Readonly<Record<string, string>> = {
  R: 'running',
  S: 'sleeping',
  T: 'stopped',
  Z: 'zombie',
};

function statusText(info: ProcessInfo): string {
  const { comm, umask, state, pid, ppid, creds, fds, threads, signals, site, csite, pgid, sid } = info;
  const rows: [string, string | number][] = [
    ['Name', comm],
    ['Umask', umask.toString(8).padStart(4, '0')],
    ['State', `${state} (${STATE_NAMES[state] ?? 'unknown'})`],
    ['Tgid', pid],
    ['Pid', pid],
    ['PPid', ppid],
    ['TracerPid', 0],
    ['Uid', [creds.uid, creds.euid, creds.suid, creds.euid].join('\t')],
    ['Gid', [creds.gid, creds.egid, creds.sgid, creds.egid].join('\t')],
    ['FDSize', fds.length],
    ['Groups', creds.egid],
    ['NSpgid', pgid],
    ['NSsid', sid],
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
  nproc: ['Max processes', 'processes'],
  nofile: ['Max open files', 'files'],
  as: ['Max address space', 'bytes'],
};

function limitsText(info: ProcessInfo): string {
  const shown = (value: number): string => (value === Number.POSITIVE_INFINITY ? 'unlimited' : String(value));
  const line = (name: string, soft: string, hard: string, units: string): string =>
    `${name.padEnd(25)} ${soft.padEnd(20)} ${hard.padEnd(20)} ${units.padEnd(10)}\n`;
  const rows = info.limits.map(({ name, soft, hard }) => {
    const [title, units] = LIMIT_NAMES[name] ?? [name, ''];
    return line(title, shown(soft), shown(hard), units);
  });
  return line('Limit', 'Soft Limit', 'Hard Limit', 'Units') + rows.join('');
}
