import { describe, expect, it } from 'vitest';
import { TtyLimits } from '../../../drivers/tty/limits.ts';
import type { Thread } from '../../../nucleus/executive/thread.ts';
import type { Key } from '../../../nucleus/ids/capability.ts';
import { Device, O, Poll } from '../../../subsystems/unix/constants.ts';
import { rawTermios, type Termios } from '../../../subsystems/unix/termios.ts';
import {
  bytesOf,
  deviceNode,
  errorOf,
  io,
  pending,
  settle,
  startSite,
  type TestSite,
  textOf,
} from './harness.ts';

const SHELL = { pid: 100, pgid: 100, sid: 100, ignoring: false };
const BACKGROUND = { pid: 102, pgid: 102, sid: 100, ignoring: false };

async function openPty(site: TestSite) {
  const { stub, thread, dest } = site;
  return stub.openpty(thread, dest, { rows: 24, columns: 80, uid: 1000, gid: 5 });
}

type Identity = typeof SHELL;

function tty(site: TestSite, key: Key, identity: Identity = SHELL, thread: Thread = site.thread) {
  const { stub, dest } = site;
  const ioctl = async (request: string, argument: unknown = null): Promise<unknown> =>
    (await stub.ioctl(thread, dest, { key, request, argument, ...identity })).result;
  return {
    ioctl,
    termios: async () => (await ioctl('TCGETS')) as Termios,
    read: async (max = 4096) => textOf((await stub.ttyRead(thread, dest, { key, max, ...identity })).data),
    write: async (text: string) =>
      (await stub.ttyWrite(thread, dest, { key, data: bytesOf(text), ...identity })).count,
  };
}

async function session(site: TestSite) {
  const pty = await openPty(site);
  const shell = tty(site, pty.slave);
  await shell.ioctl('TIOCSCTTY', 0);
  return { ...pty, shell, me: io(site) };
}

async function setTermios(site: TestSite, key: Key, change: (from: Termios) => Termios, how = 'TCSETS') {
  const terminal = tty(site, key);
  await terminal.ioctl(how, change(await terminal.termios()));
}

describe('pseudo-terminals', () => {
  it('carry lines one way and processed output the other', async () => {
    const site = startSite();
    const { master, slave, name } = await openPty(site);
    const me = io(site);
    expect(name).toBe('/dev/pts/0');
    await me.write(master, 'hello\r');
    expect(await me.read(slave)).toBe('hello\n');
    await me.write(slave, 'one\ntwo\n');
    expect(await me.read(master)).toBe('hello\r\none\r\ntwo\r\n');
    await me.write(master, '\x04');
    expect(await me.read(slave)).toBe('');
  });

  it('a reader waits for a line; an abort ends the wait', async () => {
    const site = startSite();
    const { master, slave } = await openPty(site);
    const me = io(site);
    const waiter = site.newThread();
    const reading = io(site, waiter).read(slave);
    await me.write(master, 'par');
    expect(await pending(reading)).toBe(true);
    await me.write(master, 't\n');
    expect(await reading).toBe('part\n');
    const aborted = errorOf(() => io(site, waiter).read(slave));
    await settle();
    waiter.abort();
    expect(await aborted).toBe('K_EABORT');
  });

  it('bound a flood: the writer waits for the master', async () => {
    const site = startSite();
    const { master, slave } = await openPty(site);
    const me = io(site);
    await setTermios(site, slave, (t) => ({ ...t, opost: false }));
    const writing = io(site, site.newThread()).write(slave, new Uint8Array(3 * TtyLimits.OUTPUT_BYTES));
    expect(await pending(writing)).toBe(true);
    expect(await me.poll(slave, Poll.OUT)).toBe(0);
    await site.stub.setFlags(site.thread, site.dest, { key: slave, flags: O.NONBLOCK });
    expect(await errorOf(() => me.write(slave, 'x'))).toBe('EAGAIN');
    let total = 0;
    while (total < 3 * TtyLimits.OUTPUT_BYTES) total += (await me.readBytes(master)).length;
    expect(await writing).toBe(3 * TtyLimits.OUTPUT_BYTES);
  });

  it('bound what is typed ahead', async () => {
    const site = startSite();
    const { master, slave } = await openPty(site);
    const me = io(site);
    await setTermios(site, slave, rawTermios);
    const text = 'x'.repeat(TtyLimits.BACKLOG_BYTES + 10000);
    const typing = io(site, site.newThread()).write(master, text);
    expect(await pending(typing)).toBe(true);
    let total = 0;
    while (total < text.length) total += (await me.readBytes(slave)).length;
    expect(await typing).toBe(text.length);
  });

  it('the master reads EIO while no slave is open, and sees a hang-up', async () => {
    const site = startSite();
    const me = io(site);
    const master = await me.open(deviceNode(Device.ptmx), O.RDWR);
    const reading = io(site, site.newThread()).read(master);
    expect(await pending(reading)).toBe(true);
    const { stub, thread, manager } = site;
    const pts = { target: manager.ptsPort };
    const open = { path: '0', links: 0, flags: O.RDWR, mode: 0, umask: 0 };
    const first = await stub.open(thread, pts, open);
    expect(first.kind).toBe('tty');
    await stub.release(thread, pts, { key: first.key! });
    expect(await errorOf(() => reading)).toBe('EIO');
    expect(await me.poll(master, Poll.IN)).toBe(Poll.HUP);
    const again = await stub.open(thread, pts, open);
    expect(await me.poll(master, Poll.IN)).toBe(0);
    await me.write(again.key!, 'back');
    expect(await me.read(master)).toBe('back');
  });

  it('closing the master hangs up: signals, end of file, EIO', async () => {
    const site = startSite();
    const { master, slave, shell, me } = await session(site);
    await shell.ioctl('TIOCSPGRP', 101);
    const reading = tty(site, slave, { ...SHELL, pgid: 101 }, site.newThread()).read();
    await settle();
    await me.release(master);
    expect(await reading).toBe('');
    expect(site.signals).toEqual([
      { pgid: 100, sig: 'HUP' },
      { pgid: 100, sig: 'CONT' },
      { pgid: 101, sig: 'HUP' },
      { pgid: 101, sig: 'CONT' },
    ]);
    expect(await shell.read()).toBe('');
    expect(await errorOf(() => shell.write('x'))).toBe('EIO');
    expect(await errorOf(() => shell.termios())).toBe('EIO');
    expect(await me.poll(slave, Poll.IN)).toBe(Poll.IN | Poll.ERR | Poll.HUP);
  });

  it("the leader's exit hangs the terminal up for the rest, and another session may have it", async () => {
    const site = startSite();
    const { master, slave, shell, me } = await session(site);
    const reading = tty(site, slave, { ...SHELL, pid: 103 }, site.newThread()).read();
    await settle();
    await me.write(slave, 'last words');
    await shell.ioctl('TIOCNOTTY', 'exit');
    expect(await reading).toBe('');
    expect(await me.read(slave)).toBe('');
    expect(await me.read(master)).toBe('last words');
    expect(await errorOf(() => me.read(master))).toBe('EIO');
    const open = { path: '0', links: 0, flags: O.RDWR, mode: 0, umask: 0 };
    const { key } = await site.stub.open(site.thread, { target: site.manager.ptsPort }, open);
    await tty(site, key!, { pid: 200, pgid: 200, sid: 200, ignoring: false }).ioctl('TIOCSCTTY', 0);
    await me.release(slave);
    await me.write(key!, 'hello');
    expect(await me.read(master)).toBe('hello');
  });

  it('numbers are reused once both sides are closed', async () => {
    const site = startSite();
    const me = io(site);
    const first = await openPty(site);
    expect((await openPty(site)).name).toBe('/dev/pts/1');
    await me.release(first.master);
    expect((await openPty(site)).name).toBe('/dev/pts/2');
    await me.release(first.slave);
    expect((await openPty(site)).name).toBe('/dev/pts/0');
  });

  it('exist only where the terminals are', async () => {
    const site = startSite({ terminals: false });
    expect(await errorOf(() => openPty(site))).toBe('ENXIO');
    for (const rdev of [Device.ptmx, Device.console]) {
      expect(await errorOf(() => io(site).open(deviceNode(rdev), O.RDWR))).toBe('ENXIO');
    }
  });
});

describe('raw reads', () => {
  const raw = (min: number, time: number) => (from: Termios) => {
    const termios = rawTermios(from);
    return { ...termios, cc: { ...termios.cc, min, time } };
  };

  it('MIN > 0, TIME = 0: waits for MIN bytes, or for what was asked', async () => {
    const site = startSite();
    const { master, slave } = await openPty(site);
    const me = io(site);
    await setTermios(site, slave, raw(3, 0));
    const reading = io(site, site.newThread()).read(slave);
    await me.write(master, 'ab');
    expect(await me.poll(slave, Poll.IN)).toBe(0);
    expect(await pending(reading)).toBe(true);
    await me.write(master, 'cd');
    expect(await reading).toBe('abcd');
    await me.write(master, 'ef');
    expect(await me.read(slave, 2)).toBe('ef');
  });

  it('MIN > 0, TIME > 0: the time runs from the last byte', async () => {
    const site = startSite();
    const { master, slave } = await openPty(site);
    const me = io(site);
    await setTermios(site, slave, raw(5, 1));
    const reading = io(site, site.newThread()).read(slave);
    expect(await pending(reading)).toBe(true);
    await me.write(master, 'ab');
    expect(await reading).toBe('ab');
  });

  it('MIN = 0, TIME > 0: a byte or nothing in time', async () => {
    const site = startSite();
    const { master, slave } = await openPty(site);
    const me = io(site);
    await setTermios(site, slave, raw(0, 1));
    expect(await me.read(slave)).toBe('');
    const reading = io(site, site.newThread()).read(slave);
    await settle();
    await me.write(master, 'x');
    expect(await reading).toBe('x');
  });

  it('MIN = 0, TIME = 0: never waits, never EAGAIN', async () => {
    const site = startSite();
    const { master, slave } = await openPty(site);
    const me = io(site);
    await setTermios(site, slave, raw(0, 0));
    await site.stub.setFlags(site.thread, site.dest, { key: slave, flags: O.NONBLOCK });
    expect(await me.read(slave)).toBe('');
    await me.write(master, 'x');
    expect(await me.read(slave)).toBe('x');
    await setTermios(site, slave, raw(1, 0));
    expect(await errorOf(() => me.read(slave))).toBe('EAGAIN');
  });

  it('an abort after the first byte returns what came', async () => {
    const site = startSite();
    const { master, slave } = await openPty(site);
    await setTermios(site, slave, raw(5, 0));
    const waiter = site.newThread();
    const reading = io(site, waiter).read(slave);
    await settle();
    await io(site).write(master, 'ab');
    await settle();
    waiter.abort();
    expect(await reading).toBe('ab');
  });
});

describe('job control', () => {
  it('keyboard signals go to the foreground group and flush', async () => {
    const site = startSite();
    const { master, shell, me } = await session(site);
    await shell.ioctl('TIOCSPGRP', 101);
    await me.write(master, 'typed ahead\x03');
    await me.write(master, '\x1a\x1c');
    expect(site.signals).toEqual(['INT', 'TSTP', 'QUIT'].map((sig) => ({ pgid: 101, sig })));
    expect(await me.read(master)).toBe('^C^\\');
    expect(await shell.ioctl('FIONREAD')).toBe(0);
  });

  it('a background reader gets SIGTTIN, or EIO when it ignores it', async () => {
    const site = startSite();
    const { slave } = await session(site);
    const background = tty(site, slave, BACKGROUND);
    expect(await errorOf(() => background.read())).toBe('K_EABORT');
    expect(site.signals).toEqual([{ pgid: 102, sig: 'TTIN' }]);
    expect(await errorOf(() => tty(site, slave, { ...BACKGROUND, ignoring: true }).read())).toBe('EIO');
  });

  it('a background writer gets SIGTTOU only with TOSTOP', async () => {
    const site = startSite();
    const { slave } = await session(site);
    const background = tty(site, slave, BACKGROUND);
    expect(await background.write('free')).toBe(4);
    await setTermios(site, slave, (t) => ({ ...t, tostop: true }));
    expect(await errorOf(() => background.write('stopped'))).toBe('K_EABORT');
    expect(site.signals).toEqual([{ pgid: 102, sig: 'TTOU' }]);
    expect(await tty(site, slave, { ...BACKGROUND, ignoring: true }).write('x')).toBe(1);
  });

  it('a background change of the terminal gets SIGTTOU', async () => {
    const site = startSite();
    const { slave } = await session(site);
    const background = tty(site, slave, BACKGROUND);
    const termios = await background.termios();
    expect(await errorOf(() => background.ioctl('TCSETS', termios))).toBe('K_EABORT');
    expect(await errorOf(() => background.ioctl('TIOCSPGRP', 102))).toBe('K_EABORT');
    expect(
      await errorOf(() => tty(site, slave, { ...BACKGROUND, ignoring: true }).ioctl('TIOCSPGRP', 102)),
    ).toBe('ok');
    expect(await background.ioctl('TIOCGPGRP')).toBe(102);
    expect(site.signals).toHaveLength(2);
  });

  it('another session has no say', async () => {
    const site = startSite();
    const { slave } = await session(site);
    const stranger = tty(site, slave, { pid: 200, pgid: 200, sid: 200, ignoring: false });
    for (const request of ['TIOCGPGRP', 'TIOCGSID', 'TIOCNOTTY']) {
      expect(await errorOf(() => stranger.ioctl(request))).toBe('ENOTTY');
    }
    expect(await errorOf(() => stranger.ioctl('TIOCSPGRP', 200))).toBe('ENOTTY');
    expect(await errorOf(() => stranger.ioctl('TIOCSCTTY', 0))).toBe('EPERM');
    expect(await stranger.write('but may write')).toBe(13);
  });

  it('the leader may give the terminal up, and another take it', async () => {
    const site = startSite();
    const { slave, shell } = await session(site);
    expect(await shell.ioctl('TIOCGSID')).toBe(100);
    await shell.ioctl('TIOCNOTTY');
    expect(site.signals).toEqual([
      { pgid: 100, sig: 'HUP' },
      { pgid: 100, sig: 'CONT' },
    ]);
    const next = tty(site, slave, { pid: 200, pgid: 200, sid: 200, ignoring: false });
    await next.ioctl('TIOCSCTTY', 0);
    expect(await next.ioctl('TIOCGPGRP')).toBe(200);
    expect(await errorOf(() => tty(site, slave, BACKGROUND).ioctl('TIOCGPGRP'))).toBe('ENOTTY');
  });

  it('/dev/tty is the terminal of the session', async () => {
    const site = startSite();
    const { master, me } = await session(site);
    const { stub, thread, dest } = site;
    const node = deviceNode(Device.tty);
    const open = (sid: number) =>
      stub.openSpecial(thread, dest, { special: node, flags: O.RDWR, pid: sid, sid, pgid: sid });
    const { key, kind, terminal } = await open(100);
    expect({ kind, terminal }).toEqual({ kind: 'tty', terminal: false });
    await me.write(key, 'password: ');
    expect(await me.read(master)).toBe('password: ');
    expect((await stub.fstat(thread, dest, { key })).stat.rdev).toBe(Device.tty);
    expect(await tty(site, key).ioctl('TTYNAME')).toBe('/dev/pts/0');
    for (const sid of [0, 200]) expect(await errorOf(() => open(sid))).toBe('ENXIO');
  });

  it('a changed window size is told once, from either side', async () => {
    const site = startSite();
    const { master, slave, shell } = await session(site);
    expect(await shell.ioctl('TIOCGWINSZ')).toEqual({ rows: 24, columns: 80 });
    await tty(site, master).ioctl('TIOCSWINSZ', { rows: 50, columns: 132 });
    await tty(site, master).ioctl('TIOCSWINSZ', { rows: 50, columns: 132 });
    await shell.ioctl('TIOCSWINSZ', { rows: 51, columns: 132 });
    expect(site.signals.map(({ sig }) => sig)).toEqual(['WINCH', 'WINCH']);
    expect(await tty(site, slave).ioctl('TIOCGWINSZ')).toEqual({ rows: 51, columns: 132 });
    for (const size of [
      null,
      {},
      { rows: -1, columns: 3 },
      { rows: 1e6, columns: 1 },
      { rows: 'x', columns: 1 },
    ]) {
      expect(await errorOf(() => shell.ioctl('TIOCSWINSZ', size))).toBe('EINVAL');
    }
  });
});

describe('terminal ioctls', () => {
  it('check what they are given', async () => {
    const site = startSite();
    const { shell } = await session(site);
    const termios = await shell.termios();
    const bad = [
      null,
      7,
      {},
      { ...termios, echo: 1 },
      { ...termios, cc: { ...termios.cc, min: 256 } },
      { ...termios, cc: null },
    ];
    for (const argument of bad) expect(await errorOf(() => shell.ioctl('TCSETS', argument))).toBe('EINVAL');
    expect(await errorOf(() => shell.ioctl('TCFLSH', 'everything'))).toBe('EINVAL');
    expect(await errorOf(() => shell.ioctl('TIOCSPGRP', -1))).toBe('EINVAL');
    expect(await errorOf(() => shell.ioctl('constructor'))).toBe('ENOTTY');
    expect(await shell.termios()).toEqual(termios);
    expect(site.bugs).toEqual([]);
  });

  it('TCFLSH and TCSETSF discard', async () => {
    const site = startSite();
    const { master, slave, shell, me } = await session(site);
    await me.write(master, 'typed\n');
    await shell.ioctl('TCFLSH', 'input');
    expect(await shell.ioctl('FIONREAD')).toBe(0);
    await me.write(slave, 'x'.repeat(60000));
    await shell.ioctl('TCFLSH', 'output');
    expect(await me.readBytes(master)).toHaveLength(TtyLimits.DELIVERED_BYTES);
    expect(await me.poll(master, Poll.IN)).toBe(0);
    await me.write(master, 'again\n');
    await setTermios(site, slave, (t) => ({ ...t, echo: false }), 'TCSETSF');
    expect(await shell.ioctl('FIONREAD')).toBe(0);
    expect(await shell.ioctl('TTYNAME')).toBe('/dev/pts/0');
  });

  it('^S holds programs back until ^Q', async () => {
    const site = startSite();
    const { master, slave, me } = await session(site);
    await me.write(master, '\x13');
    const writing = io(site, site.newThread()).write(slave, 'held');
    expect(await pending(writing)).toBe(true);
    expect(await me.poll(master, Poll.IN)).toBe(0);
    await me.write(master, '\x11');
    expect(await writing).toBe(4);
    expect(await me.read(master)).toBe('held');
  });
});

describe('the console', () => {
  it('keeps what is written until somebody shows it, and never blocks', async () => {
    const site = startSite();
    const me = io(site);
    const key = await me.open(deviceNode(Device.console), O.RDWR);
    await me.write(key, 'boot\n');
    let shown = '';
    const stop = site.manager.console!.show((output) => (shown += textOf(output)));
    await me.write(key, 'login: ');
    expect(shown).toBe('boot\r\nlogin: ');
    await site.manager.console!.type(site.thread, bytesOf('root\n'));
    expect(await me.read(key)).toBe('root\n');
    stop();
    for (let i = 0; i < 5; i++) await me.write(key, new Uint8Array(65536));
  });
});
