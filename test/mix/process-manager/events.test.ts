/** epoll, eventfd, timerfd and copies as native programs use them, also between sites. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Epoll, O, Poll } from '../../../subsystems/unix/constants.ts';
import { WaitStatus } from '../../../subsystems/unix/signals.ts';
import type { Fd, Program, Sys } from '../../../subsystems/unix/sys.ts';
import { codeOf } from '../support.ts';
import { bootWorld, print, type TestWorld, waitFor } from './support.ts';

const data = (byte: number): Uint8Array => new Uint8Array(8).fill(byte);
const count = (value: number): Uint8Array => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes;
};
const numberIn = (bytes: Uint8Array): number => Number(new DataView(bytes.buffer).getBigUint64(0, true));

/** Makes the objects here, and has the child on site `site` use them. */
const events: Program = {
  name: 'events',
  async main(sys, [, site]) {
    const counter = await sys.eventfd(0);
    const timer = await sys.timerfdCreate(false);
    const epfd = await sys.epollCreate();
    await sys.epollCtl(epfd, 'add', counter, { events: Poll.IN | Epoll.ET, data: data(1) });
    await sys.epollCtl(epfd, 'add', timer, { events: Poll.IN, data: data(2) });
    sys.csite(Number(site));
    const pid = await sys.fork('child', { counter, timer, epfd });
    const first = await sys.epollWait(epfd, 4, 5000);
    await print(sys, `first ${first.map((event) => `${event.events} ${event.data[0]}`)}\n`);
    await print(sys, `value ${numberIn(await sys.read(counter, 8))}\n`);
    const { status } = await waitFor(sys, pid);
    await print(sys, `child ${WaitStatus.exitCode(status)}\n`);
    // What the child armed and registered is of the same objects.
    const second = await sys.epollWait(epfd, 4, 5000);
    await print(sys, `second ${second.map((event) => `${event.events} ${event.data[0]}`)}\n`);
    return 0;
  },
  entries: {
    /** An instance of its own watches a pipe of its own site and the counter of the parent's. */
    async child(sys: Sys, { counter, timer, epfd }: { counter: Fd; timer: Fd; epfd: Fd }): Promise<number> {
      const own = await sys.epollCreate();
      const [reader, writer] = await sys.pipe();
      await sys.epollCtl(own, 'add', reader, { events: Poll.IN, data: data(3) });
      await sys.epollCtl(own, 'add', counter, { events: Poll.OUT, data: data(4) });
      if ((await sys.epollWait(own, 4, 5000)).some((event) => event.data[0] !== 4)) return 1;
      await sys.epollCtl(own, 'delete', counter);
      const waiting = sys.epollWait(own, 4, 5000);
      await sys.write(writer, count(1));
      if ((await waiting)[0]?.data[0] !== 3) return 2;
      await sys.write(counter, count(7));
      await sys.epollCtl(epfd, 'add', reader, { events: Poll.OUT, data: data(5) });
      await sys.timerfdSettime(timer, { valueMs: 800, intervalMs: 0 });
      return (await sys.timerfdGettime(timer)).valueMs > 0 ? 5 : 3;
    },
  },
};

describe('event descriptors', () => {
  let world: TestWorld;
  beforeAll(async () => {
    world = await bootWorld([events], 2);
  });
  afterAll(() => world.close());

  it.each([1, 2])('are shared with a child on site %i', async (site) => {
    const { out, status } = await world.run(['events', String(site)]);
    expect(out).toBe('first 1 1\nvalue 7\nchild 5\nsecond 1 2\n');
    expect(WaitStatus.isExited(status)).toBe(true);
  });

  it('leave nothing behind', async () => {
    const { sys } = world;
    const before = await codeOf(() => sys.read(99, 1));
    expect(before).toBe('EBADF');
    const epfd = await sys.epollCreate(O.CLOEXEC);
    const fds = await Promise.all(Array.from({ length: 50 }, () => sys.eventfd(0, { flags: O.NONBLOCK })));
    for (const fd of fds) await sys.epollCtl(epfd, 'add', fd, { events: Poll.IN, data: data(9) });
    await sys.write(fds[20]!, count(1));
    expect(await sys.epollWait(epfd, 100, 0)).toHaveLength(1);
    for (const fd of fds) await sys.close(fd);
    expect(await sys.epollWait(epfd, 100, 0)).toEqual([]);
    await sys.close(epfd);
    expect(await codeOf(() => sys.epollWait(epfd, 1, 0))).toBe('EBADF');
  });

  it('count edges of a terminal', async () => {
    const { sys } = world;
    const { master, slave } = await sys.openpty();
    const epfd = await sys.epollCreate();
    await sys.epollCtl(epfd, 'add', slave, { events: Poll.IN | Epoll.ET, data: data(1) });
    expect(await sys.epollWait(epfd, 1, 0)).toEqual([]);
    await sys.write(master, new TextEncoder().encode('line\n'));
    expect(await sys.epollWait(epfd, 1, 1000)).toHaveLength(1);
    expect(await sys.epollWait(epfd, 1, 0)).toEqual([]);
    await sys.write(master, new TextEncoder().encode('more\n'));
    expect(await sys.epollWait(epfd, 1, 1000)).toHaveLength(1);
    for (const fd of [master, slave, epfd]) await sys.close(fd);
  });
});
