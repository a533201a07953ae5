/**
 * The seams of determinism: time, deferral and randomness are handed to a nucleus, never taken from the host.
 * The simulator hands in virtual ones; everything else uses `hostClock` and `hostRandom`.
 */
import { randomFillSync } from 'node:crypto';

export interface Clock {
  /** Milliseconds since 1970, with fraction. */
  now(): number;
  /** Monotonic milliseconds. */
  monotonic(): number;
  /** Runs `fn` once after delayMs; the result cancels it. */
  setTimer(delayMs: number, fn: () => void): () => void;
  /** Runs `fn` in a later turn of the event loop, after pending input and output. */
  defer(fn: () => void): void;
}

export interface RandomSource {
  /** 64 unpredictable bits as 16 hexadecimal digits. */
  key(): string;
  bytes(count: number): Uint8Array;
}

/** setTimeout misfires above 2^31 - 1 ms: longer waits are cut into pieces. */
const TIMER_MAX_MS = 0x7fffffff;

/** A wait as short goes on by turns of the event loop from the start: setTimeout takes 1 ms at least. */
const SHORT_MS = 0.3;
/** And the last part of a longer one: setTimeout is late by so much, and an idle processor wakes slowly. */
const LAST_MS = 1;

/**
 * Never early: setTimeout drops the fraction of a millisecond, and may fire a little too soon besides. Hardly
 * late: the last part of a wait, and one that is shorter, is a few turns of the event loop.
 */
function hostTimer(delayMs: number, fn: () => void): () => void {
  const deadlineMs = performance.now() + Math.max(0, delayMs);
  let timeout: NodeJS.Timeout | undefined;
  let immediate: NodeJS.Immediate | undefined;
  const look = (): void => {
    const leftMs = deadlineMs - performance.now();
    if (leftMs > 0) arm(leftMs, LAST_MS);
    else fn();
  };
  const arm = (leftMs: number, turnsMs: number): void => {
    if (leftMs < turnsMs) immediate = setImmediate(look);
    else timeout = setTimeout(look, Math.min(leftMs - LAST_MS, TIMER_MAX_MS));
  };
  arm(Math.max(0, delayMs), SHORT_MS);
  return () => {
    clearTimeout(timeout);
    clearImmediate(immediate);
  };
}

/** A clock whose time of day can be set, for those who read this one; its monotonic time goes on. */
export class SettableClock implements Clock {
  readonly monotonic: () => number;
  readonly setTimer: (delayMs: number, fn: () => void) => () => void;
  readonly defer: (fn: () => void) => void;
  private readonly base: Clock;
  private readonly watchers = new Set<(byMs: number) => void>();
  /** Between the time of day and that of the clock below. */
  private offset = 0;

  constructor(base: Clock) {
    this.base = base;
    this.monotonic = base.monotonic.bind(base);
    this.setTimer = base.setTimer.bind(base);
    this.defer = base.defer.bind(base);
  }

  now(): number {
    return this.base.now() + this.offset;
  }

  get offsetMs(): number {
    return this.offset;
  }

  set offsetMs(ms: number) {
    const byMs = ms - this.offset;
    this.offset = ms;
    for (const changed of [...this.watchers]) changed(byMs);
  }

  /** `changed` hears by how much the time was set: who waits for one looks again. The result ends that. */
  watch(changed: (byMs: number) => void): () => void {
    this.watchers.add(changed);
    return () => void this.watchers.delete(changed);
  }
}

export const hostClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  monotonic: () => performance.now(),
  setTimer: hostTimer,
  defer: (fn) => void setImmediate(fn),
};

/** Larger requests are the host's to fill. */
const FROM_PAGE_MAX = 256;

/** Random bytes are drawn from the host in pages: a key or a few bytes cost no system call. */
function hostRandomSource(): RandomSource {
  const page = Buffer.alloc(4096);
  let used = page.length;
  /** Where so many fresh bytes of the page begin. */
  const take = (count: number): number => {
    if (used + count > page.length) {
      randomFillSync(page);
      used = 0;
    }
    used += count;
    return used - count;
  };
  return {
    key() {
      const at = take(8);
      return page.toString('hex', at, at + 8);
    },
    bytes(count) {
      if (count > FROM_PAGE_MAX) return randomFillSync(new Uint8Array(count));
      const at = take(count);
      return new Uint8Array(page.subarray(at, at + count));
    },
  };
}

export const hostRandom: RandomSource = hostRandomSource();

/** A seeded source for the simulator and `--seed` (xorshift128; not for secrets). */
export function seededRandom(seed: number): RandomSource & { next(): number } {
  let a = (seed ^ 0x9e3779b9) >>> 0 || 1;
  let b = (Math.imul(seed, 0x85ebca6b) ^ 0x7f4a7c15) >>> 0;
  let c = (seed + 0x165667b1) >>> 0;
  let d = 0x27d4eb2f;
  const next = (): number => {
    let t = d;
    d = c;
    c = b;
    b = a;
    t ^= t << 11;
    t ^= t >>> 8;
    a = (t ^ a ^ (a >>> 19)) >>> 0;
    return a / 0x1_0000_0000;
  };
  for (let i = 0; i < 16; i++) next();
  const word = (): string => ((next() * 0x1_0000_0000) >>> 0).toString(16).padStart(8, '0');
  return {
    next,
    key: () => word() + word(),
    bytes: (count) => Uint8Array.from({ length: count }, () => (next() * 256) | 0),
  };
}
