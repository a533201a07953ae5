/** ps: the processes of all sites, as /proc shows them. POSIX options, and BSD's aux. */

import { type Context, command, Fatal, SysError, UsageError } from './lib/command.ts';
import type { Names } from './lib/names.ts';
import { loadNames } from './lib/names.ts';
import { commandText, type ProcInfo, readProcesses, ttyText, uptimeMs } from './lib/procfs.ts';
import { quote } from './lib/quote.ts';
import { strftime } from './lib/strftime.ts';
import { type Zone, zoneOf } from './lib/zone.ts';

const OPTIONS = {
  all: { short: 'eA', help: 'all processes' },
  withTty: { short: 'a', help: 'all with a terminal, except session leaders' },
  notLeaders: { short: 'd', help: 'all except session leaders' },
  full: { short: 'f', help: 'full format: UID PID PPID C STIME TTY TIME CMD' },
  long: { short: 'l', help: 'long format' },
  jobs: { short: 'j', help: 'jobs format' },
  format: { short: 'o', long: 'format', arg: 'FORMAT', many: true, help: 'user-defined format' },
  pids: { short: 'p', long: 'pid', arg: 'PIDLIST', many: true, help: 'by process id' },
  ppids: { long: 'ppid', arg: 'PIDLIST', many: true, help: 'by parent process id' },
  groups: { short: 'g', long: 'group', arg: 'LIST', many: true, help: 'by session or effective group name' },
  ttys: { short: 't', long: 'tty', arg: 'TTYLIST', many: true, help: 'by terminal' },
  users: { short: 'u', long: 'user', arg: 'USERLIST', many: true, help: 'by effective user id or name' },
  realUsers: { short: 'U', long: 'User', arg: 'USERLIST', many: true, help: 'by real user id or name' },
  names: { short: 'C', arg: 'CMDLIST', many: true, help: 'by command name' },
  noHeaders: { long: ['no-headers', 'no-heading'], help: 'print no header line' },
  sort: { long: 'sort', arg: 'KEYS', help: 'sort by [+-]key[,…]' },
  wide: { short: 'w', help: 'wide output' },
  bsd: { long: 'bsd', arg: 'LETTERS' },
} as const;

type Ps = Context<typeof OPTIONS>;

interface View {
  names: Names;
  zone: Zone;
  nowMs: number;
  bootMs: number;
}

interface Column {
  header: string;
  /** Least width; numbers are on the right. */
  width: number;
  right?: boolean;
  text(p: ProcInfo, view: View): string | number;
  sort?(p: ProcInfo): number | string;
}

const two = (n: number): string => String(n).padStart(2, '0');

/** [DD-]HH:MM:SS of CPU time, or MMM:SS in BSD formats. */
function cpuTime(ms: number, bsd = false): string {
  const total = Math.floor(ms / 1000);
  if (bsd) return `${Math.floor(total / 60)}:${two(total % 60)}`;
  const days = Math.floor(total / 86400);
  const clock = `${two(Math.floor(total / 3600) % 24)}:${two(Math.floor(total / 60) % 60)}:${two(total % 60)}`;
  return days > 0 ? `${days}-${clock}` : clock;
}

/** [[DD-]HH:]MM:SS since the start. */
function elapsed(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  const rest = `${two(Math.floor(total / 60) % 60)}:${two(total % 60)}`;
  const hours = Math.floor(total / 3600);
  if (hours === 0) return rest;
  return hours < 24 ? `${two(hours)}:${rest}` : `${Math.floor(hours / 24)}-${two(hours % 24)}:${rest}`;
}

const cpuMs = (p: ProcInfo): number => p.userMs + p.systemMs;
const startedMs = (p: ProcInfo, view: View): number => view.bootMs + p.startMs;
const share = (p: ProcInfo, view: View): number => {
  const lived = view.nowMs - startedMs(p, view);
  return lived > 0 ? Math.min(99.9, (cpuMs(p) * 100) / lived) : 0;
};

function startText(p: ProcInfo, { zone, nowMs, bootMs }: View): string {
  const ms = bootMs + p.startMs;
  return strftime(nowMs - ms < 86_400_000 ? '%H:%M' : '%b%d', ms, zone);
}

/** The state letter with BSD's additions: s session leader, + foreground, N and < for niceness, l threads. */
function stateText(p: ProcInfo): string {
  const nice = p.nice < 0 ? '<' : p.nice > 0 ? 'N' : '';
  const leader = p.session === p.pid ? 's' : '';
  const threads = p.threads > 1 ? 'l' : '';
  const foreground = p.tpgid > 0 && p.tpgid === p.pgrp ? '+' : '';
  return p.state + nice + leader + threads + foreground;
}

const numeric = (header: string, width: number, pick: (p: ProcInfo) => number): Column => ({
  header,
  width,
  right: true,
  text: pick,
  sort: pick,
});
const user = (header: string, pick: (p: ProcInfo) => number): Column => ({
  header,
  width: 8,
  text: (p, { names }) => names.user(pick(p)),
});
const group = (header: string, pick: (p: ProcInfo) => number): Column => ({
  header,
  width: 8,
  text: (p, { names }) => names.group(pick(p)),
});

const COLUMNS: Readonly<Record<string, Column>> = {
  pid: numeric('PID', 7, (p) => p.pid),
  ppid: numeric('PPID', 7, (p) => p.ppid),
  pgid: numeric('PGID', 7, (p) => p.pgrp),
  sid: numeric('SID', 7, (p) => p.session),
  tpgid: numeric('TPGID', 7, (p) => p.tpgid),
  uid: numeric('UID', 5, (p) => p.euid),
  gid: numeric('GID', 5, (p) => p.egid),
  user: user('USER', (p) => p.euid),
  ruser: user('RUSER', (p) => p.ruid),
  group: group('GROUP', (p) => p.egid),
  rgroup: group('RGROUP', (p) => p.rgid),
  ni: numeric('NI', 3, (p) => p.nice),
  pri: numeric('PRI', 3, (p) => 19 - p.nice),
  nlwp: numeric('NLWP', 4, (p) => p.threads),
  vsz: numeric('VSZ', 6, (p) => Math.floor(p.vsize / 1024)),
  rss: numeric('RSS', 5, (p) => Math.floor(p.rss / 1024)),
  site: { header: 'SITE', width: 4, right: true, text: (p) => p.site || '-', sort: (p) => Number(p.site) },
  s: { header: 'S', width: 1, text: (p) => p.state },
  stat: { header: 'STAT', width: 4, text: stateText },
  tty: { header: 'TT', width: 8, text: (p) => ttyText(p.tty) },
  time: { header: 'TIME', width: 8, right: true, text: (p) => cpuTime(cpuMs(p)), sort: cpuMs },
  bsdtime: { header: 'TIME', width: 6, right: true, text: (p) => cpuTime(cpuMs(p), true), sort: cpuMs },
  etime: {
    header: 'ELAPSED',
    width: 11,
    right: true,
    text: (p, v) => elapsed(v.nowMs - startedMs(p, v)),
    sort: (p) => -p.startMs,
  },
  etimes: {
    header: 'ELAPSED',
    width: 7,
    right: true,
    text: (p, v) => Math.max(0, Math.floor((v.nowMs - startedMs(p, v)) / 1000)),
    sort: (p) => -p.startMs,
  },
  stime: { header: 'STIME', width: 5, text: startText, sort: (p) => p.startMs },
  start: { header: 'START', width: 5, text: startText, sort: (p) => p.startMs },
  lstart: {
    header: 'STARTED',
    width: 24,
    right: true,
    text: (p, v) => strftime('%a %b %e %H:%M:%S %Y', startedMs(p, v), v.zone),
    sort: (p) => p.startMs,
  },
  c: { header: 'C', width: 2, right: true, text: (p, v) => Math.floor(share(p, v)), sort: cpuMs },
  pcpu: { header: '%CPU', width: 4, right: true, text: (p, v) => share(p, v).toFixed(1), sort: cpuMs },
  pmem: { header: '%MEM', width: 4, right: true, text: () => '0.0', sort: (p) => p.rss },
  wchan: { header: 'WCHAN', width: 6, text: () => '-' },
  f: { header: 'F', width: 1, right: true, text: () => 0 },
  addr: { header: 'ADDR', width: 4, text: () => '-' },
  sz: numeric('SZ', 5, (p) => Math.floor(p.vsize / 4096)),
  comm: { header: 'COMMAND', width: 15, text: (p) => (p.state === 'Z' ? `${p.comm} <defunct>` : p.comm) },
  args: { header: 'COMMAND', width: 27, text: commandText },
};

const ALIASES: Readonly<Record<string, string>> = {
  '%cpu': 'pcpu',
  '%mem': 'pmem',
  cmd: 'args',
  command: 'args',
  ucmd: 'comm',
  ucomm: 'comm',
  cputime: 'time',
  euid: 'uid',
  egid: 'gid',
  euser: 'user',
  uname: 'user',
  egroup: 'group',
  nice: 'ni',
  pgrp: 'pgid',
  sess: 'sid',
  session: 'sid',
  state: 's',
  tname: 'tty',
  tt: 'tty',
  vsize: 'vsz',
  rssize: 'rss',
  start_time: 'stime',
  thcount: 'nlwp',
};

const DEFAULT = 'pid,tty=TTY,time,comm=CMD';
const FULL = 'user=UID,pid,ppid,c,stime,tty=TTY,time,args=CMD';
const LONG = 'f,s,uid,pid,ppid,c,pri,ni,addr,sz,wchan,tty=TTY,time,comm=CMD';
const JOBS = 'pid,pgid,sid,tty=TTY,time,comm=CMD';
const BSD_USER = 'user,pid,pcpu,pmem,vsz,rss,tty=TTY,stat,start,bsdtime,args';
const BSD_DEFAULT = 'pid,tty=TTY,stat,bsdtime,args';
const BSD_LONG = 'f,uid,pid,ppid,pri,ni,vsz,rss,wchan,stat,tty=TTY,bsdtime,args';
const BSD_JOBS = 'ppid,pid,pgid,sid,tty=TTY,tpgid,stat,uid,bsdtime,args';

function columnNamed(name: string): Column {
  const key = ALIASES[name.toLowerCase()] ?? name.toLowerCase();
  const column = Object.hasOwn(COLUMNS, key) ? COLUMNS[key] : undefined;
  if (!column) throw new UsageError(`unknown user-defined format specifier "${name}"`);
  return column;
}

/** 'pid,tty=TTY' → columns; after an '=' the rest of a -o argument is the header, unless that is empty. */
function columnsOf(format: string, builtIn: boolean): Column[] {
  const columns: Column[] = [];
  let rest = format;
  while (rest !== '') {
    const match = (builtIn ? /^([^,=\s]+)(?:=([^,]*))?[,\s]*/ : /^([^,=\s]+)(?:=(?=,)|=(.*))?[,\s]*/s).exec(
      rest,
    );
    if (!match) throw new UsageError('improper format list');
    rest = rest.slice(match[0].length);
    const column = columnNamed(match[1]!);
    const named = match[0].includes('=') ? { ...column, header: match[2] ?? '' } : column;
    columns.push(named);
  }
  return columns;
}

const listOf = (values: readonly string[]): string[] =>
  values.flatMap((value) => value.split(/[,\s]+/)).filter((item) => item !== '');

function pidList(values: readonly string[]): number[] {
  return listOf(values).map((text) => {
    if (!/^\d+$/.test(text)) throw new UsageError('process ID list syntax error');
    return Number(text);
  });
}

/** Tests by lists; a process is shown when any of them holds. */
function listTests(ctx: Ps, names: Names): ((p: ProcInfo) => boolean)[] {
  const { options: o } = ctx;
  const tests: ((p: ProcInfo) => boolean)[] = [];
  const ids = (values: readonly string[]): Set<number> =>
    new Set(
      listOf(values).map((text) => {
        const uid = names.uid(text);
        if (uid === undefined) throw new Fatal(`user name does not exist\nps: ${quote(text)}`);
        return uid;
      }),
    );
  if (o.pids.length > 0) {
    const pids = new Set(pidList(o.pids));
    tests.push((p) => pids.has(p.pid));
  }
  if (o.ppids.length > 0) {
    const pids = new Set(pidList(o.ppids));
    tests.push((p) => pids.has(p.ppid));
  }
  if (o.users.length > 0) {
    const uids = ids(o.users);
    tests.push((p) => uids.has(p.euid));
  }
  if (o.realUsers.length > 0) {
    const uids = ids(o.realUsers);
    tests.push((p) => uids.has(p.ruid));
  }
  if (o.names.length > 0) {
    const wanted = new Set(listOf(o.names));
    tests.push((p) => wanted.has(p.comm));
  }
  if (o.ttys.length > 0) {
    const wanted = new Set(listOf(o.ttys).map((tty) => tty.replace(/^\/dev\//, '')));
    tests.push((p) => wanted.has(ttyText(p.tty)) || wanted.has(ttyText(p.tty).replace('pts/', '')));
  }
  if (o.groups.length > 0) {
    const wanted = new Set(listOf(o.groups));
    tests.push((p) => wanted.has(String(p.session)) || wanted.has(names.group(p.egid)));
  }
  return tests;
}

async function selector(ctx: Ps, names: Names): Promise<(p: ProcInfo) => boolean> {
  const { options: o, sys } = ctx;
  const bsd = o.bsd ?? '';
  if (o.all || (bsd.includes('a') && bsd.includes('x'))) return () => true;
  const tests = listTests(ctx, names);
  if (o.withTty) tests.push((p) => p.tty !== 0 && p.session !== p.pid);
  if (o.notLeaders) tests.push((p) => p.session !== p.pid);
  if (bsd.includes('a')) tests.push((p) => p.tty !== 0);
  if (bsd.includes('x')) tests.push((p) => p.euid === sys.geteuid());
  if (tests.length > 0) return (p) => tests.some((test) => test(p));
  const own = sys.getpid();
  const self = (await readProcesses(sys)).find((p) => p.pid === own);
  return (p) =>
    p.euid === sys.geteuid() && p.tty === (self?.tty ?? 0) && (p.tty !== 0 || p.session === self?.session);
}

function formatOf({ options: o }: Ps): Column[] {
  if (o.format.length > 0) return o.format.flatMap((format) => columnsOf(format, false));
  const bsd = o.bsd ?? '';
  if (bsd !== '') {
    const format = bsd.includes('u')
      ? BSD_USER
      : bsd.includes('l')
        ? BSD_LONG
        : bsd.includes('j')
          ? BSD_JOBS
          : BSD_DEFAULT;
    return columnsOf(format, true);
  }
  return columnsOf(o.full ? FULL : o.long ? LONG : o.jobs ? JOBS : DEFAULT, true);
}

function sorter(keys: string): (a: ProcInfo, b: ProcInfo) => number {
  const rules = keys.split(',').map((key) => {
    const name = key.replace(/^[-+]/, '');
    const column = columnNamed(name);
    const value = column.sort ?? ((p: ProcInfo) => (name === 'comm' || name === 'args' ? p.comm : p.euid));
    return { value, sign: key.startsWith('-') ? -1 : 1 };
  });
  return (a, b) => {
    for (const { value, sign } of rules) {
      const [x, y] = [value(a), value(b)];
      if (x !== y) return sign * (x < y ? -1 : 1);
    }
    return a.pid - b.pid;
  };
}

/** Lines of aligned columns; the last one is as wide as it needs. */
function table(
  columns: readonly Column[],
  processes: readonly ProcInfo[],
  view: View,
  headers: boolean,
): string[] {
  const rows = processes.map((p) => columns.map((column) => String(column.text(p, view))));
  const heads = columns.map((column) => column.header);
  const shown = headers && heads.some((head) => head !== '') ? [heads, ...rows] : rows;
  const widths = columns.map((column, i) =>
    Math.max(column.width, heads[i]!.length, ...rows.map((row) => (column.right ? row[i]!.length : 0))),
  );
  return shown.map((row) =>
    row
      .map((text, i) =>
        columns[i]!.right ? text.padStart(widths[i]!) : i === row.length - 1 ? text : text.padEnd(widths[i]!),
      )
      .join(' '),
  );
}

/** BSD options come without a dash: `ps aux`. Bare numbers are pids. */
function rewrite(args: string[]): string[] {
  return args.flatMap((arg, i) => {
    if (/^(-[optuUCgG]|--\w+)$/.test(args[i - 1] ?? '')) return [arg];
    if (arg === '-aux' || arg === '-ax') return [`--bsd=${arg.slice(1)}`];
    if (/^\d[\d,]*$/.test(arg)) return [`--pid=${arg}`];
    const withFormat = /^([a-z]*)o$/.exec(arg);
    if (withFormat) return [...(withFormat[1] ? [`--bsd=${withFormat[1]}`] : []), '-o'];
    return /^[aAxeufjlwrS]+$/.test(arg) ? [`--bsd=${arg}`] : [arg];
  });
}

async function terminalWidth({ sys, options: o }: Ps): Promise<number> {
  if (o.wide || (o.bsd ?? '').includes('w') || !(await sys.isatty(1))) return Number.POSITIVE_INFINITY;
  return (await sys.tcgetwinsize(1)).columns || 80;
}

export default command(
  {
    name: 'ps',
    usage: '[OPTION]...',
    summary: 'Report the processes of the system, on whichever site they run.',
    options: OPTIONS,
    rewrite,
    operands: [0, 0],
    more: `Format specifiers: ${Object.keys(COLUMNS).join(' ')}`,
  },
  async (ctx) => {
    const { sys, options: o } = ctx;
    const columns = formatOf(ctx);
    const names = await loadNames(sys);
    let processes: ProcInfo[];
    try {
      processes = await readProcesses(sys);
    } catch (error) {
      if (error instanceof SysError) throw new Fatal(`error: /proc must be mounted: ${error.message}`);
      throw error;
    }
    const nowMs = sys.now();
    const view: View = { names, zone: zoneOf(sys.env), nowMs, bootMs: nowMs - (await uptimeMs(sys)) };
    const chosen = processes.filter(await selector(ctx, names));
    if (o.sort !== undefined) chosen.sort(sorter(o.sort));
    const width = await terminalWidth(ctx);
    for (const line of table(columns, chosen, view, !o.noHeaders)) await ctx.out.line(line.slice(0, width));
    return chosen.length === 0 ? 1 : 0;
  },
);
