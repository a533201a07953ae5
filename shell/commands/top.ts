/** top: the busiest processes, refreshed; batch mode (-b) prints frames one after another. */
import { Poll, SA } from '../../subsystems/unix/constants.ts';
import { Sig } from '../../subsystems/unix/signals.ts';
import { rawTermios, type Termios } from '../../subsystems/unix/termios.ts';
import { type Context, command, SysError, UsageError } from './lib/command.ts';
import { loadNames, type Names } from './lib/names.ts';
import { commandText, type ProcInfo, readProcesses, uptimeMs } from './lib/procfs.ts';
import { strftime } from './lib/strftime.ts';
import { zoneOf } from './lib/zone.ts';

const OPTIONS = {
  batch: { short: 'b', long: 'batch-mode', help: 'print frames without waiting for keys' },
  delay: { short: 'd', long: 'delay', arg: 'SECS', help: 'seconds between frames (default 3)' },
  count: { short: 'n', long: 'iterations', arg: 'N', help: 'end after N frames' },
  pids: { short: 'p', long: 'pid', arg: 'PIDS', many: true, help: 'watch only these processes' },
  user: { short: 'uU', long: 'filter-any-user', arg: 'USER', help: 'only processes of USER' },
  sort: {
    short: 'o',
    long: 'sort-override',
    arg: 'FIELD',
    help: 'sort by %CPU, TIME+, RES, PID (default %CPU)',
  },
  full: { short: 'c', long: 'cmdline-toggle', help: 'show command lines instead of names' },
} as const;

type Top = Context<typeof OPTIONS>;
type SortKey = 'cpu' | 'time' | 'rss' | 'pid';

interface Row extends ProcInfo {
  /** Share of the last interval, in percent of one site. */
  cpu: number;
}

const two = (n: number): string => String(n).padStart(2, '0');

/** MMM:SS.hh */
function cpuTime(ms: number): string {
  const hundredths = Math.floor(ms / 10);
  return `${Math.floor(hundredths / 6000)}:${two(Math.floor(hundredths / 100) % 60)}.${two(hundredths % 100)}`;
}

function upText(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  const days = Math.floor(minutes / 1440);
  const clock =
    minutes % 1440 < 60
      ? `${minutes % 1440} min`
      : `${Math.floor((minutes % 1440) / 60)}:${two(minutes % 60)}`;
  return days > 0 ? `${days} day${days === 1 ? '' : 's'}, ${clock}` : clock;
}

const COMPARE: Readonly<Record<SortKey, (a: Row, b: Row) => number>> = {
  cpu: (a, b) => b.cpu - a.cpu || b.userMs + b.systemMs - (a.userMs + a.systemMs) || a.pid - b.pid,
  time: (a, b) => b.userMs + b.systemMs - (a.userMs + a.systemMs) || a.pid - b.pid,
  rss: (a, b) => b.rss - a.rss || a.pid - b.pid,
  pid: (a, b) => a.pid - b.pid,
};
const SORT_NAMES: Readonly<Record<string, SortKey>> = {
  '%CPU': 'cpu',
  'TIME+': 'time',
  TIME: 'time',
  RES: 'rss',
  '%MEM': 'rss',
  PID: 'pid',
};
const SORT_KEYS: Readonly<Record<string, SortKey>> = { P: 'cpu', T: 'time', M: 'rss', N: 'pid' };

const HEADER = '    PID SITE USER      NI     RES S  %CPU     TIME+ COMMAND';

class Screen {
  private readonly ctx: Top;
  private readonly names: Names;
  private before = new Map<number, number>();
  private beforeMs = 0;
  sort: SortKey;
  full: boolean;

  constructor(ctx: Top, names: Names, sort: SortKey) {
    this.ctx = ctx;
    this.names = names;
    this.sort = sort;
    this.full = ctx.options.full;
  }

  private async rows(): Promise<Row[]> {
    const { sys, options: o } = this.ctx;
    const pids = new Set(o.pids.flatMap((list) => list.split(',').map(Number)));
    const uid = o.user === undefined ? undefined : this.names.uid(o.user);
    if (o.user !== undefined && uid === undefined) throw new UsageError(`Invalid user`);
    const nowMs = sys.monotonic();
    const processes = await readProcesses(sys);
    const interval = nowMs - this.beforeMs;
    const isFirst = this.before.size === 0;
    const up = await uptimeMs(sys);
    const rows = processes.map((p) => {
      const used = p.userMs + p.systemMs;
      const since = isFirst ? Math.max(1, up - p.startMs) : interval;
      const spent = isFirst ? used : used - (this.before.get(p.pid) ?? 0);
      return { ...p, cpu: Math.max(0, (spent * 100) / Math.max(1, since)) };
    });
    this.before = new Map(processes.map((p) => [p.pid, p.userMs + p.systemMs]));
    this.beforeMs = nowMs;
    return rows.filter(
      (row) => (pids.size === 0 || pids.has(row.pid)) && (uid === undefined || row.euid === uid),
    );
  }

  private line(row: Row): string {
    const command = this.full ? commandText(row) : row.comm;
    const res = String(Math.floor(row.rss / 1024)).padStart(7);
    const user = this.names.user(row.euid).slice(0, 8).padEnd(8);
    return `${String(row.pid).padStart(7)} ${(row.site || '-').padStart(4)} ${user} ${String(row.nice).padStart(3)} ${res} ${row.state} ${row.cpu.toFixed(1).padStart(5)} ${cpuTime(row.userMs + row.systemMs).padStart(9)} ${command}`;
  }

  /** The lines of one frame. */
  async frame(): Promise<string[]> {
    const { sys } = this.ctx;
    const rows = (await this.rows()).sort(COMPARE[this.sort]);
    const count = (states: string): number => rows.filter((row) => states.includes(row.state)).length;
    const sites = new Set(rows.map((row) => row.site).filter((site) => site !== '')).size;
    const time = strftime('%H:%M:%S', sys.now(), zoneOf(sys.env));
    return [
      `top - ${time} up ${upText(await uptimeMs(sys))}, ${sites || 1} site${sites > 1 ? 's' : ''}`,
      `Tasks: ${String(rows.length).padStart(3)} total, ${String(count('R')).padStart(3)} running, ${String(count('SDI')).padStart(3)} sleeping, ${String(count('Tt')).padStart(3)} stopped, ${String(count('Z')).padStart(3)} zombie`,
      '',
      HEADER,
      ...rows.map((row) => this.line(row)),
    ];
  }
}

async function batch(ctx: Top, screen: Screen, delayMs: number, frames: number): Promise<void> {
  for (let i = 0; i < frames; i++) {
    if (i > 0) {
      await ctx.sys.sleep(delayMs);
      ctx.out.put('\n');
    }
    ctx.out.put(`${(await screen.frame()).join('\n')}\n`);
    await ctx.out.flush();
  }
}

async function draw(ctx: Top, screen: Screen): Promise<void> {
  const { rows, columns } = await ctx.sys.tcgetwinsize(1);
  const [height, width] = [rows || 24, columns || 80];
  const lines = (await screen.frame()).slice(0, height - 1).map((line) => line.slice(0, width));
  const body = lines.map((line) =>
    line.startsWith(HEADER.slice(0, width)) ? `\x1b[7m${line.padEnd(width)}\x1b[0m` : line,
  );
  ctx.out.put(`\x1b[H${body.map((line) => `${line}\x1b[K\r\n`).join('')}\x1b[J`);
  await ctx.out.flush();
}

/** Waits for a key or the next frame; true when it is time to end. */
async function keyEnds(ctx: Top, screen: Screen, delayMs: number): Promise<boolean> {
  try {
    const [events = 0] = await ctx.sys.poll([{ fd: 0, events: Poll.IN }], delayMs);
    if (events === 0) return false;
    const bytes = await ctx.sys.read(0, 64);
    if (bytes.length === 0) return true;
    for (const key of String.fromCharCode(...bytes)) {
      if (key === 'q' || key === '\x03') return true;
      if (key === 'c') screen.full = !screen.full;
      screen.sort = SORT_KEYS[key] ?? screen.sort;
    }
    return false;
  } catch (error) {
    // A resize interrupts the wait: draw again.
    if (error instanceof SysError && error.code === 'EINTR') return false;
    throw error;
  }
}

async function interactive(ctx: Top, screen: Screen, delayMs: number, frames: number): Promise<void> {
  const { sys, out } = ctx;
  const saved: Termios = await sys.tcgetattr(0);
  // Ends the wait for a key, never the drawing of a frame.
  sys.sigaction(Sig.WINCH, { disposition: () => {}, flags: SA.RESTART });
  await sys.tcsetattr(0, 'drain', { ...rawTermios(saved), isig: true, opost: saved.opost });
  let ended = false;
  const restore = async (): Promise<void> => {
    if (ended) return;
    ended = true;
    out.put('\x1b[?25h\x1b[?1049l');
    await out.flush();
    await sys.tcsetattr(0, 'drain', saved);
  };
  let interrupted = false;
  for (const sig of [Sig.INT, Sig.TERM, Sig.HUP, Sig.QUIT]) {
    sys.sigaction(sig, {
      disposition: () => {
        interrupted = true;
      },
      flags: SA.RESTART,
    });
  }
  out.put('\x1b[?1049h\x1b[?25l\x1b[2J');
  try {
    for (let i = 0; i < frames && !interrupted; i++) {
      await draw(ctx, screen);
      if (i + 1 < frames && (await keyEnds(ctx, screen, delayMs))) break;
    }
  } finally {
    await restore();
  }
}

export default command(
  {
    name: 'top',
    usage: '[OPTION]...',
    summary: 'Show the processes of all sites, busiest first.  Keys: q quit, c command lines, P M T N sort.',
    options: OPTIONS,
    operands: [0, 0],
  },
  async (ctx) => {
    const { options: o, sys } = ctx;
    if (o.count !== undefined && !/^\d+$/.test(o.count))
      throw new UsageError(`bad iterations interval '${o.count}'`);
    if (o.delay !== undefined && !/^\d+(\.\d+)?$/.test(o.delay))
      throw new UsageError(`bad delay interval '${o.delay}'`);
    const sort = o.sort === undefined ? 'cpu' : SORT_NAMES[o.sort.replace(/^[-+]/, '').toUpperCase()];
    if (!sort) throw new UsageError(`unrecognized field name '${o.sort}'`);
    const screen = new Screen(ctx, await loadNames(sys), sort);
    const frames = o.count === undefined ? Number.POSITIVE_INFINITY : Number(o.count);
    const delayMs = Math.max(100, Number(o.delay ?? 3) * 1000);
    if (o.batch) return batch(ctx, screen, delayMs, frames);
    if (!(await sys.isatty(0)) || !(await sys.isatty(1))) throw new UsageError('failed tty get');
    return interactive(ctx, screen, delayMs, frames);
  },
);
