/**
 * inotify(7) through the system calls: what Linux tells, in its order, with watcher and files on other
 * sites.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Inotify, O, Poll } from '../../../subsystems/unix/constants.ts';
import type { Fd, Program, Sys } from '../../../subsystems/unix/sys.ts';
import { codeOf, writeText } from '../support.ts';
import { bootWorld, type TestWorld, until } from './support.ts';

const NAMES = Object.entries(Inotify).filter(
  ([name]) => !['ALL_EVENTS', 'MASK_ADD', 'MASK_CREATE', 'ONESHOT', 'ONLYDIR'].includes(name),
);

/** `CREATE|ISDIR name` for each event; moves with their cookies, numbered from 1. */
function decode(data: Uint8Array): string[] {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const events: string[] = [];
  const cookies: number[] = [];
  for (let at = 0; at < data.length; ) {
    const mask = view.getUint32(at + 4, true);
    const cookie = view.getUint32(at + 8, true);
    const length = view.getUint32(at + 12, true);
    const name = Buffer.from(data.subarray(at + 16, at + 16 + length))
      .toString()
      .replace(/\0+$/, '');
    const bits = NAMES.filter(([, bit]) => mask & bit).map(([label]) => label);
    if (cookie !== 0 && !cookies.includes(cookie)) cookies.push(cookie);
    const tail = [name, cookie === 0 ? '' : `#${cookies.indexOf(cookie) + 1}`].filter((part) => part !== '');
    events.push([bits.join('|'), ...tail].join(' '));
    at += 16 + length;
  }
  return events;
}

async function eventsOf(sys: Sys, fd: Fd): Promise<string[]> {
  const events: string[] = [];
  for (;;) {
    const [ready] = await sys.poll([{ fd, events: Poll.IN }], 0);
    if (!(ready! & Poll.IN)) return events;
    events.push(...decode(await sys.read(fd, 65536)));
  }
}

/** Watches /tmp/w from the site it runs on, says so in /tmp/ready, and reports what it heard. */
const watcher: Program = {
  name: 'watcher',
  main: async (sys: Sys): Promise<number> => {
    const fd = await sys.inotifyInit();
    await sys.inotifyAddWatch(fd, '/tmp/w', Inotify.CREATE | Inotify.DELETE);
    await sys.mkdir('/tmp/ready');
    const heard: string[] = [];
    while (!heard.some((event) => event.endsWith('end'))) heard.push(...decode(await sys.read(fd, 65536)));
    await sys.write(1, new TextEncoder().encode(heard.join('\n')));
    return 0;
  },
};

describe('inotify', () => {
  let world: TestWorld;
  let sys: Sys;
  let fd: Fd;
  let round = 0;
  let dir = '';
  beforeAll(async () => {
    world = await bootWorld([watcher], 2);
    sys = world.sys;
  });
  afterAll(() => world.close());
  beforeEach(async () => {
    dir = `/tmp/d${round++}`;
    await sys.mkdir(dir);
    fd = await sys.inotifyInit(O.NONBLOCK);
  });
  const all = Inotify.ALL_EVENTS;
  const heard = () => eventsOf(sys, fd);

  it('tells of a file made, written, read, changed and removed in a watched directory', async () => {
    await sys.inotifyAddWatch(fd, dir, all);
    await writeText(sys, `${dir}/f`, 'text');
    expect(await heard()).toEqual(['CREATE f', 'OPEN f', 'MODIFY f', 'CLOSE_WRITE f']);
    const file = await sys.open(`${dir}/f`, O.RDONLY);
    await sys.read(file, 10);
    await sys.close(file);
    await sys.chmod(`${dir}/f`, 0o600);
    await sys.truncate(`${dir}/f`, 1);
    await sys.unlink(`${dir}/f`);
    expect(await heard()).toEqual([
      'OPEN f',
      'ACCESS f',
      'CLOSE_NOWRITE f',
      'ATTRIB f',
      'MODIFY f',
      'DELETE f',
    ]);
  });

  it('tells of directories, links, and moves with one cookie for both ends', async () => {
    await sys.mkdir(`${dir}/from`);
    await sys.mkdir(`${dir}/to`);
    await sys.inotifyAddWatch(fd, `${dir}/from`, all);
    await sys.inotifyAddWatch(fd, `${dir}/to`, all);
    await sys.mkdir(`${dir}/from/sub`);
    await sys.rename(`${dir}/from/sub`, `${dir}/to/other`);
    await sys.symlink('x', `${dir}/to/link`);
    await sys.rmdir(`${dir}/to/other`);
    expect(await heard()).toEqual([
      'CREATE|ISDIR sub',
      'MOVED_FROM|ISDIR sub #1',
      'MOVED_TO|ISDIR other #1',
      'CREATE link',
      'DELETE|ISDIR other',
    ]);
  });

  it('tells the file itself: moved, linked, unlinked, over when its last user closes it', async () => {
    await writeText(sys, `${dir}/f`, 'x');
    const wd = await sys.inotifyAddWatch(fd, `${dir}/f`, all);
    const file = await sys.open(`${dir}/f`, O.RDWR);
    await sys.rename(`${dir}/f`, `${dir}/g`);
    await sys.link(`${dir}/g`, `${dir}/h`);
    await sys.unlink(`${dir}/h`);
    await sys.unlink(`${dir}/g`);
    expect(await heard()).toEqual(['OPEN', 'MOVE_SELF', 'ATTRIB']);
    await sys.write(file, new Uint8Array(1));
    await sys.close(file);
    expect(await heard()).toEqual(['MODIFY', 'CLOSE_WRITE', 'DELETE_SELF', 'IGNORED']);
    expect(await codeOf(() => sys.inotifyRmWatch(fd, wd))).toBe('EINVAL');
  });

  it('a removed directory is over, and one that was replaced', async () => {
    await sys.mkdir(`${dir}/gone`);
    await sys.mkdir(`${dir}/old`);
    await sys.mkdir(`${dir}/new`);
    await sys.inotifyAddWatch(fd, `${dir}/gone`, Inotify.DELETE_SELF);
    await sys.inotifyAddWatch(fd, `${dir}/old`, Inotify.DELETE_SELF);
    await sys.rmdir(`${dir}/gone`);
    await sys.rename(`${dir}/new`, `${dir}/old`);
    expect(await heard()).toEqual(['DELETE_SELF', 'IGNORED', 'DELETE_SELF', 'IGNORED']);
  });

  it('open files follow their names; with EXCL_UNLINK unlinked ones are silent', async () => {
    await writeText(sys, `${dir}/f`, 'x');
    await sys.inotifyAddWatch(fd, dir, Inotify.MODIFY);
    const file = await sys.open(`${dir}/f`, O.WRONLY);
    await sys.rename(`${dir}/f`, `${dir}/g`);
    await sys.write(file, new Uint8Array(1));
    expect(await heard()).toEqual(['MODIFY g']);
    await sys.unlink(`${dir}/g`);
    await sys.write(file, new Uint8Array(1));
    expect(await heard()).toEqual(['MODIFY g']);
    await sys.inotifyAddWatch(fd, dir, Inotify.MODIFY | Inotify.EXCL_UNLINK);
    await sys.write(file, new Uint8Array(1));
    expect(await heard()).toEqual([]);
    await sys.close(file);
  });

  it('one inode has one watch: its mask is replaced, added to, or refused', async () => {
    const wd = await sys.inotifyAddWatch(fd, dir, Inotify.CREATE);
    await sys.symlink(dir, `${dir}/l`);
    expect(await heard()).toEqual(['CREATE l']);
    expect(await sys.inotifyAddWatch(fd, `${dir}/l`, Inotify.DELETE)).toBe(wd);
    await sys.mkdir(`${dir}/a`);
    expect(await sys.inotifyAddWatch(fd, dir, Inotify.CREATE | Inotify.MASK_ADD)).toBe(wd);
    await sys.mkdir(`${dir}/b`);
    await sys.rmdir(`${dir}/b`);
    expect(await heard()).toEqual(['CREATE|ISDIR b', 'DELETE|ISDIR b']);
    const again = () => sys.inotifyAddWatch(fd, dir, Inotify.CREATE | Inotify.MASK_CREATE);
    expect(await codeOf(again)).toBe('EEXIST');
    const link = await sys.inotifyAddWatch(fd, `${dir}/l`, all | Inotify.DONT_FOLLOW);
    expect(link).not.toBe(wd);
    await sys.inotifyRmWatch(fd, wd);
    await sys.mkdir(`${dir}/c`);
    expect(await heard()).toEqual(['IGNORED']);
    expect(await codeOf(() => sys.inotifyRmWatch(fd, wd))).toBe('EINVAL');
  });

  it('a watch for one event ends with it', async () => {
    await sys.inotifyAddWatch(fd, dir, Inotify.CREATE | Inotify.ONESHOT);
    await sys.mkdir(`${dir}/a`);
    await sys.mkdir(`${dir}/b`);
    expect(await heard()).toEqual(['CREATE|ISDIR a', 'IGNORED']);
  });

  it('equal events in a row are one; reads give whole events, and wait', async () => {
    await writeText(sys, `${dir}/f`, '');
    await sys.inotifyAddWatch(fd, dir, Inotify.MODIFY | Inotify.CREATE);
    const file = await sys.open(`${dir}/f`, O.WRONLY);
    for (let i = 0; i < 5; i++) await sys.write(file, new Uint8Array(1));
    await sys.close(file);
    await sys.mkdir(`${dir}/sixteen-bytes-xx`);
    expect(await codeOf(() => sys.read(fd, 31))).toBe('EINVAL');
    expect(await sys.ioctl(fd, 'FIONREAD')).toBe(32 + 48);
    expect(decode(await sys.read(fd, 79))).toEqual(['MODIFY f']);
    expect(decode(await sys.read(fd, 79))).toEqual(['CREATE|ISDIR sixteen-bytes-xx']);
    expect(await codeOf(() => sys.read(fd, 100))).toBe('EAGAIN');
    await sys.setFlags(fd, 0);
    const waiting = sys.read(fd, 100);
    await sys.mkdir(`${dir}/late`);
    expect(decode(await waiting)).toEqual(['CREATE|ISDIR late']);
  });

  it('refuses nonsense', async () => {
    const add = (path: string, mask: number, at = fd) => codeOf(() => sys.inotifyAddWatch(at, path, mask));
    await writeText(sys, `${dir}/f`, '');
    expect(await add(dir, 0)).toBe('EINVAL');
    expect(await add(dir, Inotify.ONLYDIR)).toBe('EINVAL');
    expect(await add(`${dir}/none`, all)).toBe('ENOENT');
    expect(await add(`${dir}/f`, all | Inotify.ONLYDIR)).toBe('ENOTDIR');
    expect(await add(dir, all | Inotify.MASK_ADD | Inotify.MASK_CREATE)).toBe('EINVAL');
    expect(await add(dir, all, 99)).toBe('EBADF');
    expect(await add(dir, all, await sys.eventfd(0))).toBe('EINVAL');
    expect(await codeOf(() => sys.inotifyInit(1))).toBe('EINVAL');
  });

  it('a full queue says so once', async () => {
    await sys.mkdir(`${dir}/s`);
    await sys.inotifyAddWatch(fd, dir, Inotify.MOVED_FROM);
    for (let i = 0; i < 8200; i++) {
      await sys.rename(`${dir}/s`, `${dir}/t`);
      await sys.rename(`${dir}/t`, `${dir}/s`);
    }
    const events = await heard();
    expect(events.length).toBe(16385);
    expect(events.at(-1)).toBe('Q_OVERFLOW');
  });

  it('nobody is told after the object is closed', async () => {
    await sys.inotifyAddWatch(fd, dir, all);
    await sys.close(fd);
    await sys.mkdir(`${dir}/a`);
    fd = await sys.inotifyInit(O.NONBLOCK);
    await sys.inotifyAddWatch(fd, dir, all);
    await sys.mkdir(`${dir}/b`);
    expect(await heard()).toEqual(['CREATE|ISDIR b']);
  });

  it('reaches a watcher on another site, in order', async () => {
    await sys.mkdir('/tmp/w');
    const running = world.run(['watcher'], 2);
    await until(async () => (await codeOf(() => sys.stat('/tmp/ready'))) === '');
    for (let i = 0; i < 50; i++) await sys.mkdir(`/tmp/w/${i}`);
    for (let i = 0; i < 50; i++) await sys.rmdir(`/tmp/w/${i}`);
    await sys.mkdir('/tmp/w/end');
    const { status, out } = await running;
    const wanted = [
      ...Array.from({ length: 50 }, (_, i) => `CREATE|ISDIR ${i}`),
      ...Array.from({ length: 50 }, (_, i) => `DELETE|ISDIR ${i}`),
      'CREATE|ISDIR end',
    ];
    expect([status, out.split('\n')]).toEqual([0, wanted]);
  });
});
