/**
 * Continues with a value now or later, without a turn when it is there already. (A module must not export a
 * name `then`.)
 */
import { type Awaitable, isPromise } from '../../nucleus/awaitable.ts';

export function andThen<T, R>(value: Awaitable<T>, next: (value: T) => Awaitable<R>): Awaitable<R> {
  return isPromise(value) ? value.then(next) : next(value);
}
