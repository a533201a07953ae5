/** MSG_WAITALL: more of a stream until enough, the end, descriptors, an error or a signal. */
import type { Awaitable } from '../../nucleus/awaitable.ts';
import { isKError } from '../../nucleus/errors.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { Taken } from './inbox.ts';

const isLast = ({ data, control }: Taken): boolean => data.length === 0 || (control?.rights.length ?? 0) > 0;

/** `next` waits for up to so many bytes. What came before an error counts. */
export function receiveAll(
  first: Taken,
  max: number,
  next: (max: number) => Awaitable<Taken>,
): Awaitable<Taken> {
  return isLast(first) || first.data.length >= max ? first : receiveMore(first, max, next);
}

async function receiveMore(
  first: Taken,
  max: number,
  next: (max: number) => Awaitable<Taken>,
): Promise<Taken> {
  const data = new Uint8Array(max);
  data.set(first.data);
  let at = first.data.length;
  let { control } = first;
  while (at < max) {
    let taken: Taken;
    try {
      taken = await next(max - at);
    } catch (error) {
      if (error instanceof SysError || isKError(error, 'K_EABORT')) break;
      throw error;
    }
    data.set(taken.data, at);
    at += taken.data.length;
    if (taken.data.length > 0) ({ control } = taken);
    if (isLast(taken)) break;
  }
  return { ...first, data: data.subarray(0, at), length: at, control };
}
