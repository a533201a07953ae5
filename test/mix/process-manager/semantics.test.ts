/** What Linux' manual pages say of processes, wherever the children live. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lock, O, Poll, S, SA, Seek, Wait } from '../../../subsystems/unix/constants.ts';
import { Sig } from '../../../subsystems/unix/signals.ts';
import type { Pid, Program, Sys } from '../../../subsystems/unix/sys.ts';
import { codeOf, writeText } from '../support.ts';
import { fate, played, type Scene, sceneProgram } from './scenes.ts';
import { bootWorld, print, type TestWorld, until } from './support.ts';

const WHOLE = { type: Lock.WRLCK, whence: Seek.SET, start: 0, length: 0, pid: 0 };
const text = (data: Uint8Array): string => new TextDecoder().decode(data);
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);

/** Sends SIGUSR1 to `target` after a while, then does what a waiting call waits for. */
const nudge = async (sys: Sys, { target, fd }: { target: Pid; fd: number }): Promise<number> => {
  await sys.sleep(20);
  await sys.kill(target, Sig.USR1);
  await sys.sleep(20);
  if (fd >= 0) await sys.write(fd, bytes('late'));
  return 0;
};

const scenes: Record<string, { scene: Scene; tells: unknown[]; sites?: number[] }> = {
  zombies: {
    scene: {
      async play(sys, say, cast) {
        const pid = await cast('end');
        sys.sigaction(Sig.CHLD, { disposition: () => {} });
        await codeOf(() => sys.sleep(2000));
        say(await codeOf(() => sys.kill(pid, 0)));
        say((await sys.getpgid(pid)) === (await sys.getpgid()));
        say(await fate(sys, pid));
        await until(async () => (await codeOf(() => sys.kill(pid, 0))) === 'ESRCH');
        say(await codeOf(() => sys.waitpid(pid)));
      },
      children: { end: async () => 3 },
    },
    tells: ['', true, 'exit 3', 'ECHILD'],
  },
  wait: {
    scene: {
      async play(sys, say, cast) {
        say(await codeOf(() => sys.waitpid(-1)));
        const pid = await cast('sleep');
        say(await codeOf(() => sys.waitpid(-1, 4096)));
        say(await codeOf(() => sys.waitpid(pid + 1)));
        say(await sys.waitpid(pid, Wait.NOHANG));
        await sys.kill(pid, Sig.STOP);
        say(await fate(sys, pid, Wait.UNTRACED));
        say(await sys.waitpid(pid, Wait.UNTRACED | Wait.NOHANG));
        await sys.kill(pid, Sig.CONT);
        say(await fate(sys, pid, Wait.CONTINUED));
        await sys.kill(pid, Sig.TERM);
        say(await fate(sys, 0));
        const own = await cast('lead');
        await sys.setpgid(own, own);
        say(await codeOf(() => sys.waitpid(0)));
        await sys.kill(-own, Sig.KILL);
        say(await fate(sys, -own));
        sys.sigaction(Sig.CHLD, { disposition: 'ignore' });
        await cast('end');
        say(await codeOf(() => sys.waitpid(-1)));
      },
      children: {
        sleep: async (sys: Sys) => {
          for (;;) await sys.sleep(100_000);
        },
        lead: async (sys: Sys) => {
          for (;;) await sys.sleep(100_000);
        },
        end: async () => 3,
      },
    },
    tells: [
      'ECHILD',
      'EINVAL',
      'ECHILD',
      undefined,
      'stop 19',
      undefined,
      'continue',
      'signal 15',
      'ECHILD',
      'signal 9',
      'ECHILD',
    ],
  },
  groups: {
    scene: {
      async play(sys, say, cast) {
        say(await codeOf(() => sys.setpgid(0, -1)));
        say(await codeOf(() => sys.setpgid(54321, 0)));
        const pid = await cast('wait');
        say(await codeOf(() => sys.setpgid(pid, 1)));
        await sys.setpgid(pid, pid);
        say((await sys.getpgid(pid)) === pid);
        const second = await cast('wait');
        await sys.setpgid(second, pid);
        say((await sys.getpgid(second)) === pid && (await sys.getsid(second)) === (await sys.getsid()));
        await sys.kill(-pid, Sig.TERM);
        say(`${await fate(sys, pid)} ${await fate(sys, second)}`);
        say(await codeOf(() => sys.kill(-pid, 0)));
        say(await fate(sys, await cast('session')));
        const execed = await cast('exec');
        await until(async () => (await codeOf(() => sys.setpgid(execed, execed))) === 'EACCES');
        await sys.kill(execed, Sig.KILL);
        say(await fate(sys, execed));
      },
      children: {
        wait: async (sys: Sys) => {
          for (;;) await sys.sleep(100_000);
        },
        session: async (sys: Sys) => {
          const pid = sys.getpid();
          if ((await sys.setsid()) !== pid || (await sys.getsid()) !== pid) return 1;
          if ((await codeOf(() => sys.setsid())) !== 'EPERM') return 2;
          if ((await codeOf(() => sys.setpgid(0, 0))) !== 'EPERM') return 3;
          return (await codeOf(() => sys.setpgid(sys.getppid(), 0))) === 'ESRCH' ? 0 : 4;
        },
        exec: async (sys: Sys) => {
          sys.csite(sys.uname().nodename === 'site1' ? 1 : 2);
          return sys.exec('/bin/forever', ['forever']);
        },
      },
    },
    tells: ['EINVAL', 'ESRCH', 'EPERM', true, true, 'signal 15 signal 15', 'ESRCH', 'exit 0', 'signal 9'],
  },
  locks: {
    scene: {
      async play(sys, say, cast) {
        const fd = await sys.open('/tmp/lock', O.RDWR | O.CREAT, 0o600);
        const [r, w] = await sys.pipe();
        await sys.setLock(fd, WHOLE, false);
        say(await fate(sys, await cast('inherit', { fd, parent: sys.getpid() })));
        await sys.setLock(fd, { ...WHOLE, type: Lock.UNLCK }, false);
        const keeper = await cast('keep', { fd, w });
        say(text(await sys.read(r, 10)));
        say((await sys.getLock(fd, WHOLE)).pid === keeper);
        await sys.kill(keeper, Sig.KILL);
        await fate(sys, keeper);
        say((await sys.getLock(fd, WHOLE)).type === Lock.UNLCK);
        const other = await sys.open('/tmp/lock', O.RDONLY);
        await sys.setLock(fd, WHOLE, false);
        await sys.close(other);
        const taker = await cast('take', { fd });
        say(await fate(sys, taker));
      },
      children: {
        inherit: async (sys: Sys, { fd, parent }: { fd: number; parent: Pid }) => {
          if ((await sys.getLock(fd, WHOLE)).pid !== parent) return 1;
          return (await codeOf(() => sys.setLock(fd, WHOLE, false))) === 'EAGAIN' ? 0 : 2;
        },
        keep: async (sys: Sys, { fd, w }: { fd: number; w: number }) => {
          await sys.setLock(fd, WHOLE, false);
          await sys.dup2(w, 1);
          sys.csite(sys.uname().nodename === 'site1' ? 2 : 1);
          return sys.exec('/bin/ready', ['ready']);
        },
        take: async (sys: Sys, { fd }: { fd: number }) =>
          (await codeOf(() => sys.setLock(fd, WHOLE, false))) === '' ? 0 : 1,
      },
    },
    tells: ['exit 0', 'ready', true, true, 'exit 0'],
  },
  offsets: {
    scene: {
      async play(sys, say, cast) {
        const fd = await sys.open('/tmp/offset', O.RDWR | O.CREAT | O.TRUNC, 0o600);
        await sys.write(fd, bytes('parent '));
        const state = { fd, list: [1] };
        say(await fate(sys, await cast('write', state)));
        say(state.list.join());
        say(await sys.lseek(fd, 0, Seek.CUR));
        await sys.write(fd, bytes(' parent'));
        say(text(await sys.pread(fd, 100, 0)));
        await sys.setFlags(fd, O.APPEND);
        say(await fate(sys, await cast('flags', { fd })));
      },
      children: {
        write: async (sys: Sys, state: { fd: number; list: number[] }) => {
          state.list.push(2);
          await sys.write(state.fd, bytes('child'));
          return sys.lseek(state.fd, 0, Seek.CUR);
        },
        flags: async (sys: Sys, { fd }: { fd: number }) => ((await sys.getFlags(fd)) & O.APPEND ? 0 : 1),
      },
    },
    tells: ['exit 12', '1', 12, 'parent child parent', 'exit 0'],
  },
  fifos: {
    scene: {
      async play(sys, say, cast) {
        await codeOf(() => sys.unlink('/tmp/fifo'));
        await sys.mknod('/tmp/fifo', S.IFIFO | 0o600);
        say(await codeOf(() => sys.open('/tmp/fifo', O.WRONLY | O.NONBLOCK)));
        const writer = await cast('write');
        const fd = await sys.open('/tmp/fifo', O.RDONLY);
        say(text(await sys.read(fd, 100)));
        say((await sys.read(fd, 100)).length);
        say(await fate(sys, writer));
        await sys.close(fd);
        const reader = await cast('read');
        const out = await sys.open('/tmp/fifo', O.WRONLY);
        await sys.write(out, bytes('to the child'));
        await sys.close(out);
        say(await fate(sys, reader));
      },
      children: {
        write: async (sys: Sys) => {
          const fd = await sys.open('/tmp/fifo', O.WRONLY);
          await sys.write(fd, bytes('hello'));
          return 0;
        },
        read: async (sys: Sys) => {
          const fd = await sys.open('/tmp/fifo', O.RDONLY);
          return (await sys.read(fd, 100)).length;
        },
      },
    },
    tells: ['ENXIO', 'hello', 0, 'exit 0', 'exit 12'],
  },
  interrupted: {
    scene: {
      async play(sys, say, cast) {
        const [r, w] = await sys.pipe();
        let seen = 0;
        for (const flags of [0, SA.RESTART]) {
          sys.sigaction(Sig.USR1, { disposition: () => void (seen += 1), flags });
          const target = sys.getpid();
          const during = async (what: string, call: () => unknown, fd = -1): Promise<void> => {
            const pid = await cast('nudge', { target, fd });
            const code = await codeOf(call);
            while ((await codeOf(() => sys.waitpid(pid))) === 'EINTR') {}
            say(`${what} ${code}`);
          };
          await during('read', () => sys.read(r, 10), w);
          if (flags === 0) await sys.read(r, 10);
          await during('poll', () => sys.poll([{ fd: r, events: Poll.IN }], 5000));
          await during('sleep', () => sys.sleep(5000));
          await during('sigsuspend', () => sys.sigsuspend([]));
          await during('wait', () => sys.waitpid(-1));
        }
        say(seen);
      },
      children: { nudge },
    },
    tells: [
      'read EINTR',
      'poll EINTR',
      'sleep EINTR',
      'sigsuspend ',
      'wait EINTR',
      'read ',
      'poll EINTR',
      'sleep EINTR',
      'sigsuspend ',
      'wait ',
      10,
    ],
  },
  signals: {
    scene: {
      async play(sys, say) {
        const caught: number[] = [];
        sys.sigaction(Sig.USR1, { disposition: (sig) => void caught.push(sig) });
        sys.sigprocmask('block', [Sig.USR1, Sig.ALRM, Sig.KILL]);
        await sys.kill(sys.getpid(), Sig.USR1);
        await sys.kill(sys.getpid(), Sig.USR1);
        say(`${sys.sigpending()} ${caught}`);
        await sys.sigsuspend([]);
        say(`${sys.sigpending()} ${caught} ${sys.sigprocmask('block', [])}`);
        sys.sigaction(Sig.ALRM, { disposition: (sig) => void caught.push(sig), flags: SA.RESETHAND });
        say(sys.alarm(100));
        say(sys.alarm(0.02));
        await sys.sigsuspend([Sig.USR1]);
        say(`${caught} ${sys.sigaction(Sig.ALRM).disposition}`);
        say(await codeOf(() => sys.sigaction(Sig.KILL, { disposition: 'ignore' })));
        say(await codeOf(() => sys.kill(sys.getpid(), 65)));
      },
    },
    tells: ['10 ', ' 10 10,14', 0, 100, '10,14 default', 'EINVAL', 'EINVAL'],
  },
  polling: {
    scene: {
      async play(sys, say) {
        const [r, w] = await sys.pipe();
        const events = Poll.IN | Poll.OUT;
        const ask = async (fd: number): Promise<void> => say((await sys.poll([{ fd, events }], 0))[0]);
        await ask(await sys.open('/tmp/offset', O.RDWR | O.CREAT, 0o600));
        await ask(await sys.open('/tmp', O.RDONLY));
        await ask(r);
        await ask(w);
        await sys.write(w, bytes('x'));
        await ask(r);
        await sys.close(w);
        await ask(r);
        await sys.read(r, 1);
        await ask(r);
        await ask(w);
        await ask(-1);
        const [r2, w2] = await sys.pipe();
        await sys.close(r2);
        await ask(w2);
        const { master, slave } = await sys.openpty();
        await ask(master);
        await ask(slave);
        await sys.write(master, bytes('line\n'));
        await ask(slave);
        await sys.close(slave);
        say((await sys.poll([{ fd: 0, events: 0 }], 1))[0]);
      },
    },
    tells: [5, 5, 0, 4, 1, 17, 16, 32, 0, 12, 4, 4, 5, 0],
    sites: [1],
  },
};

const programs: Program[] = [
  ...Object.entries(scenes).map(([name, { scene }]) => sceneProgram(name, scene)),
  {
    name: 'forever',
    main: async (sys) => {
      for (;;) await sys.sleep(100_000);
    },
  },
  {
    name: 'ready',
    main: async (sys) => {
      await print(sys, 'ready');
      for (;;) await sys.sleep(100_000);
    },
  },
];

describe('processes do as the manual pages say', () => {
  let world: TestWorld;
  beforeAll(async () => {
    world = await bootWorld(programs, 2);
    await writeText(world.sys, '/tmp/offset', '');
  });
  afterAll(() => world.close());

  for (const [name, { tells, sites = [1, 2] }] of Object.entries(scenes)) {
    for (const site of sites) {
      it(`${name}, children on site ${site}`, async () => {
        expect(await played(world, name, site)).toEqual(tells.map(String));
      });
    }
  }
});
