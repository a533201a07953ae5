import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { O, Seek } from '../../../subsystems/unix/constants.ts';
import { Sig, WaitStatus } from '../../../subsystems/unix/signals.ts';
import type { Program, Sys } from '../../../subsystems/unix/sys.ts';
import { bootWorld, type TestWorld, until, waitFor } from './support.ts';

/** Not a multiple of a message: the last piece is short. */
const PIECE = 200_001;
const ROUNDS = 5;

const programs: Program[] = [
  {
    // fill LETTER [PATH [N]]: writes PIECE bytes N times; through a description of its own when told a path.
    name: 'fill',
    main: async (sys, [, letter, path, rounds = ROUNDS]) => {
      const fd = path === undefined ? 1 : await sys.open(path, O.WRONLY | O.APPEND);
      const data = new Uint8Array(PIECE).fill(letter!.charCodeAt(0));
      for (let i = 0; i < Number(rounds); i++) if ((await sys.write(fd, data)) !== PIECE) return 1;
      return 0;
    },
  },
  {
    // take: reads PIECE bytes ROUNDS times through descriptor 0; every read must be of one letter.
    name: 'take',
    main: async (sys) => {
      for (let i = 0; i < ROUNDS; i++) {
        const data = await sys.read(0, PIECE);
        if (data.length !== PIECE || data.some((byte) => byte !== data[0])) return 1;
      }
      return 0;
    },
  },
  {
    // limited: writes over its file size limit.
    name: 'limited',
    main: async (sys) => {
      const events: string[] = [];
      sys.sigaction(Sig.XFSZ, { disposition: () => events.push('SIGXFSZ') });
      sys.setrlimit('fsize', { soft: 150_000, hard: 150_000 });
      events.push(String(await sys.write(1, new Uint8Array(PIECE))));
      try {
        await sys.write(1, new Uint8Array(10));
      } catch (error) {
        events.push((error as { code: string }).code);
      }
      return events.join() === '150000,SIGXFSZ,EFBIG' ? 0 : 1;
    },
  },
];

/** The letters of a file in runs of PIECE bytes; throws when two calls' bytes are mixed. */
async function runs(sys: Sys, path: string): Promise<string> {
  const fd = await sys.open(path, O.RDONLY);
  const { size } = await sys.fstat(fd);
  let letters = '';
  for (let at = 0; at < size; at += PIECE) {
    const data = await sys.pread(fd, PIECE, at);
    if (data.some((byte) => byte !== data[0])) throw new Error(`bytes of two calls at ${at}`);
    letters += String.fromCharCode(data[0]!);
  }
  await sys.close(fd);
  expect(size).toBe(letters.length * PIECE);
  return letters;
}

describe('transfers of several messages', () => {
  let world: TestWorld;
  beforeAll(async () => {
    world = await bootWorld(programs, 3);
  });
  afterAll(() => world.close());

  const start = (argv: string[], output: number, site: number): Promise<number> => {
    world.sys.csite(site);
    return world.sys.fork('start', { argv, output }) as Promise<number>;
  };
  const allEnd = async (pids: number[]): Promise<void> => {
    for (const pid of pids) expect(WaitStatus.exitCode((await waitFor(world.sys, pid)).status)).toBe(0);
  };
  const create = (path: string): Promise<number> =>
    world.sys.open(path, O.RDWR | O.CREAT | O.TRUNC, 0o600) as Promise<number>;
  const sorted = (text: string): string => [...text].sort().join('');

  it('appends of several sites never mix', async () => {
    const out = await create('/tmp/append');
    await allEnd(
      await Promise.all([1, 2, 3].map((site) => start(['fill', 'abc'[site - 1]!, '/tmp/append'], out, site))),
    );
    expect(sorted(await runs(world.sys, '/tmp/append'))).toBe('aaaaabbbbbccccc');
    await world.sys.close(out);
  });

  it('writes and reads through one shared offset never mix', async () => {
    const fd = await create('/tmp/shared');
    await allEnd(await Promise.all([1, 2, 3].map((site) => start(['fill', 'abc'[site - 1]!], fd, site))));
    expect(sorted(await runs(world.sys, '/tmp/shared'))).toBe('aaaaabbbbbccccc');
    await world.sys.lseek(fd, 0, Seek.SET);
    await allEnd(await Promise.all([1, 2, 3].map((site) => start(['take'], fd, site))));
    expect(await world.sys.lseek(fd, 0, Seek.CUR)).toBe(15 * PIECE);
    await world.sys.close(fd);
  });

  it('gives a shared offset back when a limit cuts the write short', async () => {
    const fd = await create('/tmp/limited');
    await allEnd([await start(['limited'], fd, 2)]);
    expect(await world.sys.lseek(fd, 0, Seek.CUR)).toBe(150_000);
    await world.sys.close(fd);
  });

  it('appends go on after a writer was killed in the middle of a call', async () => {
    const fd = await create('/tmp/killed');
    const pid = await start(['fill', 'a', '/tmp/killed', '200'], fd, 2);
    await until(async () => (await world.sys.fstat(fd)).size > 0);
    await world.sys.kill(pid, Sig.KILL);
    expect(WaitStatus.termSignal((await waitFor(world.sys, pid)).status)).toBe(Sig.KILL);
    await until(async () => {
      const before = (await world.sys.fstat(fd)).size;
      const own = await world.sys.open('/tmp/killed', O.WRONLY | O.APPEND);
      await world.sys.write(own, new Uint8Array(1).fill(66));
      await world.sys.close(own);
      return (await world.sys.fstat(fd)).size === before + 1;
    });
    await world.sys.close(fd);
  });
});
