/** Timers and stopped threads, on a clock that the test turns by hand. */
import { describe, expect, it } from 'vitest';
import { type Clock, hostClock } from '../../nucleus/clock.ts';
import { Timer } from '../../nucleus/executive/timer.ts';
import { Nucleus } from '../../nucleus/nucleus.ts';

function handClock(): Clock & { advance(ms: number): void } {
  let now = 0;
  const timers = new Set<{ dueMs: number; fn: () => void }>();
  return {
    ...hostClock,
    monotonic: () => now,
    setTimer: (delayMs, fn) => {
      const timer = { dueMs: now + delayMs, fn };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const next = [...timers].sort((a, b) => a.dueMs - b.dueMs)[0];
        if (!next || next.dueMs > end) break;
        timers.delete(next);
        now = next.dueMs;
        next.fn();
      }
      now = end;
    },
  };
}

function setUp() {
  const clock = handClock();
  const nucleus = new Nucleus({ site: 1, clock });
  const actor = nucleus.actorCreate(null, { name: 'clock user' });
  const thread = (): ReturnType<Nucleus['threadCreate']> => nucleus.threadCreate(actor);
  return { clock, timer: new Timer(clock), thread };
}

describe('timers', () => {
  it('wakes waiting threads first come, first served, once an expiration', async () => {
    const { clock, timer, thread } = setUp();
    const woken: string[] = [];
    const first = Promise.resolve(timer.wait(thread())).then(() => woken.push('first'));
    const second = Promise.resolve(timer.wait(thread())).then(() => woken.push('second'));
    timer.set(10, 5);
    clock.advance(10);
    await first;
    expect(woken).toEqual(['first']);
    clock.advance(5);
    await second;
    expect(woken).toEqual(['first', 'second']);
  });

  it('counts the expirations that nobody waited for', () => {
    const { clock, timer, thread } = setUp();
    timer.set(1, 1);
    clock.advance(7);
    expect(timer.wait(thread())).toBe(7);
  });

  it('is silent once cancelled, and lets a wait time out', async () => {
    const { clock, timer, thread } = setUp();
    timer.set(10);
    const wait = timer.wait(thread(), { delayMs: 50 });
    timer.cancel();
    expect(timer.armed).toBe(false);
    clock.advance(50);
    await expect(wait).rejects.toMatchObject({ kname: 'K_ETIMEOUT' });
    expect(() => timer.set(-1)).toThrow('K_EINVAL');
  });

  it('holds a wake-up for a stopped thread until it is started', async () => {
    const { clock, timer, thread } = setUp();
    const sleeper = thread();
    let woken = false;
    const wait = Promise.resolve(timer.wait(sleeper)).then(() => (woken = true));
    sleeper.stop();
    timer.set(1);
    clock.advance(1);
    await new Promise((resolve) => setImmediate(resolve));
    expect([woken, sleeper.state]).toEqual([false, 'stopped']);
    sleeper.start();
    await wait;
    expect(woken).toBe(true);
  });
});
