/** struct rusage, and the calls that report use and limits of resources. */
import type { Resource } from '../constants.ts';
import { SysError } from '../errno.ts';
import type { Usage } from '../sys.ts';
import type { Caller, LinuxCalls } from './caller.ts';

export const RUSAGE_BYTES = 144;
const TICKS_PER_SECOND = 100;

/** RLIMIT_* by number (riscv64: the generic order). Those without a name here are kept, not enforced. */
const RESOURCES: readonly (Resource | undefined)[] = [
  'cpu',
  'fsize',
  'data',
  'stack',
  'core',
  'rss',
  'nproc',
  'nofile',
  'memlock',
  'as',
  'locks',
  'sigpending',
  'msgqueue',
  'nice',
  'rtprio',
  'rttime',
];
const INFINITY_WORD = 0xffffffff;

type Part = Pick<Usage, 'userMs' | 'systemMs' | 'residentKiB'>;

export function rusageStruct(usage: Part): Uint8Array {
  const bytes = new Uint8Array(RUSAGE_BYTES);
  const view = new DataView(bytes.buffer);
  const time = (at: number, ms: number): void => {
    view.setUint32(at, Math.floor(ms / 1000), true);
    view.setUint32(at + 8, Math.floor((ms % 1000) * 1000), true);
  };
  time(0, usage.userMs);
  time(16, usage.systemMs);
  view.setUint32(32, usage.residentKiB, true);
  return bytes;
}

function getrusage(c: Caller): number {
  const who = c.int(0);
  const usage: Usage = c.sys.times();
  const parts: Record<number, Part> = {
    0: usage,
    1: usage,
    [-1]: {
      userMs: usage.childUserMs,
      systemMs: usage.childSystemMs,
      residentKiB: usage.childResidentKiB,
    },
  };
  const part = parts[who];
  if (!part) throw new SysError('EINVAL');
  c.memory.write(c.ptr(1), rusageStruct(part));
  return 0;
}

function resourceOf(number: number): Resource {
  const resource = RESOURCES[number];
  if (!resource) throw new SysError('EINVAL');
  return resource;
}

function writeLimit(c: Caller, at: number, value: number): void {
  if (value === Number.POSITIVE_INFINITY) {
    c.memory.setU32(at, INFINITY_WORD);
    c.memory.setU32(at + 4, INFINITY_WORD);
  } else c.memory.setU64(at, value);
}

function readLimit(c: Caller, at: number): number {
  const infinite = c.memory.u32(at) === INFINITY_WORD && c.memory.u32(at + 4) === INFINITY_WORD;
  return infinite ? Number.POSITIVE_INFINITY : c.memory.u64(at);
}

function writeLimits(c: Caller, at: number, { soft, hard }: { soft: number; hard: number }): void {
  c.memory.prepareWrite(at, 16);
  writeLimit(c, at, soft);
  writeLimit(c, at + 8, hard);
}

const readLimits = (c: Caller, at: number): { soft: number; hard: number } => ({
  soft: readLimit(c, at),
  hard: readLimit(c, at + 8),
});

/** Limits of another process are its own business; only whether it may be signalled is told. */
async function foreignLimits(c: Caller, pid: number): Promise<never> {
  await c.sys.kill(pid, 0);
  throw new SysError('EPERM');
}

function prlimit(c: Caller): number | Promise<number> {
  const [pid, newAt, oldAt] = [c.int(0), c.ptr(2), c.ptr(3)];
  const resource = resourceOf(c.uint(1));
  const given = newAt === 0 ? undefined : readLimits(c, newAt);
  if (oldAt !== 0) c.memory.prepareWrite(oldAt, 16);
  if (pid !== 0 && pid !== c.task.pid) return foreignLimits(c, pid);
  const old = c.sys.getrlimit(resource);
  if (given) c.sys.setrlimit(resource, given);
  if (oldAt !== 0) writeLimits(c, oldAt, old);
  return 0;
}

export const usageCalls: LinuxCalls = {
  getrusage,
  getrlimit: (c) => {
    writeLimits(c, c.ptr(1), c.sys.getrlimit(resourceOf(c.uint(0))));
    return 0;
  },
  setrlimit: (c) => {
    c.sys.setrlimit(resourceOf(c.uint(0)), readLimits(c, c.ptr(1)));
    return 0;
  },
  prlimit64: prlimit,
  times: (c) => {
    const usage = c.sys.times();
    const ticks = (ms: number): number => Math.floor((ms * TICKS_PER_SECOND) / 1000);
    const at = c.ptr(0);
    if (at !== 0) {
      c.memory.prepareWrite(at, 32);
      const { userMs, systemMs, childUserMs, childSystemMs } = usage;
      [userMs, systemMs, childUserMs, childSystemMs].forEach((ms, i) => {
        c.memory.setU64(at + i * 8, ticks(ms));
      });
    }
    return ticks(c.sys.monotonic());
  },
};
