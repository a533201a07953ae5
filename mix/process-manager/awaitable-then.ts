/** Continues with a value now or later, without a turn when it is there already. */
import { type Awaitable, isPromise } from '../../nucleus/awaitable.ts';

export function then<T, R>(value: Awaitable<T>, next: (value: T) => Awaitable<R>): Awaitable<R> {
  return isPromise(value) ? value.then(next) : next(value);
}
