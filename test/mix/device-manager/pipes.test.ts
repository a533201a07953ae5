import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeviceLimits } from '../../../mix/device-manager/limits.ts';
import { isPromise } from '../../../nucleus/awaitable.ts';
import { O, Poll, S } from '../../../subsystems/unix/constants.ts';
import { bytesOf, errorOf, io, pending, settle, startSite } from './harness.ts';

describe('pipes', () => {
  it('answers without a promise when nothing waits', async () => {
    const site = startSite();
    const { reader, writer } = await io(site).pipe();
    const data = bytesOf('hello');
    const written = site.stub.write(site.thread, site.dest, {
      key: writer,
      data,
      offset: -1,
      limit: Infinity,
    });
    expect(isPromise(written)).toBe(false);
    expect(isPromise(site.stub.read(site.thread, site.dest, { key: reader, max: 9, offset: -1 }))).toBe(
      false,
    );
  });

  it('does not keep the array that it was given', async () => {
    const site = startSite();
    const me = io(site);
    const { reader, writer } = await me.pipe();
    for (const size of [3, 5000]) {
      const data = new Uint8Array(size).fill(1);
      await me.write(writer, data);
      data.fill(2);
      expect(await me.readBytes(reader)).toEqual(new Uint8Array(size).fill(1));
    }
  });

  it('holds 64 KiB, then blocks or says EAGAIN', async () => {
    const site = startSite();
    const me = io(site);
    const { reader, writer } = await me.pipe(O.NONBLOCK);
    expect(await errorOf(() => me.read(reader))).toBe('EAGAIN');
    expect(await me.write(writer, new Uint8Array(65530))).toBe(65530);
    expect(await errorOf(() => me.write(writer, new Uint8Array(10)))).toBe('EAGAIN');
    expect(await me.write(writer, new Uint8Array(5000))).toBe(6);
    expect(await errorOf(() => me.write(writer, new Uint8Array(5000)))).toBe('EAGAIN');
    expect(await me.poll(writer, Poll.OUT)).toBe(0);
    expect(await me.readBytes(reader, 4096)).toHaveLength(4096);
    expect(await me.poll(writer, Poll.OUT)).toBe(Poll.OUT);
  });

  it('gives end of file without writers and EPIPE without readers, also to those who wait', async () => {
    const site = startSite();
    const me = io(site);
    const other = io(site, site.newThread());
    const first = await me.pipe();
    const reading = other.read(first.reader);
    expect(await pending(reading)).toBe(true);
    await me.release(first.writer);
    expect(await reading).toBe('');
    expect(await me.poll(first.reader, Poll.IN)).toBe(Poll.HUP);

    const second = await me.pipe();
    await me.write(second.writer, new Uint8Array(65536));
    const writing = errorOf(() => other.write(second.writer, 'x'));
    await settle();
    await me.release(second.reader);
    expect(await writing).toBe('EPIPE');
    expect(await errorOf(() => me.write(second.writer, 'x'))).toBe('EPIPE');
    expect(await me.poll(second.writer, Poll.OUT)).toBe(Poll.OUT | Poll.ERR);
  });

  it('ends a wait by abort: EINTR with nothing moved, a count otherwise', async () => {
    const site = startSite();
    const me = io(site);
    const { reader, writer } = await me.pipe();
    const waiter = site.newThread();
    const reading = errorOf(() => io(site, waiter).read(reader));
    await settle();
    waiter.abort();
    expect(await reading).toBe('K_EABORT');

    await me.write(writer, new Uint8Array(60000));
    const writing = io(site, waiter).write(writer, new Uint8Array(65536));
    await settle();
    waiter.abort();
    expect(await writing).toBe(5536);
    const nothing = errorOf(() => io(site, waiter).write(writer, new Uint8Array(10)));
    await settle();
    waiter.abort();
    expect(await nothing).toBe('K_EABORT');
  });

  it('checks the direction, the key and the object', async () => {
    const site = startSite();
    const me = io(site);
    const { reader, writer } = await me.pipe();
    expect(await errorOf(() => me.read(writer))).toBe('EBADF');
    expect(await errorOf(() => me.write(reader, 'x'))).toBe('EBADF');
    const { stub, thread, dest } = site;
    expect(await errorOf(() => stub.seek(thread, dest, { key: reader, offset: 0, whence: 0 }))).toBe(
      'ESPIPE',
    );
    await me.write(writer, 'abc');
    const identity = { pid: 0, pgid: 0, sid: 0, ignoring: false };
    const queued = await stub.ioctl(thread, dest, {
      key: reader,
      request: 'FIONREAD',
      argument: null,
      ...identity,
    });
    expect(queued.result).toBe(3);
    expect((await stub.fstat(thread, dest, { key: reader })).stat.mode & S.IFMT).toBe(S.IFIFO);
    await me.release(reader);
    expect(await errorOf(() => me.read(reader))).toBe('EBADF');
    expect(await errorOf(() => me.release(reader))).toBe('EBADF');
  });

  it('changes only O_NONBLOCK and O_APPEND by setFlags', async () => {
    const site = startSite();
    const { reader } = await io(site).pipe();
    const { stub, thread, dest } = site;
    await stub.setFlags(thread, dest, { key: reader, flags: O.NONBLOCK | O.RDWR });
    expect((await stub.getFlags(thread, dest, { key: reader })).flags).toBe(O.NONBLOCK);
    expect(await errorOf(() => io(site).read(reader))).toBe('EAGAIN');
  });

  it('poll waits until something is ready', async () => {
    const site = startSite();
    const me = io(site);
    const { reader, writer } = await me.pipe();
    const polling = io(site, site.newThread()).poll(reader, Poll.IN, true);
    expect(await pending(polling)).toBe(true);
    await me.write(writer, 'x');
    expect(await polling).toBe(Poll.IN);
    const waiter = site.newThread();
    await me.read(reader);
    const aborted = errorOf(() => io(site, waiter).poll(reader, Poll.IN, true));
    await settle();
    waiter.abort();
    expect(await aborted).toBe('K_EABORT');
  });

  it('has a limit', async () => {
    const site = startSite();
    const me = io(site);
    const open: Awaited<ReturnType<typeof me.pipe>>[] = [];
    for (let i = 0; i < DeviceLimits.PIPES_MAX; i++) open.push(await me.pipe());
    expect(await errorOf(() => me.pipe())).toBe('ENFILE');
    await me.release(open[0]!.reader);
    await me.release(open[0]!.writer);
    expect(await errorOf(() => me.pipe())).toBe('ok');
  });

  it('keeps concurrent writes of PIPE_BUF or less in one piece', async () => {
    const site = startSite();
    const me = io(site);
    const { reader, writer } = await me.pipe();
    const writers = [1, 2, 3, 4, 5].map(async (id) => {
      const mine = io(site, site.newThread());
      for (let i = 0; i < 60; i++) await mine.write(writer, new Uint8Array(700 * id).fill(id));
    });
    const done = Promise.all(writers).then(() => me.release(writer));
    const mine = io(site, site.newThread());
    const received: number[] = [];
    for (;;) {
      const data = await mine.readBytes(reader, 3000);
      if (data.length === 0) break;
      received.push(...data);
    }
    await done;
    let at = 0;
    while (at < received.length) {
      const id = received[at]!;
      expect(received.slice(at, at + 700 * id).every((byte) => byte === id)).toBe(true);
      at += 700 * id;
    }
    expect(received).toHaveLength(60 * 700 * 15);
  });

  it('behaves as a byte queue', async () => {
    const step = fc.oneof(
      fc.record({ write: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 65536 })) }),
      fc.record({ read: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 65536 })) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const site = startSite();
        const me = io(site);
        const { reader, writer } = await me.pipe(O.NONBLOCK);
        let model: number[] = [];
        let next = 0;
        for (const one of steps) {
          if ('write' in one) {
            const data = Uint8Array.from({ length: one.write }, (_, i) => (next + i) & 0xff);
            const room = 65536 - model.length;
            const fits = one.write <= 4096 ? (one.write <= room ? one.write : 0) : Math.min(room, one.write);
            if (fits === 0 && one.write > 0)
              expect(await errorOf(() => me.write(writer, data))).toBe('EAGAIN');
            else expect(await me.write(writer, data)).toBe(fits);
            model = model.concat([...data.subarray(0, fits)]);
            next += fits;
          } else if (model.length === 0) {
            expect(await errorOf(() => me.read(reader, one.read))).toBe('EAGAIN');
          } else {
            const expected = model.slice(0, one.read);
            expect([...(await me.readBytes(reader, one.read))]).toEqual(expected);
            model = model.slice(expected.length);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('moves 64 KiB writes between two threads at a good rate', async () => {
    const site = startSite();
    const me = io(site);
    const { reader, writer } = await me.pipe();
    const block = new Uint8Array(65536);
    const blocks = 2000;
    const startMs = performance.now();
    const writing = (async () => {
      for (let i = 0; i < blocks; i++) await me.write(writer, block);
      await me.release(writer);
    })();
    const other = io(site, site.newThread());
    let total = 0;
    for (;;) {
      const data = await other.readBytes(reader);
      if (data.length === 0) break;
      total += data.length;
    }
    await writing;
    const megabytesPerSecond = total / 1e3 / (performance.now() - startMs);
    expect(total).toBe(blocks * block.length);
    // The goal is 300 MB/s on an idle machine; a loaded one must not fail the suite.
    expect(megabytesPerSecond).toBeGreaterThan(50);
    if (process.env.SHOW_RATES) console.log(`pipe: ${megabytesPerSecond.toFixed(0)} MB/s`);
  });
});
