/** Steps that may have to wait, done one after another; at once where nothing has to. */
import { type Awaitable, isPromise } from '../awaitable.ts';

/** `next` with the value, now or later. */
export function chain<A, B>(value: Awaitable<A>, next: (value: A) => Awaitable<B>): Awaitable<B> {
  return isPromise(value) ? value.then(next) : next(value);
}

/** `last` after the work is done, or has failed. */
export function andAfter<T>(work: () => Awaitable<T>, last: () => void): Awaitable<T> {
  let value: Awaitable<T>;
  try {
    value = work();
  } catch (error) {
    last();
    throw error;
  }
  if (isPromise(value)) return value.finally(last);
  last();
  return value;
}

/** Does something for all at once, and waits until all is done; the first failure. */
export function together<T>(items: readonly T[], work: (item: T) => Awaitable<void>): Awaitable<void> {
  const waits: Promise<void>[] = [];
  let failure: { error: unknown } | null = null;
  const failed = (error: unknown): void => {
    failure ??= { error };
  };
  for (const item of items) {
    try {
      const done = work(item);
      if (isPromise(done)) waits.push(done.catch(failed));
    } catch (error) {
      failed(error);
    }
  }
  const finish = (): void => {
    if (failure) throw (failure as { error: unknown }).error;
  };
  return waits.length > 0 ? Promise.all(waits).then(finish) : finish();
}
