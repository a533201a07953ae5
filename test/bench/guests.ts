/**
 * Programs for riscv64 Linux: how fast they compute beside qemu-riscv64 (the same binaries, in this run), and
 * what processes, calls, pipes and faults cost them. Rows that need a tool that is missing are left out, with
 * the reason on standard error.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { boot, type System } from '../../shell/api/index.ts';
import { debianRoot } from '../guest/debian/root.ts';
import { build, CROSS_COMPILER, cannotBuild, EMULATOR, missing } from '../guest/support/toolchain.ts';
import { PROJECT_ROOT } from '../support/root.ts';
import { startPair, timeUs } from './ipc.ts';
import { type BenchRow, type Goal, median, row } from './row.ts';

const SOURCES = join(PROJECT_ROOT, 'test/bench/guest');
const CHORUS = join(PROJECT_ROOT, 'dist/chorus.cjs');
const PROGRAMS = ['loop', 'mixed', 'sha256', 'kernel'] as const;
const BUILD = { compiler: CROSS_COMPILER, flags: ['-O2', '-static'] };
const RUNS = 5;
const RUN_MS = 120_000;
/** At most so many times as long as qemu-riscv64. */
const LOAD_GOAL: Goal = { on: 'ratio', most: 6 };

const most = (value: number): Goal => ({ on: 'value', most: value });

const LOOP_MILLIONS = 40;
const LOOP_INSTRUCTIONS = 12 * LOOP_MILLIONS * 1e6;

/** A table of 40,000 rows, indexed, grouped and joined. */
const SQL = [
  'create table t(a integer primary key, b integer, c text);',
  'with recursive n(i) as (select 1 union all select i + 1 from n where i < 40000)',
  "insert into t select i, (i * 7919) % 10007, 'row ' || i from n;",
  'create index i on t(b); select count(*), sum(length(x.c)) from t x join t y on x.b = y.a where y.b < 5000;',
  'select b % 7, count(*) from t group by 1;',
].join(' ');
const LUA = [
  'local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end',
  'local t = {} for i = 1, 60000 do t[i] = (i * 7919) % 60013 end table.sort(t)',
  'local s = {} for i = 1, 30000 do s[#s + 1] = tostring(i):rep(2) end print(fib(24), t[9], #table.concat(s))',
].join(' ');
const SHELL_LOOP = 'i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done';

function skipped(what: string, reason: string | undefined): boolean {
  if (reason !== undefined) process.stderr.write(`left out: ${what}: ${reason}\n`);
  return reason !== undefined;
}

/** Wall time of a program of the host, ms; what node takes to start any, more the larger it is, included. */
function startedMs(command: readonly string[], input = ''): number {
  const [program = '', ...args] = command;
  const startMs = performance.now();
  const { status, error } = spawnSync(program, args, { input, stdio: ['pipe', 'ignore', 'ignore'] });
  if (error || status !== 0) throw new Error(`${command.join(' ')}: ${error ?? `exit ${status}`}`);
  return performance.now() - startMs;
}

/** The same without that. */
function hostMs(command: readonly string[], input = ''): number {
  const start = median(Array.from({ length: 3 }, () => startedMs(['true'])));
  return startedMs(command, input) - start;
}

/** Runs a program inside; its output and wall time. */
async function inside(
  system: System,
  argv: readonly string[],
  input = '',
): Promise<{ elapsedMs: number; stdout: string }> {
  const startMs = performance.now();
  const child = await system.spawn(argv, { signal: AbortSignal.timeout(RUN_MS) });
  const writer = child.stdin.getWriter();
  const fed = (input === '' ? Promise.resolve() : writer.write(input)).then(() => writer.close());
  fed.catch(() => {});
  let stdout = '';
  for await (const chunk of child.stdout) stdout += new TextDecoder().decode(chunk);
  const { exitCode } = await child.wait();
  if (exitCode !== 0) throw new Error(`${argv.join(' ')}: exit ${exitCode}`);
  return { elapsedMs: performance.now() - startMs, stdout };
}

interface Sides {
  ours: number;
  theirs: number;
}

/** Medians of runs of both sides in turn. */
async function compared(ours: () => Promise<number>, theirs: () => number): Promise<Sides> {
  const [a, b]: [number[], number[]] = [[], []];
  for (let i = 0; i < RUNS; i++) {
    a.push(await ours());
    b.push(theirs());
  }
  return { ours: median(a), theirs: median(b) };
}

type Rows = AsyncGenerator<BenchRow, void, void>;

/** Our own programs: pure computing. */
async function* loads(system: System, built: ReadonlyMap<string, string>): Rows {
  const measure = (name: string, ...args: string[]): Promise<Sides> =>
    compared(
      async () => (await inside(system, [`/bin/bench-${name}`, ...args])).elapsedMs,
      () => hostMs([EMULATOR, built.get(name)!, ...args]),
    );
  const loop = await measure('loop', String(LOOP_MILLIONS));
  const rate = (elapsedMs: number): number => LOOP_INSTRUCTIONS / elapsedMs / 1000;
  const fast: Goal = { on: 'value', least: 300 };
  yield row('guest: integer loop (baseline: qemu-riscv64)', rate(loop.ours), 'MIPS', fast, rate(loop.theirs));
  const mixed = await measure('mixed', '8000');
  yield row('guest: lists, matrices, states (baseline: qemu)', mixed.ours, 'ms', LOAD_GOAL, mixed.theirs);
  const sha256 = await measure('sha256', '8');
  yield row('guest: SHA-256 of 8 MiB (baseline: qemu)', sha256.ours, 'ms', LOAD_GOAL, sha256.theirs);
}

/** Debian's programs, each in a system of its own: in the first runs its code is translated. */
async function* programs(root: string): Rows {
  const text = Array.from({ length: 120_000 }, (_, i) => `line ${i} ${(i * 7919) % 10007}\n`).join('');
  const measure = async (
    [name = '', ...args]: readonly string[],
    theirs: readonly string[],
    input = '',
  ): Promise<Sides> => {
    await using system = await boot({ root });
    return await compared(
      async () => (await inside(system, [`/usr/bin/${name}`, ...args], input)).elapsedMs,
      () => hostMs([...theirs, ...args], input),
    );
  };
  const beside = (command: readonly string[], input?: string): Promise<Sides> =>
    measure(command, [EMULATOR, '-L', root, join(root, 'usr/bin', command[0]!)], input);
  const gzip = await beside(['gzip', '-c'], text);
  yield row('guest: gzip of 2 MB (baseline: qemu)', gzip.ours, 'ms', LOAD_GOAL, gzip.theirs);
  const sqlite = await beside(['sqlite3', ':memory:', SQL]);
  yield row('guest: sqlite3 (baseline: qemu)', sqlite.ours, 'ms', LOAD_GOAL, sqlite.theirs);
  const lua = await beside(['lua5.4', '-e', LUA]);
  yield row('guest: lua (baseline: qemu)', lua.ours, 'ms', LOAD_GOAL, lua.theirs);
  const dash = await measure(['dash', '-c', SHELL_LOOP], ['sh']);
  const tenfold: Goal = { on: 'ratio', most: 10 };
  yield row('guest: 100,000 turns of dash (baseline: native)', dash.ours, 'ms', tenfold, dash.theirs);
}

const BUSYBOXES = 200;
const MIB = 1024 * 1024;

/** The command line with a small program. */
function started(root: string): BenchRow {
  const [ours, bare]: [number[], number[]] = [[], []];
  for (let i = 0; i < RUNS; i++) {
    ours.push(startedMs([process.execPath, CHORUS, 'run', '--root', root, 'busybox', 'true']));
    bare.push(startedMs([process.execPath, '-e', '0']));
  }
  const name = 'guest: chorus run busybox true, start to exit (baseline: node -e 0)';
  return row(name, median(ours), 'ms', most(350), median(bare));
}

/** What small programs weigh. */
async function* busybox(root: string): Rows {
  await using system = await boot({ root });
  await inside(system, ['/usr/bin/busybox', 'true']);
  const before = process.memoryUsage().rss;
  const sleeping = await Promise.all(
    Array.from({ length: BUSYBOXES }, () => system.spawn(['/usr/bin/busybox', 'sleep', '1000'])),
  );
  const weight = (process.memoryUsage().rss - before) / MIB;
  for (const child of sleeping) await child.kill('KILL');
  await Promise.all(sleeping.map((child) => child.wait()));
  yield row(`guest: ${BUSYBOXES} busybox processes alive, over the idle system`, weight, 'MB', most(150));
}

const DELAY_SAMPLES = 300;

/** How long the event loop of a site is away while a program spins there, ms: 99 of 100 turns are quicker. */
async function spinDelay(system: System): Promise<number> {
  const spinning = await system.spawn(['/bin/bench-loop', '1000000']);
  const turnsMs: number[] = [];
  // The first turns load it, and free what was before.
  for (let i = -DELAY_SAMPLES / 10; i < DELAY_SAMPLES; i++) {
    const startMs = performance.now();
    await new Promise((resolve) => setImmediate(resolve));
    if (i >= 0) turnsMs.push(performance.now() - startMs);
  }
  await spinning.kill('KILL');
  await spinning.wait();
  return turnsMs.sort((a, b) => a - b)[Math.floor(DELAY_SAMPLES * 0.99)]!;
}

/** What the system costs a program: row, unit, how many nanoseconds (or bytes) that is, goal, arguments. */
const KERNEL: readonly (readonly [name: string, unit: string, per: number, goal: Goal, args: string[]])[] = [
  ['null system call (getppid)', 'ns', 1, most(150), ['null', '1000000']],
  ['fork, exit, wait (2,000 in a row)', 'µs', 1000, most(150), ['fork', '2000']],
  ['fork, exit, wait with 64 MiB touched', 'ms', 1e6, most(1), ['forkbig', '50']],
  ['a pipe between two programs', 'MB/s', 1e6, { on: 'value', least: 500 }, ['pipe', '4000']],
  ['page fault, fresh page', 'µs', 1000, most(3), ['zero', '8192']],
  ['page fault, page of a file in the cache', 'µs', 1000, most(3), ['file', '4096']],
];

async function* kernel(system: System, root: string | undefined): Rows {
  const measure = async (args: readonly string[]): Promise<number> => {
    const values: number[] = [];
    for (let i = 0; i < RUNS; i++) {
      values.push(Number((await inside(system, ['/bin/bench-kernel', ...args])).stdout));
    }
    return median(values);
  };
  for (const [name, unit, per, goal, args] of KERNEL) {
    yield row(`guest: ${name}`, (await measure(args)) / per, unit, goal);
  }
  yield row("guest: a message's wait while a program spins", await spinDelay(system), 'ms', most(2));
  if (root === undefined) return;
  const program = join(root, 'usr/bin/busybox');
  await system.fs.writeFile('/bin/busybox', readFileSync(program), { mode: 0o755 });
  const exec = (await measure(['exec', '100', '/bin/busybox', 'true'])) / 1e6;
  const beside = median(Array.from({ length: 11 }, () => hostMs([EMULATOR, program, 'true'])));
  yield row('guest: fork, exec, wait for busybox true (baseline: qemu)', exec, 'ms', most(1.5), beside);
}

const FAULTS = 300;
const FAULT_RUNS = 5;
/** Before those: V8 knows the null calls well after fewer. */
const FAULT_WARM_UPS = 4;
const CALLS = 1000;
/** Of the file that lies at the other site; more than the program touches. */
const DISTANT_MIB = 176;

/**
 * A page whose mapper is the File Manager of another site, in a process of its own: how many null calls
 * between two processes the fault takes beyond what carrying the pages takes.
 */
async function* distantFault(): Rows {
  await using system = await boot({ sites: 2, processes: true });
  const program = readFileSync(build({ ...BUILD, source: join(SOURCES, 'kernel.c') }));
  await system.fs.writeFile('/bin/bench-kernel', program, { mode: 0o755 });
  await inside(system, ['sh', '-c', `yes | head -c ${DISTANT_MIB}M > /distant`]);
  const pair = await startPair();
  const [faults, nulls, ratios]: [number[], number[], number[]] = [[], [], []];
  try {
    for (let run = -FAULT_WARM_UPS; run < FAULT_RUNS; run++) {
      const first = (run + FAULT_WARM_UPS) * FAULTS;
      const command = `csite 2; /bin/bench-kernel distant ${FAULTS} /distant ${first}`;
      const fault = Number((await inside(system, ['sh', '-c', command])).stdout) / 1000;
      const nullCall = await timeUs(CALLS, () => pair.calls(CALLS, 1));
      const transfer = (await timeUs(CALLS, () => pair.bulk(CALLS))) - nullCall;
      if (run < 0) continue;
      faults.push(fault);
      nulls.push(nullCall);
      ratios.push((fault - transfer) / nullCall);
    }
  } finally {
    await pair.close();
  }
  const name = "guest: page fault, another site's page (less its transfer: null calls)";
  yield row(name, median(faults), 'µs', { on: 'ratio', most: 3 }, median(nulls), median(ratios));
}

export async function* run(): Rows {
  const reason = missing(EMULATOR) ?? cannotBuild(CROSS_COMPILER, ['-static']);
  if (skipped('guests', reason)) return;
  const { directory, reason: noRoot } = await debianRoot();
  const rooted = !skipped("Debian's programs", noRoot);
  // While this process is small.
  if (rooted) yield started(directory);
  yield* distantFault();
  // Before a second system fills this process with translated code, which no user's process has.
  if (rooted) yield* programs(directory);
  const built = new Map<string, string>();
  const files: Record<string, { content: Uint8Array; mode: number }> = {};
  for (const name of PROGRAMS) {
    const source = join(SOURCES, `${name}.c`);
    const path = build({ ...BUILD, source });
    built.set(name, path);
    files[`/bin/bench-${name}`] = { content: readFileSync(path), mode: 0o755 };
  }
  await using system = await boot({ files });
  yield* loads(system, built);
  yield* kernel(system, rooted ? directory : undefined);
  if (rooted) yield* busybox(directory);
}
