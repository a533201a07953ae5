/** Signal masks that hold for the length of one wait: ppoll, pselect6, epoll_pwait. */
import type { Awaitable } from '../sys.ts';
import type { Caller } from './caller.ts';
import { optionalMask } from './signals.ts';

/** Runs `work` under the mask at `va`; 0 = as it is. Throws EINVAL for another size than the kernel's. */
export function withMask(
  c: Caller,
  va: number,
  size: number,
  work: () => Awaitable<number>,
): Awaitable<number> {
  const mask = optionalMask(c, va, size);
  return mask === undefined ? work() : c.task.signals.withMask(mask, work);
}
