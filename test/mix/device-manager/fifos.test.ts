import { describe, expect, it } from 'vitest';
import { O, Poll } from '../../../subsystems/unix/constants.ts';
import { errorOf, fifoNode, io, pending, settle, startSite } from './harness.ts';

const node = fifoNode('volume1:17');

describe('FIFOs', () => {
  it('opening waits for the other side', async () => {
    const site = startSite();
    const reading = io(site).open(node, O.RDONLY);
    expect(await pending(reading)).toBe(true);
    const writer = await io(site, site.newThread()).open(node, O.WRONLY);
    const reader = await reading;
    await io(site).write(writer, 'through the fifo');
    expect(await io(site).read(reader)).toBe('through the fifo');
  });

  it('a partner that came and went lets the opener through', async () => {
    const site = startSite();
    const reading = io(site).open(node, O.RDONLY);
    await settle();
    const other = io(site, site.newThread());
    const writer = await other.open(node, O.WRONLY);
    await other.write(writer, 'brief');
    await other.release(writer);
    const reader = await reading;
    expect(await io(site).read(reader)).toBe('brief');
    expect(await io(site).read(reader)).toBe('');
  });

  it('O_NONBLOCK: reading opens at once, writing needs a reader', async () => {
    const site = startSite();
    const me = io(site);
    expect(await errorOf(() => me.open(node, O.WRONLY | O.NONBLOCK))).toBe('ENXIO');
    const reader = await me.open(node, O.RDONLY | O.NONBLOCK);
    expect(await me.read(reader)).toBe('');
    expect(await me.poll(reader, Poll.IN)).toBe(0);
    const writer = await me.open(node, O.WRONLY | O.NONBLOCK);
    expect(await errorOf(() => me.read(reader))).toBe('EAGAIN');
    await me.release(writer);
    expect(await me.poll(reader, Poll.IN)).toBe(Poll.HUP);
  });

  it('O_RDWR never waits and is its own partner', async () => {
    const site = startSite();
    const me = io(site);
    const both = await me.open(node, O.RDWR);
    await me.write(both, 'echo');
    expect(await me.read(both)).toBe('echo');
  });

  it('an aborted open leaves nothing behind', async () => {
    const site = startSite();
    const waiter = site.newThread();
    const opening = errorOf(() => io(site, waiter).open(node, O.RDONLY));
    await settle();
    waiter.abort();
    expect(await opening).toBe('K_EABORT');
    expect(await errorOf(() => io(site).open(node, O.WRONLY | O.NONBLOCK))).toBe('ENXIO');
  });

  it('what nobody read is gone with the last end, and fstat shows the node', async () => {
    const site = startSite();
    const me = io(site);
    const both = await me.open(node, O.RDWR);
    await me.write(both, 'lost');
    await me.release(both);
    const again = await me.open(node, O.RDWR | O.NONBLOCK);
    expect(await errorOf(() => me.read(again))).toBe('EAGAIN');
    const { stat } = await site.stub.fstat(site.thread, site.dest, { key: again });
    expect(stat).toEqual(node.attributes);
  });
});
