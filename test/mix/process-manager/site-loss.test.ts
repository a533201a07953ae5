import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Lock, O, Poll, Seek } from '../../../subsystems/unix/constants.ts';
import { Sig } from '../../../subsystems/unix/signals.ts';
import type { Program, Sys } from '../../../subsystems/unix/sys.ts';
import { bootWorld, type TestWorld, until, waitFor } from './support.ts';

const code = async (work: () => unknown): Promise<string> => {
  try {
    await work();
    return 'ok';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

const WHOLE = { type: Lock.WRLCK, whence: Seek.SET, start: 0, length: 0, pid: 0 };

const programs: Program[] = [
  {
    name: 'forever',
    main: async (sys) => {
      for (;;) await sys.sleep(100_000);
    },
  },
  {
    name: 'orphaner',
    main: async (sys) => {
      sys.csite(1);
      await sys.fork('orphan', null);
      for (;;) await sys.sleep(100_000);
    },
    entries: {
      orphan: async (sys: Sys) => {
        for (;;) await sys.sleep(100_000);
      },
    },
  },
  {
    name: 'piper',
    main: async (sys) => {
      const [fromR, fromW] = await sys.pipe();
      const [toR, toW] = await sys.pipe();
      sys.csite(2);
      await sys.fork('hang', { close: [fromR, toW], ready: fromW });
      await sys.close(fromW);
      await sys.close(toR);
      sys.sigaction(Sig.PIPE, { disposition: 'ignore' });
      const ready = await sys.read(fromR, 10);
      const eof = await sys.read(fromR, 10);
      const [revents] = await sys.poll([{ fd: toW, events: Poll.OUT }], 1000);
      const broken = await code(() => sys.write(toW, new Uint8Array(10)));
      await sys.write(
        1,
        new TextEncoder().encode(`${ready.length} ${eof.length} ${(revents! & Poll.ERR) !== 0} ${broken}\n`),
      );
      return 0;
    },
    entries: {
      hang: async (sys: Sys, { close, ready }: { close: number[]; ready: number }) => {
        for (const fd of close) await sys.close(fd);
        await sys.write(ready, new Uint8Array(1));
        for (;;) await sys.sleep(100_000);
      },
    },
  },
];

describe('when a site is lost', () => {
  let world: TestWorld;
  beforeEach(async () => {
    world = await bootWorld(programs, 3);
  });
  afterEach(() => world.close());

  const start = async (name: string, site: number): Promise<number> => {
    world.sys.csite(site);
    return world.sys.fork('start', { argv: [name], output: await world.sys.open('/tmp/x', 0o102, 0o600) });
  };

  it('its processes have ended by SIGKILL for their parents', async () => {
    const { sys } = world;
    const lost = await start('forever', 2);
    const kept = await start('forever', 3);
    await world.lose(2);
    const result = await waitFor(sys, -1);
    expect([result.pid, result.status]).toEqual([lost, Sig.KILL]);
    expect(await code(() => sys.kill(lost, 0))).toBe('ESRCH');
    await sys.kill(kept, Sig.TERM);
    expect((await waitFor(sys, kept)).status).toBe(Sig.TERM);
    expect(await code(() => sys.csite(2))).toBe('EHOSTUNREACH');
  });

  it('their children elsewhere become children of init', async () => {
    const { sys } = world;
    const before = world.managers[0]!.processCount;
    const parent = await start('orphaner', 2);
    await until(() => world.managers[0]!.processCount === before + 1);
    const fd = await sys.open('/proc', 0);
    const pids = (await sys.readdir(fd)).map(({ name }) => Number(name)).filter((pid) => pid > 1);
    const orphan = Math.max(...pids.filter((pid) => pid < 65536));
    await world.lose(2);
    expect((await waitFor(sys, parent)).status).toBe(Sig.KILL);
    const status = async (): Promise<string> => {
      const file = await sys.open(`/proc/${orphan}/stat`, 0);
      return new TextDecoder().decode(await sys.read(file, 1000));
    };
    await until(async () => (await status()).split(' ')[3] === '1');
    await sys.kill(orphan, Sig.KILL);
    await until(() => world.managers[0]!.processCount === before);
  });

  it('pipes with its processes end', async () => {
    const running = world.run(['piper']);
    await until(() => world.managers[1]!.processCount === 1);
    await new Promise((resolve) => setTimeout(resolve, 30));
    await world.lose(2);
    expect((await running).out).toBe('1 0 true EPIPE\n');
  });

  it('record locks of its processes are released, and who waited for one has it', async () => {
    const { sys } = world;
    const fd = await sys.open('/tmp/locked', O.RDWR | O.CREAT, 0o600);
    const holder = world.managers[1]!.hostProcess('holder');
    const theirs = await holder.open('/tmp/locked', O.RDWR);
    await holder.setLock(theirs, WHOLE, false);
    expect((await sys.getLock(fd, WHOLE)).pid).toBe(holder.getpid());
    const third = world.managers[2]!.hostProcess('third');
    const waiting = third.setLock(await third.open('/tmp/locked', O.RDWR), WHOLE, true);
    expect(await code(() => sys.setLock(fd, WHOLE, false))).toBe('EAGAIN');
    await world.lose(2);
    await waiting;
    expect((await sys.getLock(fd, WHOLE)).pid).toBe(third.getpid());
  });

  it('what it served fails with EIO', async () => {
    const sys = world.managers[2]!.hostProcess('there');
    const fd = await sys.open('/tmp/f', 0o102, 0o600);
    await world.lose(1);
    expect(await code(() => sys.write(fd, new Uint8Array(1)))).toBe('EIO');
    expect(await code(() => sys.stat('/tmp'))).toBe('EIO');
    expect(await code(() => sys.close(fd))).toBe('ok');
  });
});
