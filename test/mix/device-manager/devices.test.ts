import { describe, expect, it } from 'vitest';
import { Device, makedev, O, Poll } from '../../../subsystems/unix/constants.ts';
import { deviceNode, errorOf, io, startSite } from './harness.ts';

describe('memory devices', () => {
  it('null, zero, full, random', async () => {
    const site = startSite();
    const me = io(site);
    const opened = async (rdev: number) => me.open(deviceNode(rdev), O.RDWR);
    const nul = await opened(Device.null);
    expect(await me.read(nul)).toBe('');
    expect(await me.write(nul, 'gone')).toBe(4);
    expect(await me.poll(nul, Poll.IN | Poll.OUT, true)).toBe(Poll.IN | Poll.OUT);
    const zero = await opened(Device.zero);
    expect(await me.readBytes(zero, 5)).toEqual(new Uint8Array(5));
    expect(await me.readBytes(zero, 1e9)).toHaveLength(65536);
    const full = await opened(Device.full);
    expect(await errorOf(() => me.write(full, 'x'))).toBe('ENOSPC');
    for (const rdev of [Device.random, Device.urandom]) {
      const random = await opened(rdev);
      expect(await me.readBytes(random, 64)).not.toEqual(await me.readBytes(random, 64));
      expect(await me.write(random, 'seed')).toBe(4);
    }
  });

  it('keeps the access mode and shows the node', async () => {
    const site = startSite();
    const me = io(site);
    const key = await me.open(deviceNode(Device.null), O.WRONLY);
    expect(await errorOf(() => me.read(key))).toBe('EBADF');
    const { stat } = await site.stub.fstat(site.thread, site.dest, { key });
    expect(stat).toEqual(deviceNode(Device.null).attributes);
    expect(await site.stub.seek(site.thread, site.dest, { key, offset: 9, whence: 0 })).toEqual({
      offset: 0,
    });
  });

  it('unknown numbers are ENXIO, unknown keys EBADF', async () => {
    const site = startSite();
    expect(await errorOf(() => io(site).open(deviceNode(makedev(9, 9)), O.RDWR))).toBe('ENXIO');
    const key = '0123456789abcdef' as Parameters<ReturnType<typeof io>['read']>[0];
    expect(await errorOf(() => io(site).read(key))).toBe('EBADF');
  });
});
