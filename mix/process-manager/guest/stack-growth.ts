/**
 * Stacks that grow: a fault in the free room below a region of MAP_GROWSDOWN (the program's own stack is one)
 * extends it, within RLIMIT_STACK, RLIMIT_AS and RLIMIT_MEMLOCK. System calls grow it as the program does.
 */
import { PAGE_BYTES } from '../../../nucleus/memory/site-memory.ts';
import type { Process } from '../process.ts';
import type { Space } from './space.ts';

/** What may be mapped in all: RLIMIT_AS, and the embedding side's own limit. */
export const mappedBytesMax = ({ as, memory }: Process['limits']): number => Math.min(as.soft, memory.soft);

/** Whether the fault at `va`, where nothing is mapped, made a region reach it. */
export function growStack(process: Process, { vm, context }: Space, va: number): boolean {
  const region = vm.growing(context, va);
  if (!region) return false;
  const { limits, creds } = process;
  const start = va - (va % PAGE_BYTES);
  const more = region.start - start;
  if (region.end - start > limits.stack.soft) return false;
  const most = Math.min(mappedBytesMax(limits), context.limits.mappedBytes);
  if (context.mappedBytes + more > most) return false;
  const locks = region.locked && creds.euid !== 0;
  if (locks && context.lockedBytes + more > limits.memlock.soft) return false;
  vm.rgnGrowDown(context, region, va);
  return true;
}
