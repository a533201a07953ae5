/**
 * What is told of a guest: its regions, its threads, what it started with. Plain values: they travel to the
 * site whose /proc shows them, and into crash reports.
 */
import { type Region, RegionKind } from '../../../nucleus/memory/region.ts';
import { PAGE_BYTES } from '../../../nucleus/memory/site-memory.ts';
import { getPc, getX } from '../../../nucleus/supervisor/cpu/state.ts';
import { LINUX_TABLE } from '../../../subsystems/unix/linux/table.ts';
import type { Pid } from '../../../subsystems/unix/sys.ts';
import type { Guest, GuestThread } from './guest.ts';
import type { MappingLabel } from './mapping.ts';

const SP = 2;

export interface RegionInfo {
  start: number;
  end: number;
  /** Access bits: 1 read, 2 write, 4 execute. */
  protection: number;
  shared: boolean;
  offset: number;
  dev: number;
  ino: number;
  label: string;
}

export interface ThreadInfo {
  tid: Pid;
  name: string;
  /** R or S. */
  state: string;
  pc: number;
  sp: number;
  /** The system call that it waits in; undefined while it runs. */
  call: string | undefined;
  pending: string;
  blocked: string;
}

export interface GuestInfo {
  regions: RegionInfo[];
  threads: ThreadInfo[];
  mappedBytes: number;
  residentBytes: number;
  /** What mlock keeps in memory. */
  lockedBytes: number;
  startCode: number;
  brk: number;
  /** The auxiliary vector's words. */
  auxiliary: readonly number[];
}

export function regionInfo({ start, end, protection, kind, shift, opaque }: Region): RegionInfo {
  const mapping = opaque as MappingLabel | undefined;
  return {
    start,
    end,
    protection,
    shared: mapping?.shared ?? kind === RegionKind.shared,
    offset: mapping?.ino ? start + shift * PAGE_BYTES : 0,
    dev: mapping?.dev ?? 0,
    ino: mapping?.ino ?? 0,
    label: mapping?.label ?? '',
  };
}

export function guestInfo(guest: Guest): GuestInfo {
  const { space, threads } = guest;
  const { context } = space;
  return {
    regions: context.regions.all.map(regionInfo),
    threads: [...threads.values()].map(threadInfo),
    mappedBytes: context.mappedBytes,
    residentBytes: context.residentBytes,
    lockedBytes: context.lockedBytes,
    startCode: space.startCode,
    brk: space.brk,
    auxiliary: space.auxiliary,
  };
}

function threadInfo(g: GuestThread): ThreadInfo {
  const waits = g.thread.busy;
  return {
    tid: g.tid,
    name: g.name,
    state: waits ? 'S' : 'R',
    pc: getPc(g.state),
    sp: getX(g.state, SP),
    call: waits ? LINUX_TABLE[g.callNumber]?.name : undefined,
    pending: g.pending.hex(),
    blocked: g.mask.hex(),
  };
}
