import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Wait } from '../../../subsystems/unix/constants.ts';
import { Sig, WaitStatus } from '../../../subsystems/unix/signals.ts';
import type { Program, Sys } from '../../../subsystems/unix/sys.ts';
import { bootWorld, print, type TestWorld, waitFor } from './support.ts';

const programs: Program[] = [
  {
    name: 'where',
    main: async (sys, argv) => {
      await print(
        sys,
        `${sys.uname().nodename} ${sys.csite()} ${await sys.getcwd()} ${argv.slice(1).join(' ')}\n`,
      );
      return 5;
    },
  },
  {
    name: 'forever',
    main: async (sys) => {
      for (;;) await sys.sleep(100_000);
    },
  },
  {
    name: 'pipeline',
    main: async (sys) => {
      const [r, w] = await sys.pipe();
      sys.csite(2);
      const writer = await sys.fork('write', { r, w });
      sys.csite(3);
      const reader = await sys.fork('read', { r, w });
      await sys.close(r);
      await sys.close(w);
      const pids = [];
      for (let i = 0; i < 2; i++) pids.push((await sys.waitpid(-1))!.pid);
      await print(sys, pids.sort().join() === [writer, reader].sort().join() ? 'both\n' : 'other\n');
      return 0;
    },
    entries: {
      write: async (sys: Sys, { r, w }: { r: number; w: number }) => {
        await sys.close(r);
        await sys.write(w, new Uint8Array(300_000).fill(65));
        return 0;
      },
      read: async (sys: Sys, { r, w }: { r: number; w: number }) => {
        await sys.close(w);
        let total = 0;
        for (;;) {
          const data = await sys.read(r, 65536);
          if (data.length === 0) break;
          total += data.length;
        }
        await print(sys, `${total} on ${sys.uname().nodename}\n`);
        return 0;
      },
    },
  },
  {
    name: 'mover',
    main: async (sys) => {
      const before = sys.getpid();
      sys.alarm(50);
      const child = await sys.fork('late', null);
      sys.csite(3);
      return sys.exec('/bin/moved', ['moved', String(before), String(child)]);
    },
    entries: {
      late: async (sys: Sys) => {
        await sys.sleep(30);
        return 9;
      },
    },
  },
  {
    name: 'moved',
    main: async (sys, [, before, child]) => {
      const same = String(sys.getpid()) === before;
      const ended = (await sys.waitpid(Number(child)))!;
      const left = sys.alarm(0);
      await print(
        sys,
        `${sys.uname().nodename} same=${same} child=${WaitStatus.exitCode(ended.status)} alarm=${left}\n`,
      );
      return 6;
    },
  },
];

describe('processes on three sites', () => {
  let world: TestWorld;
  beforeAll(async () => {
    world = await bootWorld(programs, 3);
  });
  afterAll(() => world.close());

  const start = async (name: string, site: number): Promise<number> => {
    world.sys.csite(site);
    return world.sys.fork('start', { argv: [name], output: await world.sys.open('/tmp/x', 0o102, 0o600) });
  };

  it('forks onto another site with descriptors and working directory', async () => {
    await world.sys.chdir('/tmp');
    const { status, out } = await world.run(['where', 'x'], 2);
    expect(out).toBe('site2 2 /tmp x\n');
    expect(WaitStatus.exitCode(status)).toBe(5);
  });

  it('sends states and arguments of any size', async () => {
    const { out } = await world.run(['where', 'y'.repeat(200_000)], 2);
    expect(out).toHaveLength(200_000 + 'site2 2 /tmp \n'.length);
    expect(out).toMatch(/^site2 2 \/tmp y+/);
  });

  it('joins processes of three sites by a pipe', async () => {
    const { status, out } = await world.run(['pipeline']);
    expect(out).toBe('300000 on site3\nboth\n');
    expect(status).toBe(0);
  });

  it('moves a process by exec: same pid, children, alarm', async () => {
    const { status, out } = await world.run(['mover']);
    expect(out).toBe('site3 same=true child=9 alarm=50\n');
    expect(WaitStatus.exitCode(status)).toBe(6);
  });

  it('kills, stops and continues across sites', async () => {
    const { sys } = world;
    const pid = await start('forever', 3);
    expect(pid >>> 16).toBe(2);
    await sys.kill(pid, 0);
    await sys.kill(pid, Sig.STOP);
    expect((await waitFor(sys, pid, Wait.UNTRACED)).status).toBe(WaitStatus.stopped(Sig.STOP));
    await sys.kill(pid, Sig.CONT);
    expect((await waitFor(sys, pid, Wait.CONTINUED)).status).toBe(WaitStatus.continued);
    await sys.kill(pid, Sig.TERM);
    expect((await waitFor(sys, pid)).status).toBe(Sig.TERM);
    await expect((async () => sys.kill(pid, 0))()).rejects.toMatchObject({ code: 'ESRCH' });
  });

  it('signals a group that spans sites', async () => {
    const { sys } = world;
    const leader = await start('forever', 2);
    await sys.setpgid(leader, leader);
    const member = await start('forever', 3);
    await sys.setpgid(member, leader);
    expect(await sys.getpgid(member)).toBe(leader);
    await sys.kill(-leader, Sig.INT);
    expect((await waitFor(sys, leader)).status).toBe(Sig.INT);
    expect((await waitFor(sys, member)).status).toBe(Sig.INT);
  });
});
