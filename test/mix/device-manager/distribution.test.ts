/** The Device Manager of site 1 used from site 2, and what is left when site 2 is lost. */
import { describe, expect, it } from 'vitest';
import { ObjectProtocol } from '../../../mix/protocols/object.ts';
import { DEVICE_MANAGERS } from '../../../mix/protocols/process.ts';
import type { Thread } from '../../../nucleus/executive/thread.ts';
import { uiSite } from '../../../nucleus/ids/ui.ts';
import { client } from '../../../nucleus/ipc/stubs.ts';
import { joinTransport, sitesReady } from '../../../nucleus/join.ts';
import { Nucleus } from '../../../nucleus/nucleus.ts';
import { InProcessHub } from '../../../nucleus/transport/inprocess.ts';
import { O, Poll } from '../../../subsystems/unix/constants.ts';
import { bytesOf, errorOf, fifoNode, io, pending, settle, startSite, textOf } from './harness.ts';

async function twoSites() {
  const site = startSite();
  const distant = new Nucleus({ site: 2 });
  const hub = new InProcessHub();
  const here = joinTransport(site.nucleus, hub.join(1));
  const there = joinTransport(distant, hub.join(2));
  await sitesReady(here, [2], 5000);
  await sitesReady(there, [1], 5000);
  const stub = client(distant, ObjectProtocol);
  const newThread = (): Thread =>
    distant.threadCreate(distant.actorCreate(null, { name: 'distant process' }));
  const crash = async (): Promise<void> => {
    await there.close();
    await settle();
  };
  const close = async (): Promise<void> => {
    await there.close();
    await here.close();
  };
  return { site, me: io(site), distant, stub, dest: site.dest, newThread, crash, close };
}

type Sites = Awaited<ReturnType<typeof twoSites>>;

function distantIo({ stub, dest, newThread }: Sites, thread = newThread()) {
  return {
    read: async (key: Parameters<ReturnType<typeof io>['read']>[0], max = 65536) =>
      textOf((await stub.read(thread, dest, { key, max, offset: -1 })).data),
    write: async (key: Parameters<ReturnType<typeof io>['read']>[0], text: string) =>
      (await stub.write(thread, dest, { key, data: bytesOf(text), offset: -1, limit: Infinity })).count,
    pipe: async () => stub.pipe(thread, dest, { flags: 0 }),
    hold: async (...keys: Parameters<ReturnType<typeof io>['read']>[0][]) =>
      stub.hold(thread, dest, { keys }),
  };
}

describe('objects used from another site', () => {
  it('is found through its group, and serves pipes there', async () => {
    const sites = await twoSites();
    const { site, stub, newThread } = sites;
    const near = { target: DEVICE_MANAGERS.ui, mode: 'associative', coTarget: uiSite(1) } as const;
    const { reader, writer } = await stub.pipe(newThread(), near, { flags: 0 });
    const distant = distantIo(sites);
    const reading = distantIo(sites).read(reader);
    await distant.write(writer, 'across');
    expect(await reading).toBe('across');
    expect(site.bugs).toEqual([]);
    await sites.close();
  });

  it('an abort on the other site ends the wait here', async () => {
    const sites = await twoSites();
    const { reader, writer } = await sites.me.pipe();
    const waiter = sites.newThread();
    const reading = errorOf(() => distantIo(sites, waiter).read(reader));
    await settle();
    waiter.abort();
    expect(await reading).toBe('K_EABORT');
    await settle();
    await sites.me.write(writer, 'kept');
    expect(await sites.me.read(reader)).toBe('kept');
    await sites.close();
  });

  it('a lost writer is the end of file, a lost reader EPIPE', async () => {
    const sites = await twoSites();
    const { me } = sites;
    const first = await me.pipe();
    const second = await me.pipe();
    await distantIo(sites).hold(first.writer, second.reader);
    await me.release(first.writer);
    await me.release(second.reader);
    const reading = io(sites.site, sites.site.newThread()).read(first.reader);
    expect(await pending(reading)).toBe(true);
    expect(await me.write(second.writer, 'ok')).toBe(2);
    await sites.crash();
    expect(await reading).toBe('');
    expect(await errorOf(() => me.write(second.writer, 'x'))).toBe('EPIPE');
    await sites.close();
  });

  it('what both hold stays; a reader on the lost site eats nothing', async () => {
    const sites = await twoSites();
    const { me } = sites;
    const { reader, writer } = await me.pipe();
    await distantIo(sites).hold(reader, writer);
    const lost = errorOf(() => distantIo(sites).read(reader));
    await settle();
    await sites.crash();
    expect(await lost).not.toBe('ok');
    await me.write(writer, 'for the living');
    expect(await me.read(reader)).toBe('for the living');
    await sites.close();
  });

  it('a FIFO open that waits on a lost site leaves nothing', async () => {
    const sites = await twoSites();
    const { stub, newThread, dest, me } = sites;
    const request = { special: fifoNode('v:1'), flags: O.RDONLY, pid: 0, sid: 0, pgid: 0 };
    const opening = errorOf(() => stub.openSpecial(newThread(), dest, request));
    await settle();
    await sites.crash();
    expect(await opening).not.toBe('ok');
    expect(await errorOf(() => me.open(fifoNode('v:1'), O.WRONLY | O.NONBLOCK))).toBe('ENXIO');
    await sites.close();
  });

  it('a pty that is used from there hangs up with its site', async () => {
    const sites = await twoSites();
    const { stub, newThread, dest, me, site } = sites;
    const thread = newThread();
    const { master, slave } = await stub.openpty(thread, dest, { rows: 24, columns: 80, uid: 0, gid: 5 });
    await site.stub.hold(site.thread, dest, { keys: [slave] });
    await distantIo(sites).write(master, 'line\n');
    expect(await me.read(slave)).toBe('line\n');
    const reading = io(site, site.newThread()).read(slave);
    await settle();
    await sites.crash();
    expect(await reading).toBe('');
    expect(await me.poll(slave, Poll.IN)).toBe(Poll.IN | Poll.ERR | Poll.HUP);
    await sites.close();
  });
});
