/**
 * Waiting calls and caught signals (signal(7)): which go on after a handler with SA_RESTART, which end, and
 * what a call that ends returns, for objects on the caller's site and on others.
 *
 * The director makes the objects and forks a waiter, which makes the call. Signals are sent again and again:
 * one that comes before the wait began interrupts nothing.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Limits, Lock, O, Poll, S, SA, Seek } from '../../../subsystems/unix/constants.ts';
import { isSysError } from '../../../subsystems/unix/errno.ts';
import { Sig } from '../../../subsystems/unix/signals.ts';
import type { Fd, Pid, Program, Sys } from '../../../subsystems/unix/sys.ts';
import { codeOf } from '../support.ts';
import { bootWorld, print, type TestWorld, waitFor } from './support.ts';

const WHOLE = { type: Lock.WRLCK, whence: Seek.SET, start: 0, length: 0, pid: 0 };
const LONG = 200_000;
const SIGNALS = 3;
/** The handler must decide also when the process was stopped meanwhile. */
const HOWS = { running: [Sig.USR1], stopped: [Sig.STOP, Sig.USR1, Sig.CONT] } as const;
const decode = (data: Uint8Array): string => new TextDecoder().decode(data);
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Case {
  /** Makes the objects. The waiter inherits the descriptors and is told what this returns. */
  prepare(sys: Sys): Promise<unknown>;
  /** The call. Returns what it came to. */
  wait(sys: Sys, state: never): Promise<unknown>;
  /** Gives the call what it waits for; says what that showed, if anything. */
  satisfy?(sys: Sys, state: never): Promise<unknown>;
  /** What the waiter and `satisfy` tell without and with SA_RESTART. */
  ended: string;
  restarted: string;
}

/** Reads until `count` bytes came. */
async function drain(sys: Sys, fd: Fd, count: number): Promise<number> {
  let have = 0;
  while (have < count) {
    const data = await sys.read(fd, 65536);
    if (data.length === 0) break;
    have += data.length;
  }
  return have;
}

/** What is in a pipe or terminal now. */
async function available(sys: Sys, fd: Fd): Promise<number> {
  let have = 0;
  while ((await sys.poll([{ fd, events: Poll.IN }], 0))[0]! & Poll.IN)
    have += (await sys.read(fd, 65536)).length;
  return have;
}

const fifo = async (sys: Sys): Promise<unknown> => {
  await codeOf(() => sys.unlink('/tmp/fifo'));
  await sys.mknod('/tmp/fifo', S.IFIFO | 0o600);
  return null;
};
/** The other side of a FIFO, until the waiter has its own: closed at the end of the director. */
const partner = async (sys: Sys): Promise<void> => void (await sys.open('/tmp/fifo', O.RDWR));

const cases: Record<string, Case> = {
  'read of an empty pipe': {
    prepare: (sys) => sys.pipe() as Promise<[Fd, Fd]>,
    wait: async (sys, [r]: [Fd, Fd]) => decode(await sys.read(r, 10)),
    satisfy: async (sys, [, w]: [Fd, Fd]) => void (await sys.write(w, encode('late'))),
    ended: 'EINTR',
    restarted: 'late',
  },
  'write to a full pipe': {
    prepare: async (sys) => {
      const [r, w] = await sys.pipe();
      await sys.write(w, new Uint8Array(Limits.PIPE_SIZE));
      return [r, w];
    },
    wait: (sys, [, w]: [Fd, Fd]) => sys.write(w, new Uint8Array(10)) as Promise<number>,
    satisfy: (sys, [r]: [Fd, Fd]) => drain(sys, r, Limits.PIPE_SIZE + 10),
    ended: 'EINTR',
    restarted: `10 ${Limits.PIPE_SIZE + 10}`,
  },
  'write of more than a pipe holds': {
    prepare: (sys) => sys.pipe() as Promise<[Fd, Fd]>,
    wait: async (sys, [, w]: [Fd, Fd]) => sys.write(w, new Uint8Array(LONG)),
    satisfy: (sys, [r]: [Fd, Fd]) => drain(sys, r, LONG),
    ended: String(Limits.PIPE_SIZE),
    restarted: `${LONG} ${LONG}`,
  },
  'setLock that waits': {
    prepare: async (sys) => {
      const fd = await sys.open('/tmp/lock', O.RDWR | O.CREAT, 0o600);
      await sys.setLock(fd, WHOLE, false);
      return fd;
    },
    wait: async (sys, fd: Fd) => {
      await sys.setLock(fd, WHOLE, true);
      return 'locked';
    },
    satisfy: async (sys, fd: Fd) => void (await sys.setLock(fd, { ...WHOLE, type: Lock.UNLCK }, false)),
    ended: 'EINTR',
    restarted: 'locked',
  },
  'open of a FIFO for reading': {
    prepare: fifo,
    wait: async (sys) => ((await sys.open('/tmp/fifo', O.RDONLY)) > 2 ? 'open' : ''),
    satisfy: partner,
    ended: 'EINTR',
    restarted: 'open',
  },
  'open of a FIFO for writing': {
    prepare: fifo,
    wait: async (sys) => ((await sys.open('/tmp/fifo', O.WRONLY)) > 2 ? 'open' : ''),
    satisfy: partner,
    ended: 'EINTR',
    restarted: 'open',
  },
  'read of a terminal': {
    prepare: (sys) => sys.openpty() as Promise<unknown>,
    wait: async (sys, { slave }: { slave: Fd }) => decode(await sys.read(slave, 100)).trim(),
    satisfy: async (sys, { master }: { master: Fd }) => void (await sys.write(master, encode('late\n'))),
    ended: 'EINTR',
    restarted: 'late',
  },
  'write to a terminal that nobody reads': {
    prepare: (sys) => sys.openpty() as Promise<unknown>,
    wait: async (sys, { slave, master }: { slave: Fd; master: Fd }) => {
      const count = await sys.write(slave, new Uint8Array(LONG).fill(65));
      // What was said to be written is there, and no more.
      return count === LONG
        ? 'all'
        : count === (await available(sys, master))
          ? 'as counted'
          : 'not as counted';
    },
    satisfy: (sys, { master }: { master: Fd }) => drain(sys, master, LONG),
    ended: 'as counted',
    restarted: `all ${LONG}`,
  },
  waitpid: {
    prepare: (sys) => sys.pipe() as Promise<[Fd, Fd]>,
    wait: async (sys, [r]: [Fd, Fd]) => {
      await sys.fork('child', r);
      return (await waitFor(sys, -1)).status;
    },
    satisfy: async (sys, [, w]: [Fd, Fd]) => void (await sys.write(w, encode('x'))),
    ended: 'EINTR',
    restarted: '0',
  },
  sigsuspend: {
    prepare: async () => null,
    wait: async (sys) => {
      await sys.sigsuspend([]);
      return 'over';
    },
    ended: 'over',
    restarted: 'over',
  },
  poll: {
    prepare: (sys) => sys.pipe() as Promise<[Fd, Fd]>,
    wait: async (sys, [r]: [Fd, Fd]) => sys.poll([{ fd: r, events: Poll.IN }], 60_000),
    ended: 'EINTR',
    restarted: 'EINTR',
  },
  sleep: {
    prepare: async () => null,
    wait: async (sys) => sys.sleep(60_000),
    ended: 'EINTR',
    restarted: 'EINTR',
  },
};

interface Waiter {
  name: string;
  flags: number;
  state: unknown;
  /** A byte for each run of the handler; then the outcome. */
  heard: Fd;
  told: Fd;
}

async function waiter(sys: Sys, { name, flags, state, heard, told }: Waiter): Promise<number> {
  const handler = (): void => {
    void Promise.resolve(sys.write(heard, new Uint8Array(1))).catch(() => {});
  };
  sys.sigaction(Sig.USR1, { disposition: handler, flags });
  await sys.write(told, encode('ready'));
  let outcome: unknown;
  try {
    outcome = await cases[name]!.wait(sys, state as never);
  } catch (error) {
    if (!isSysError(error)) throw error;
    outcome = error.code;
  }
  sys.sigprocmask('block', [Sig.USR1]);
  await sys.write(told, encode(String(outcome)));
  return 0;
}

/** director NAME FLAGS SITE HOW: plays one case with the waiter on SITE, prints what was told. */
async function director(sys: Sys, argv: readonly string[]): Promise<number> {
  const [, name = '', flags, site, how] = argv;
  const scene = cases[name]!;
  const state = await scene.prepare(sys);
  const [heardR, heard] = await sys.pipe();
  const [toldR, told] = await sys.pipe();
  sys.csite(Number(site));
  const pid = await sys.fork('waiter', { name, flags: Number(flags), state, heard, told } satisfies Waiter);
  await sys.close(told);
  if (decode(await sys.read(toldR, 5)) !== 'ready') return 1;
  const outcome = Promise.resolve(sys.read(toldR, 100)).then(decode);
  const satisfy = async (): Promise<unknown> => scene.satisfy?.(sys, state as never);
  const shown = await prod(sys, pid, HOWS[how as keyof typeof HOWS], heardR, outcome, satisfy);
  await waitFor(sys, pid);
  await print(sys, shown === undefined ? await outcome : `${await outcome} ${shown}`);
  return 0;
}

/** Signals until the call has ended, or until it has gone on after SIGNALS handlers: then satisfies it. */
async function prod(
  sys: Sys,
  pid: Pid,
  signals: readonly number[],
  heard: Fd,
  outcome: Promise<string>,
  satisfy: () => Promise<unknown>,
): Promise<unknown> {
  let ended = false;
  void outcome.then(() => {
    ended = true;
  });
  for (let handlers = 0; !ended; ) {
    for (const sig of signals) await codeOf(() => sys.kill(pid, sig));
    await Promise.race([outcome, sleep(5)]);
    if (ended) return undefined;
    handlers += await available(sys, heard);
    if (handlers >= SIGNALS) return satisfy();
  }
  return undefined;
}

const child = async (sys: Sys, r: Fd): Promise<number> => ((await sys.read(r, 1)).length === 1 ? 0 : 1);

const programs: Program[] = [{ name: 'director', main: director, entries: { waiter, child } }];

describe('a caught signal', () => {
  let world: TestWorld;
  beforeAll(async () => {
    world = await bootWorld(programs, 3);
  });
  afterAll(() => world.close());

  const play = async (objects: number, waits: number, flags: number, how: string): Promise<void> => {
    const told: Record<string, string> = {};
    const expected: Record<string, string> = {};
    for (const [name, { ended, restarted }] of Object.entries(cases)) {
      const { out } = await world.run(['director', name, String(flags), String(waits), how], objects);
      told[name] = out;
      expected[name] = flags ? restarted : ended;
    }
    expect(told).toEqual(expected);
  };

  for (const how of Object.keys(HOWS)) {
    for (const flags of [0, SA.RESTART]) {
      it.each([
        [1, 1],
        [1, 2],
        [2, 1],
        [2, 3],
      ])(
        `${how}, ${flags ? 'SA_RESTART' : 'no flags'}: objects on site %i, caller on site %i`,
        (objects, waits) => play(objects, waits, flags, how),
      );
    }
  }
});
