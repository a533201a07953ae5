import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { O } from '../../../subsystems/unix/constants.ts';
import type { Program } from '../../../subsystems/unix/sys.ts';
import { bootWorld, print, type TestWorld, until } from './support.ts';

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

const programs: Program[] = [
  {
    name: 'forever',
    main: async (sys) => {
      for (;;) await sys.sleep(100_000);
    },
  },
  {
    name: 'self',
    main: async (sys) => {
      const [r, w] = await sys.pipe();
      await sys.write(w, new TextEncoder().encode('through'));
      const again = await sys.open(`/proc/self/fd/${r}`, O.RDONLY);
      const through = decode(await sys.read(again, 99));
      const comm = await sys.open('/proc/self/comm', O.RDONLY);
      await print(
        sys,
        `${await sys.readlink('/proc/self')}=${sys.getpid()} ${decode(await sys.read(comm, 99))}`,
      );
      await print(sys, `${(await sys.readlink(`/proc/self/fd/${r}`)).replace(/\d+/, 'N')}\n`);
      await print(sys, `${await sys.readlink('/proc/self/fd/1')} ${await sys.readlink('/proc/self/exe')}\n`);
      await sys.chdir('/proc/self/cwd');
      await print(sys, `${await sys.getcwd()}\n`);
      await sys.chdir('/proc/chorus');
      await print(sys, `${await sys.getcwd()}\n`);
      await sys.chdir('../..');
      await print(sys, `${await sys.getcwd()}\n${through}\n`);
      return 0;
    },
  },
];

describe('/proc', () => {
  let world: TestWorld;
  beforeAll(async () => {
    world = await bootWorld(programs, 2);
  });
  afterAll(() => world.close());

  const read = async (path: string): Promise<string> => {
    const fd = await world.sys.open(path, O.RDONLY);
    let text = '';
    for (;;) {
      const data = await world.sys.read(fd, 65536);
      if (data.length === 0) break;
      text += decode(data);
    }
    await world.sys.close(fd);
    return text;
  };

  it('knows who asks, from any site', async () => {
    for (const site of [1, 2]) {
      const { out } = await world.run(['self'], site);
      const [who, pipe, links, ...directories] = out.trimEnd().split('\n');
      expect(who).toMatch(/^(\d+)=\1 self$/);
      expect(pipe).toBe('pipe:[N]');
      expect(links).toBe('/tmp/out /bin/self');
      expect(directories).toEqual(['/', '/proc/chorus', '/', 'through']);
    }
  });

  it('lists the processes of every site', async () => {
    const { sys } = world;
    sys.csite(2);
    const pid = await sys.fork('start', {
      argv: ['forever'],
      output: await sys.open('/tmp/x', 0o102, 0o600),
    });
    await until(async () => (await read(`/proc/${pid}/cmdline`)) === 'forever\0');
    const fd = await sys.open('/proc', O.RDONLY | O.DIRECTORY);
    const names = (await sys.readdir(fd)).map(({ name }) => name);
    await sys.close(fd);
    expect(names).toEqual(expect.arrayContaining(['.', '..', '1', String(pid), 'self', 'uptime', 'chorus']));
    const stat = (await read(`/proc/${pid}/stat`)).split(' ');
    expect(stat.slice(0, 3)).toEqual([String(pid), '(forever)', 'S']);
    expect(stat).toHaveLength(52);
    expect(await read(`/proc/${pid}/status`)).toMatch(/^Site:\t2$/m);
    expect(await read(`/proc/${pid}/fdinfo/1`)).toMatch(
      /^pos:\t0\nflags:\t0\d+\nmnt_id:\t1\nino:\t[1-9]\d*\n$/,
    );
    expect(await read(`/proc/${pid}/io`)).toMatch(/^rchar: \d+\nwchar: \d+\nsyscr: /);
    await expect(read(`/proc/${pid}/fdinfo/99`)).rejects.toMatchObject({ code: 'ENOENT' });
    await sys.kill(pid, 9);
    await sys.waitpid(pid);
    await expect(read(`/proc/${pid}/stat`)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('tells of the system', async () => {
    expect(await read('/proc/uptime')).toMatch(/^\d+\.\d\d \d+\.\d\d\n$/);
    expect(await read('/proc/mounts')).toMatch(/^\S+ \/ memfs rw 0 0\nproc \/proc proc rw 0 0\n/m);
    expect(await read('/proc/meminfo')).toMatch(/^MemTotal: +\d+ kB$/m);
    expect(await read('/proc/sys/kernel/hostname')).toBe('site1\n');
    const sites = (await read('/proc/chorus/sites')).split('\n');
    expect(sites[0]).toMatch(/^SITE NAME/);
    expect(sites).toHaveLength(4);
    expect(await read('/proc/chorus/ports')).toContain('PM');
    expect(await read('/proc/chorus/groups')).toContain('DM');
  });

  it('streams trace events of all sites while it is open', async () => {
    const { sys } = world;
    const fd = await sys.open('/proc/chorus/trace', O.RDONLY);
    await until(() => world.nuclei.every(({ tracer }) => tracer.active));
    await world.run(['self'], 2);
    let text = '';
    await until(async () => {
      text += decode(await sys.read(fd, 65536));
      return text.includes('"site":2,') && text.includes('"kind":"syscall"');
    });
    await sys.close(fd);
    await until(() => world.nuclei.every(({ tracer }) => !tracer.active));
  });
});
