/** A value now, or a promise of it: calls that need no wait return at once, so hot paths cost no turn. */
export type Awaitable<T> = T | Promise<T>;

export function isPromise<T>(value: Awaitable<T>): value is Promise<T> {
  return value instanceof Promise;
}
