import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SA, Wait } from '../../../subsystems/unix/constants.ts';
import { Sig, WaitStatus } from '../../../subsystems/unix/signals.ts';
import type { Program, Sys } from '../../../subsystems/unix/sys.ts';
import { bootWorld, print, type TestWorld, waitFor } from './support.ts';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

const programs: Program[] = [
  { name: 'true', main: () => 0 },
  { name: 'seven', main: () => 7 },
  {
    name: 'args',
    main: async (sys, argv) => {
      await print(sys, `${argv.join(' ')}\n`);
      return 0;
    },
  },
  {
    name: 'bug',
    main: () => {
      throw new RangeError('oops');
    },
  },
  {
    name: 'syserr',
    main: async (sys) => {
      await sys.open('/nonexistent', 0);
      return 0;
    },
  },
  {
    name: 'forever',
    main: async (sys) => {
      for (;;) await sys.sleep(100_000);
    },
  },
  {
    name: 'spin',
    main: async (sys) => {
      for (;;) {
        const p = sys.checkpoint();
        if (p) await p;
      }
    },
  },
  {
    name: 'pipes',
    main: async (sys) => {
      const [r, w] = await sys.pipe();
      const pid = await sys.fork('writer', { w, r, words: ['a', 'b', 'c'] });
      await sys.close(w);
      let all = '';
      for (;;) {
        const data = await sys.read(r, 100);
        if (data.length === 0) break;
        all += text(data);
      }
      const result = await sys.waitpid(pid);
      await print(sys, `${all} ${WaitStatus.exitCode(result!.status)}\n`);
      return 0;
    },
    entries: {
      writer: async (sys: Sys, { w, r, words }: { w: number; r: number; words: string[] }) => {
        await sys.close(r);
        for (const word of words) await sys.write(w, new TextEncoder().encode(word));
        return 3;
      },
    },
  },
  {
    name: 'handlers',
    main: async (sys) => {
      const log: string[] = [];
      sys.sigaction(Sig.USR1, { disposition: (sig) => void log.push(`got ${sig}`) });
      await sys.kill(sys.getpid(), Sig.USR1);
      log.push('after kill');
      sys.sigprocmask('block', [Sig.USR1]);
      await sys.kill(sys.getpid(), Sig.USR1);
      log.push(`pending ${sys.sigpending()}`);
      sys.sigprocmask('unblock', [Sig.USR1]);
      log.push('unblocked');
      sys.sigaction(Sig.ALRM, { disposition: () => void log.push('alarm') });
      sys.alarm(0.02);
      try {
        await sys.sleep(10_000);
      } catch (error) {
        log.push((error as { code: string }).code);
      }
      await print(sys, `${log.join('|')}\n`);
      return 0;
    },
  },
];

describe('processes on one site', () => {
  let world: TestWorld;
  beforeAll(async () => {
    world = await bootWorld(programs);
    const script = async (name: string, content: string) => {
      const fd = await world.sys.open(`/bin/${name}`, 0o101, 0o755);
      await world.sys.write(fd, new TextEncoder().encode(content));
      await world.sys.close(fd);
    };
    await script('script', '#!/bin/args -x  y \nbody\n');
    await script('nothing', 'just text');
  });
  afterAll(() => world.close());

  it('forks, execs, exits and waits', async () => {
    expect(await world.run(['true'])).toEqual({ status: 0, out: '' });
    expect(WaitStatus.exitCode((await world.run(['seven'])).status)).toBe(7);
    expect((await world.run(['args', 'a', 'b c'])).out).toBe('args a b c\n');
  });

  it('runs scripts with the one argument of their first line', async () => {
    expect((await world.run(['script', '1'])).out).toBe('/bin/args -x  y /bin/script 1\n');
  });

  it('turns uncaught errors into exit statuses', async () => {
    const bug = await world.run(['bug']);
    expect(bug.status).toBe(WaitStatus.signaled(Sig.ABRT));
    expect(bug.out).toContain('oops');
    const syserr = await world.run(['syserr']);
    expect(syserr).toEqual({ status: WaitStatus.exited(1), out: 'syserr: No such file or directory\n' });
    const noexec = await world.run(['nothing']);
    expect(noexec.out).toContain('Exec format error');
  });

  it('joins processes by pipes', async () => {
    expect((await world.run(['pipes'])).out).toBe('abc 3\n');
  });

  it('delivers signals', async () => {
    expect((await world.run(['handlers'])).out).toBe(
      'got 10|after kill|pending 10|got 10|unblocked|alarm|EINTR\n',
    );
  });

  it.each(['forever', 'spin'])('kills %s at once, whatever it does', async (name) => {
    const pid = await world.sys.fork('start', {
      argv: [name],
      output: await world.sys.open('/tmp/x', 0o102, 0o600),
    });
    await new Promise((resolve) => setTimeout(resolve, 10));
    await world.sys.kill(pid, Sig.TERM);
    expect((await waitFor(world.sys, pid)).status).toBe(Sig.TERM);
  });

  it('stops and continues', async () => {
    const { sys } = world;
    const pid = await sys.fork('start', {
      argv: ['forever'],
      output: await sys.open('/tmp/x', 0o102, 0o600),
    });
    await sys.kill(pid, Sig.STOP);
    expect((await waitFor(sys, pid, Wait.UNTRACED)).status).toBe(WaitStatus.stopped(Sig.STOP));
    await sys.kill(pid, Sig.TERM);
    expect(await sys.waitpid(pid, Wait.NOHANG)).toBeUndefined();
    await sys.kill(pid, Sig.CONT);
    // SIGTERM was pending while it was stopped: it acts as the process goes on.
    expect((await waitFor(sys, pid)).status).toBe(Sig.TERM);
  });

  it('reaps automatically with NOCLDWAIT', async () => {
    const { sys } = world;
    sys.sigaction(Sig.CHLD, { disposition: 'default', flags: SA.NOCLDWAIT });
    const pid = await sys.fork('start', { argv: ['true'], output: await sys.open('/tmp/x', 0o102, 0o600) });
    await expect((async () => sys.waitpid(pid))()).rejects.toMatchObject({ code: 'ECHILD' });
    sys.sigaction(Sig.CHLD, { disposition: 'default', flags: 0 });
  });
});
