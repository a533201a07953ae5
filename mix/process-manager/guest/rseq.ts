/**
 * Restartable sequences (rseq(2)): a thread names, in an area of its own, a piece of code that must not be
 * interrupted in the middle. When the thread loses the processor or takes a signal inside it, it goes on at
 * the abort address instead.
 *
 *   area  u32 cpu_id_start, u32 cpu_id, u64 rseq_cs, u32 flags, u32 node_id, u32 mm_cid
 *   rseq_cs → u32 version, u32 flags, u64 start_ip, u64 post_commit_offset, u64 abort_ip
 *
 * A site has one processor, number 0; so the ids never change.
 */
import { getPc, setPc } from '../../../nucleus/supervisor/cpu/state.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import type { GuestThread } from './guest.ts';

const CPU_ID = 4;
const CS = 8;
const NODE_ID = 20;
const CONCURRENCY_ID = 24;
/** cpu_id after the area is given up. */
const UNINITIALIZED = 0xffffffff;

export interface RseqArea {
  readonly va: number;
  readonly bytes: number;
  /** What stands in front of every abort address. */
  readonly signature: number;
}

/** Throws EBUSY, EINVAL, EPERM, EFAULT. */
export function registerRseq(g: GuestThread, area: RseqArea): void {
  if (g.rseq) {
    const same = g.rseq.va === area.va && g.rseq.bytes === area.bytes;
    if (!same) throw new SysError('EINVAL');
    throw new SysError(g.rseq.signature === area.signature ? 'EBUSY' : 'EPERM');
  }
  const { memory } = g;
  memory.prepareWrite(area.va, area.bytes);
  memory.setU32(area.va, 0);
  memory.setU32(area.va + CPU_ID, 0);
  memory.setU64(area.va + CS, 0);
  if (area.bytes > NODE_ID) memory.setU32(area.va + NODE_ID, 0);
  if (area.bytes > CONCURRENCY_ID) memory.setU32(area.va + CONCURRENCY_ID, 0);
  g.rseq = area;
}

export function unregisterRseq(g: GuestThread, area: RseqArea): void {
  const { rseq } = g;
  if (!rseq || rseq.va !== area.va || rseq.bytes !== area.bytes) throw new SysError('EINVAL');
  if (rseq.signature !== area.signature) throw new SysError('EPERM');
  g.memory.setU32(rseq.va, 0);
  g.memory.setU32(rseq.va + CPU_ID, UNINITIALIZED);
  g.rseq = null;
}

/**
 * Called before the thread goes on after an interruption. Throws EFAULT, EINVAL for areas that make no sense
 * (the program ends by SIGSEGV), PageAbsent.
 */
export function leaveSequence(g: GuestThread): void {
  const { rseq, memory } = g;
  if (!rseq) return;
  const descriptor = memory.u64(rseq.va + CS);
  if (descriptor === 0) return;
  const start = memory.u64(descriptor + 8);
  const length = memory.u64(descriptor + 16);
  const abort = memory.u64(descriptor + 24);
  if (memory.u32(descriptor) !== 0) throw new SysError('EINVAL');
  const pc = getPc(g.state);
  const inside = pc >= start && pc < start + length;
  if (inside && abort < start + length && abort >= start) throw new SysError('EINVAL');
  if (inside && memory.u32(abort - 4) !== rseq.signature) throw new SysError('EINVAL');
  memory.setU64(rseq.va + CS, 0);
  if (inside) setPc(g.state, abort);
}
