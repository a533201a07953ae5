/** The end of one thread of a guest, others go on: locks that it held are marked, joiners are woken. */
import { freeState } from '../../../nucleus/supervisor/cpu/state.ts';
import { GuestFutexes, releaseRobustList } from './futex.ts';
import type { GuestThread } from './guest.ts';

const MATCH_ANY = 0xffffffff;

export function endThread(g: GuestThread): void {
  const { guest, process, t } = g;
  const { pm } = process;
  leaveMemory(g);
  guest.threads.delete(g.tid);
  if (g.tid !== process.pid) g.runtime.threadIds.delete(g.tid);
  t.image.busy.delete(t);
  pm.nucleus.threadDelete(g.thread);
  freeState(g.state);
  guest.updateMask();
  // A signal that only this thread would have taken may be another's.
  if (!process.signals.pending.isEmpty) guest.attend();
}

/** What a thread leaves in memory that others see: wild addresses are the program's own affair. */
export function leaveMemory(g: GuestThread): void {
  const futexes = new GuestFutexes(g);
  try {
    releaseRobustList(g, futexes);
  } catch {
    // The list leads to nowhere.
  }
  // Nobody else sees the memory that an ending process has for itself.
  if (g.clearTid === 0 || (g.guest.threads.size === 1 && g.guest.space.users === 1)) return;
  try {
    g.memory.setU32(g.clearTid, 0);
    void futexes.wake(g.clearTid, false, 1, MATCH_ANY);
    void futexes.wake(g.clearTid, true, 1, MATCH_ANY);
  } catch {
    // The place is not mapped any more.
  }
}
