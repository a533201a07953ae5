/**
 * Files as segments: mappings on several sites, reads and writes by message, all of one and the same bytes.
 */
import { describe, expect, it } from 'vitest';
import { memoryVolume } from '../../../drivers/memfs-volume/volume.ts';
import { type FileManager, startFileManager } from '../../../mix/file-manager/file-manager.ts';
import type { Key } from '../../../nucleus/ids/capability.ts';
import { joinTransport, sitesReady } from '../../../nucleus/join.ts';
import { Fault } from '../../../nucleus/memory/site-memory.ts';
import { Nucleus } from '../../../nucleus/nucleus.ts';
import { InProcessHub } from '../../../nucleus/transport/inprocess.ts';
import { Falloc, O, Seal, Seek } from '../../../subsystems/unix/constants.ts';
import { Guest, MIB, nucleusWith, PAGE } from '../../nucleus/memory/support.ts';
import { codeOf } from '../support.ts';
import { bench, errno, User } from './support.ts';

const AT = 0x4000_0000;

/** One site with a File Manager, and a guest that maps its files. */
function mapped(memoryBytes = 8 * MIB) {
  const made = bench(memoryVolume(), nucleusWith(memoryBytes));
  const guest = new Guest(made.nucleus);
  const { root } = made;
  const segmentOf = (key: Key, access = 1, execute = false) => root.now('segment', { key, access, execute });
  const map = (key: Key, pages: number, protection = 3, at = AT) => {
    const { segment } = segmentOf(key, protection & 2 ? 3 : 1);
    guest.vm.rgnMap(guest.context, { start: at, size: pages * PAGE, protection }, segment, 0);
  };
  const put = async (va: number, text: string) => {
    for (const [i, byte] of Buffer.from(text).entries()) expect(await guest.store(va + i, byte)).toBe(1);
  };
  const get = async (va: number, length: number) => {
    const bytes: number[] = [];
    for (let i = 0; i < length; i++) bytes.push(await guest.load(va + i));
    return Buffer.from(bytes).toString();
  };
  return { ...made, guest, segmentOf, map, put, get };
}

describe('a mapped file', () => {
  it('shows what is written by calls, and calls see what is written through it', async () => {
    const { root, map, put, get } = mapped();
    root.put('/f', 'abcdef');
    const key = root.open('/f', O.RDWR);
    map(key, 1);
    expect(await get(AT, 6)).toBe('abcdef');
    root.write(key, 'XY', 1);
    expect(await get(AT, 6)).toBe('aXYdef');
    await put(AT + 4, 'zz');
    expect(root.read(key, 10, 0)).toBe('aXYdzz');
    expect(root.read(key, 3)).toBe('aXY');
    await put(AT, 'Q');
    expect(root.get('/f')).toBe('QXYdzz');
    expect(root.read(key, 3)).toBe('dzz');
  });

  it('has its tail zeroed when it is cut, and beyond its last page there is nothing', async () => {
    const { root, map, put, get, guest } = mapped();
    root.put('/f', 'x'.repeat(2 * PAGE));
    const key = root.open('/f', O.RDWR);
    map(key, 4);
    await put(AT + 100, 'dirty');
    await put(AT + PAGE, 'gone');
    expect(await guest.load(AT + 2 * PAGE)).toBe(Fault.bus);
    root.truncate('/f', 103);
    expect(await get(AT + 98, 8)).toBe('xxdir\0\0\0');
    expect(await guest.load(AT + PAGE)).toBe(Fault.bus);
    expect(root.get('/f')).toBe(`${'x'.repeat(100)}dir`);
    await put(AT + 110, 'beyond');
    root.truncate('/f', 3 * PAGE);
    expect(await get(AT + 108, 8)).toBe('\0'.repeat(8));
    expect(await guest.load(AT + 2 * PAGE)).toBe(0);
    expect(root.read(key, 8, 108)).toBe('\0'.repeat(8));
  });

  it('grows by appends while it is mapped', async () => {
    const { root, map, get, guest } = mapped();
    root.put('/f', '');
    const key = root.open('/f', O.RDWR | O.APPEND);
    map(key, 2);
    expect(await guest.load(AT)).toBe(Fault.bus);
    root.write(key, 'one');
    expect(await get(AT, 4)).toBe('one\0');
    root.write(key, 'y'.repeat(PAGE));
    expect(await get(AT, 5)).toBe('oneyy');
    expect(await get(AT + PAGE, 4)).toBe('yyy\0');
    expect(root.stat('/f').size).toBe(PAGE + 3);
  });

  it('is punched and zeroed under its mapping', async () => {
    const { root, map, put, get } = mapped();
    root.put('/f', 'x'.repeat(3 * PAGE));
    const key = root.open('/f', O.RDWR);
    map(key, 3);
    await put(AT + PAGE + 5, 'new');
    const punch = { key, mode: Falloc.PUNCH_HOLE | Falloc.KEEP_SIZE, offset: PAGE, length: PAGE };
    root.now('allocate', { ...punch, limit: Number.POSITIVE_INFINITY });
    expect(await get(AT + PAGE - 2, 10)).toBe('xx\0\0\0\0\0\0\0\0');
    await put(AT + PAGE + 7, '!');
    expect(root.now('seek', { key, offset: 0, whence: Seek.HOLE }).offset).toBe(3 * PAGE);
  });

  it('lives on without a name and without an open file as long as it is held, then its space is free', async () => {
    const { root, volume, map, put, get, guest } = mapped();
    const before = volume.statfs();
    root.put('/f', 'text');
    const key = root.open('/f', O.RDWR);
    map(key, 1);
    await put(AT, 'T');
    root.unlink('/f');
    expect(await get(AT, 4)).toBe('Text');
    expect(root.read(key, 4, 0)).toBe('Text');
    guest.exit();
    root.close(key);
    expect(volume.statfs()).toMatchObject({ ffree: before.ffree, bfree: before.bfree });
  });

  it('keeps its pages for the next who maps it; its last close has them written back', async () => {
    const { root, volume, nucleus, map, put, guest, segmentOf } = mapped();
    root.put('/f', 'text');
    const ino = root.stat('/f').ino;
    const key = root.open('/f', O.RDWR);
    map(key, 1);
    await put(AT, 'T');
    guest.exit();
    root.close(key);
    expect(Buffer.from(volume.read(ino, 0, 4)).toString()).toBe('Text');
    const again = root.open('/f');
    const { segment } = segmentOf(again);
    expect(nucleus.vm.sgStat(segment)).toMatchObject({ pages: 1, dirtyPages: 0, regions: 0 });
    root.close(again);
    root.unlink('/f');
    expect(nucleus.vm.sgStat(segment)).toBeUndefined();
    expect(errno(() => volume.attributes(ino))).toBe('ESTALE');
  });

  it('is written back by fsync and sync, with a new time of modification', async () => {
    const { root, volume, map, put } = mapped();
    root.put('/f', 'text');
    const { ino } = root.stat('/f');
    root.utimens('/f', 1000, 1000);
    const key = root.open('/f', O.RDWR);
    map(key, 1);
    await put(AT, 'T');
    expect(Buffer.from(volume.read(ino, 0, 1)).toString()).toBe('t');
    await root.call('fsync', { key });
    expect(Buffer.from(volume.read(ino, 0, 1)).toString()).toBe('T');
    expect(root.stat('/f').mtimeMs).toBeGreaterThan(1000);
    await put(AT, 'U');
    await root.call('sync', {});
    expect(Buffer.from(volume.read(ino, 0, 1)).toString()).toBe('U');
  });

  it('says on which terms it is mapped', () => {
    const { root, alice, segmentOf } = mapped();
    root.put('/f', 'text', 0o644);
    const code = (key: Key, access: number) => errno(() => segmentOf(key, access));
    expect(code(root.open('/f', O.WRONLY), 1)).toBe('EACCES');
    expect(code(alice.open('/f'), 3)).toBe('EACCES');
    expect(code(root.open('/f', O.PATH), 1)).toBe('EBADF');
    expect(code(root.open('/', O.DIRECTORY), 1)).toBe('ENODEV');
    expect(segmentOf(alice.open('/f'))).toMatchObject({ writable: false, size: 4 });
    expect(segmentOf(root.open('/f', O.RDWR))).toMatchObject({ writable: true, dev: root.stat('/f').dev });
    const sealed = root.now('memfd', { seals: 0, mode: 0o777 }).key;
    root.now('seals', { key: sealed, add: Seal.WRITE });
    expect(code(sealed, 3)).toBe('EPERM');
    expect(segmentOf(sealed).writable).toBe(false);
  });

  it('cannot be written through its mapping once it is sealed', async () => {
    const { root, map, put, get, guest } = mapped();
    const key = root.now('memfd', { seals: 0, mode: 0o777 }).key;
    root.write(key, 'text');
    map(key, 1);
    await put(AT, 'T');
    root.now('seals', { key, add: Seal.WRITE });
    expect(root.read(key, 4, 0)).toBe('Text');
    expect(await get(AT, 4)).toBe('Text');
    expect(await guest.store(AT, 1)).toBe(Fault.bus);
  });

  it('fails the call that needs what could not be written back', async () => {
    const made = bench(memoryVolume({ sizeBytes: 2 * PAGE }), nucleusWith(4 * MIB));
    const { root } = made;
    const guest = new Guest(made.nucleus);
    const key = root.open('/f', O.RDWR | O.CREAT);
    root.truncate('/f', 4 * PAGE);
    const { segment } = root.now('segment', { key, access: 3 });
    guest.vm.rgnMap(guest.context, { start: AT, size: 4 * PAGE, protection: 3 }, segment, 0);
    for (let page = 0; page < 4; page++) expect(await guest.store(AT + page * PAGE, 7)).toBe(1);
    expect(await codeOf(() => root.call('fsync', { key }))).toBe('ENOSPC');
  });
});

describe('a program', () => {
  it('is not written to while it is executed, and not executed while it is written', () => {
    const { root, segmentOf } = mapped();
    root.put('/p', 'elf', 0o755);
    const writer = root.open('/p', O.WRONLY);
    const program = root.open('/p');
    expect(errno(() => segmentOf(program, 1, true))).toBe('ETXTBSY');
    root.close(writer);
    expect(errno(() => segmentOf(program, 1, true))).toBe('ok');
    const other = root.open('/p');
    segmentOf(other, 1, true);
    expect(errno(() => root.open('/p', O.RDWR))).toBe('ETXTBSY');
    expect(errno(() => root.truncate('/p', 0))).toBe('ETXTBSY');
    expect(errno(() => root.open('/p'))).toBe('ok');
    root.close(program);
    expect(errno(() => root.open('/p', O.WRONLY | O.TRUNC))).toBe('ETXTBSY');
    root.close(other);
    expect(errno(() => root.open('/p', O.WRONLY))).toBe('ok');
    root.unlink('/p');
  });
});

/** A File Manager on site 1, and a guest on each of `count` sites. */
async function sites(count: number) {
  const hub = new InProcessHub();
  const nuclei = Array.from(
    { length: count },
    (_, i) => new Nucleus({ site: i + 1, limits: { memoryBytes: 4 * MIB } }),
  );
  const links = nuclei.map((nucleus) => joinTransport(nucleus, hub.join(nucleus.site)));
  await Promise.all(
    links.map((link) =>
      sitesReady(
        link,
        nuclei.map(({ site }) => site),
        5000,
      ),
    ),
  );
  const manager: FileManager = startFileManager(nuclei[0]!, { name: 'FM', volume: memoryVolume() });
  const guests = nuclei.map((nucleus) => new Guest(nucleus));
  const users = nuclei.map((nucleus) => new User(nucleus, manager.port, 0));
  const close = async () => {
    for (const link of links) await link.close();
  };
  return { nuclei, manager, guests, users, links, close };
}

describe('a file mapped on several sites', () => {
  it('is one file: a counter that all sites raise by turns, seen by reads too', async () => {
    const { guests, users, close } = await sites(3);
    users[0]!.put('/f', '\0'.repeat(10));
    const key = users[0]!.open('/f', O.RDWR);
    const { segment } = users[0]!.now('segment', { key, access: 3 });
    for (const { vm, context } of guests)
      vm.rgnMap(context, { start: AT, size: PAGE, protection: 3 }, segment, 0);
    for (let round = 0; round < 60; round++) {
      const guest = guests[round % 3]!;
      expect(await guest.load(AT)).toBe(round);
      expect(await guest.store(AT, round + 1)).toBe(1);
      const { data } = await users[(round * 7) % 3]!.call('read', { key, max: 10, offset: 0 });
      expect(data[0]).toBe(round + 1);
    }
    await close();
  });

  it('appends of several sites never overlap while it is mapped', async () => {
    const { guests, users, close } = await sites(3);
    users[0]!.put('/f', '');
    const key = users[0]!.open('/f', O.RDWR | O.APPEND);
    const { segment } = users[0]!.now('segment', { key, access: 3 });
    for (const { vm, context } of guests)
      vm.rgnMap(context, { start: AT, size: PAGE, protection: 3 }, segment, 0);
    const line = async (site: number, i: number) => {
      const data = Buffer.from(`${site}:${String(i).padStart(2, '0')}\n`);
      await users[site]!.call('write', { key, data, offset: -1, limit: Number.POSITIVE_INFINITY });
      await guests[(site + 1) % 3]!.load(AT);
    };
    await Promise.all(
      [0, 1, 2].map(async (site) => {
        for (let i = 0; i < 20; i++) await line(site, i);
      }),
    );
    const { data } = await users[0]!.call('read', { key, max: 65536, offset: 0 });
    const lines = Buffer.from(data).toString().trimEnd().split('\n');
    const wanted = [0, 1, 2].flatMap((site) =>
      Array.from({ length: 20 }, (_, i) => `${site}:${String(i).padStart(2, '0')}`),
    );
    expect(lines.sort()).toEqual(wanted.sort());
    await close();
  });

  it('forgets what a lost site held: its file goes when it has no name', async () => {
    const { nuclei, guests, users, links, close } = await sites(2);
    users[0]!.put('/f', 'text');
    const own = users[0]!.open('/f', O.RDWR);
    const reply = await users[1]!.call('open', { path: 'f', links: 0, flags: O.RDWR, mode: 0, umask: 0 });
    const { segment } = await users[1]!.call('segment', { key: reply.key!, access: 3 });
    guests[1]!.vm.rgnMap(guests[1]!.context, { start: AT, size: PAGE, protection: 3 }, segment, 0);
    expect(await guests[1]!.store(AT, 65)).toBe(1);
    users[0]!.unlink('/f');
    await links[1]!.close();
    while (nuclei[0]!.ipc.remote?.sites().some((other) => other.up))
      await new Promise((resolve) => setTimeout(resolve, 5));
    const { data } = await users[0]!.call('read', { key: own, max: 10, offset: 0 });
    expect(Buffer.from(data).toString()).toBe('text');
    await users[0]!.call('release', { key: own });
    const { ffree, files } = users[0]!.now('statfs', { path: '', links: 0 }).statfs!;
    expect(files - ffree).toBe(1);
    await close();
  });
});

describe('the default mapper', () => {
  it('has swap space for memory that is short, and none of it when all is over', async () => {
    const nucleus = nucleusWith(2 * MIB);
    const volume = memoryVolume();
    const manager = startFileManager(nucleus, { name: 'FM', volume, swapBytes: 256 * MIB });
    nucleus.vm.defaultMapper = manager.mapperPort;
    const guest = new Guest(nucleus);
    const pages = 1500;
    guest.vm.rgnAllocate(guest.context, { start: AT, size: pages * PAGE, protection: 3 });
    for (let page = 0; page < pages; page++) expect(await guest.store(AT + page * PAGE, page & 255)).toBe(1);
    for (let page = 0; page < pages; page++) expect(await guest.load(AT + page * PAGE)).toBe(page & 255);
    expect(volume.statfs().bfree).toBeLessThan(volume.statfs().blocks - 1000);
  });

  it('promises no more than it has', async () => {
    const nucleus = nucleusWith(2 * MIB);
    const manager = startFileManager(nucleus, { name: 'FM', volume: memoryVolume(), swapBytes: MIB });
    nucleus.vm.defaultMapper = manager.mapperPort;
    const guest = new Guest(nucleus);
    guest.vm.rgnAllocate(guest.context, { start: AT, size: 1500 * PAGE, protection: 3 });
    let failed = 0;
    for (let page = 0; page < 1500 && failed === 0; page++) {
      const outcome = await guest.store(AT + page * PAGE, 1);
      if (outcome < 0) failed = outcome;
    }
    expect(failed).toBe(Fault.memory);
  });
});
