import { describe, expect, it } from 'vitest';
import { EventFlags, Mutex, Semaphore } from '../../nucleus/executive/sync.ts';
import { Nucleus } from '../../nucleus/nucleus.ts';
import { until, userThread } from './support/sites.ts';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function site() {
  const nucleus = new Nucleus({ site: 1 });
  const actor = nucleus.actorCreate(null, { name: 'actor', privilege: 'supervisor' });
  return { nucleus, actor, thread: nucleus.threadCreate(actor) };
}

describe('abort', () => {
  it('ends an abortable wait and is consumed by it', async () => {
    const { thread } = site();
    const wait = thread.delay(60_000);
    thread.abort();
    await expect(wait).rejects.toThrow('K_EABORT');
    expect(thread.takeAborted()).toBe(false);
    await thread.delay(1);
  });

  it('is remembered until the next abortable wait, and spares the others', async () => {
    const { thread } = site();
    const firm = thread.delay(5, false);
    thread.abort();
    await firm;
    await expect(thread.delay(60_000)).rejects.toThrow('K_EABORT');
    thread.abort();
    expect(thread.takeAborted()).toBe(true);
    expect(thread.takeAborted()).toBe(false);
  });

  it("runs the home actor's handlers when the thread comes home with it", () => {
    const { nucleus, actor, thread } = site();
    const ran: number[] = [];
    nucleus.actorAbortHandlerConnect(actor, 0, () => ran.push(0));
    nucleus.actorAbortHandlerConnect(actor, 3, (aborted) => ran.push(aborted.takeAborted() ? -1 : 3));
    expect(() => nucleus.actorAbortHandlerConnect(actor, 3, () => {})).toThrow('K_EBUSY');
    expect(() => nucleus.actorAbortHandlerConnect(actor, 99, () => {})).toThrow('K_EINVAL');
    expect(nucleus.threadComeHome(thread)).toBe(false);
    thread.abort();
    expect(nucleus.threadComeHome(thread)).toBe(true);
    expect(ran).toEqual([0, 3]);
    expect(nucleus.threadComeHome(thread)).toBe(false);
  });
});

describe('suspension and stopping', () => {
  it('are independent reasons to stand still; both must clear', async () => {
    const { nucleus, actor, thread } = site();
    let went = false;
    const wait = thread.delay(1).then(() => {
      went = true;
    });
    thread.suspend();
    thread.suspend();
    nucleus.actorStop(actor);
    expect(thread.state).toBe('stopped');
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(went).toBe(false);
    nucleus.actorStart(actor);
    thread.resume();
    await settle();
    expect([went, thread.state]).toEqual([false, 'suspended']);
    thread.resume();
    await wait;
    expect(thread.settle()).toBeUndefined();
  });

  it('a thread created inactive stands still at its first settle', async () => {
    const { nucleus, actor } = site();
    const thread = nucleus.threadCreate(actor, { inactive: true });
    let went = false;
    void thread.settle()?.then(() => (went = true));
    await settle();
    expect(went).toBe(false);
    thread.resume();
    await until(() => went);
  });

  it('deletion ends the wait with K_EUNKNOWN, also of a suspended thread', async () => {
    const { nucleus, thread } = site();
    const wait = thread.delay(60_000);
    thread.suspend();
    nucleus.threadDelete(thread);
    await expect(wait).rejects.toThrow('K_EUNKNOWN');
    await expect(thread.delay(1)).rejects.toThrow('K_EUNKNOWN');
  });
});

describe('priorities', () => {
  it('ready threads go on by priority, first come first served within one', async () => {
    const { nucleus, actor } = site();
    const semaphore = new Semaphore(0);
    const order: string[] = [];
    for (const [name, priority] of [
      ['low', 200],
      ['mid1', 128],
      ['mid2', 128],
      ['high', 1],
    ] as const) {
      const thread = nucleus.threadCreate(actor, { name, priority });
      void semaphore.p(thread)?.then(() => order.push(name));
    }
    for (let count = 0; count < 4; count++) semaphore.v();
    await settle();
    expect(order).toEqual(['high', 'mid1', 'mid2', 'low']);
  });

  it('a chain of wake-ups lets the event loop have its turns', async () => {
    const { nucleus, actor } = site();
    const [ping, pong] = [new Semaphore(0), new Semaphore(0)];
    let running = true;
    let rounds = 0;
    const player = async (mine: Semaphore, other: Semaphore): Promise<void> => {
      const thread = nucleus.threadCreate(actor);
      while (running) {
        await mine.p(thread);
        rounds += 1;
        other.v();
      }
    };
    void player(ping, pong);
    void player(pong, ping);
    ping.v();
    await new Promise((resolve) => setTimeout(resolve, 20));
    running = false;
    expect(rounds).toBeGreaterThan(100);
  });
});

describe('synchronisation objects', () => {
  it('semaphores hand units over first come first served, with delays and aborts', async () => {
    const { nucleus } = site();
    const semaphore = new Semaphore(1);
    const threads = [1, 2, 3].map(() => userThread(nucleus));
    expect(semaphore.p(threads[0]!)).toBeUndefined();
    await expect(semaphore.p(threads[0]!, { delayMs: 5 })).rejects.toThrow('K_ETIMEOUT');
    const order: number[] = [];
    const waits = threads.map((thread, index) => semaphore.p(thread)!.then(() => order.push(index)));
    threads[1]!.abort();
    await expect(waits[1]).rejects.toThrow('K_EABORT');
    semaphore.v();
    semaphore.v();
    await Promise.all([waits[0], waits[2]]);
    expect(order).toEqual([0, 2]);
  });

  it('a mutex belongs to its waiter from the moment of release', async () => {
    const { nucleus } = site();
    const mutex = new Mutex();
    const [a, b] = [userThread(nucleus), userThread(nucleus)];
    expect(mutex.get(a)).toBeUndefined();
    expect(() => mutex.get(a)).toThrow('K_EBUSY');
    const wait = mutex.get(b);
    mutex.release(a);
    expect(() => mutex.release(a)).toThrow('K_EINVAL');
    expect(mutex.tryGet(a)).toBe(false);
    await wait;
    mutex.release(b);
    expect(mutex.tryGet(a)).toBe(true);
  });

  it('event flags end waits for any and for all, and are cleared on demand', async () => {
    const { nucleus } = site();
    const flags = new EventFlags();
    const [a, b, c] = [userThread(nucleus), userThread(nucleus), userThread(nucleus)];
    const any = flags.wait(a, 0b11);
    const all = flags.wait(b, 0b11, { all: true, clear: true });
    flags.post(0b01);
    expect(await any).toBe(0b01);
    flags.post(0b10);
    expect(await all).toBe(0b11);
    await expect(flags.wait(c, 0b11, { delayMs: 2 })).rejects.toThrow('K_ETIMEOUT');
    flags.post(0b100);
    expect(flags.wait(c, 0b100)).toBe(0b100);
    flags.clear(0b100);
    await expect(flags.wait(c, 0b100, { delayMs: 0 })).rejects.toThrow('K_ETIMEOUT');
  });
});
