/** exec, credentials, limits, directories: what Linux' manual pages say, on this site and on another. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { O } from '../../../subsystems/unix/constants.ts';
import { Sig } from '../../../subsystems/unix/signals.ts';
import type { Program, Sys } from '../../../subsystems/unix/sys.ts';
import { codeOf, writeText } from '../support.ts';
import { fate, played, type Scene, sceneProgram } from './scenes.ts';
import { bootWorld, print, type TestWorld } from './support.ts';

/** execs `path` as user 1000. */
const asUser = async (sys: Sys, { path, argv }: { path: string; argv: string[] }): Promise<number> => {
  sys.setgid(1000);
  sys.setuid(1000);
  return sys.exec(path, argv);
};

const spin = async (sys: Sys): Promise<number> => {
  for (;;) {
    const end = performance.now() + 2;
    while (performance.now() < end);
    await sys.checkpoint();
    sys.getpid();
  }
};

const scenes: Record<string, { scene: Scene; tells: unknown[] }> = {
  errors: {
    scene: {
      async play(sys, say) {
        const run = async (path: string, argv: string[] = [path]): Promise<void> =>
          say(await codeOf(() => sys.exec(path, argv)));
        await writeText(sys, '/tmp/plain', 'neither\n', 0o755);
        await writeText(sys, '/tmp/locked', '#!/bin/ids\n', 0o644);
        await writeText(sys, '/tmp/lost', '#!/bin/absent\n', 0o755);
        await writeText(sys, '/tmp/empty', '', 0o755);
        for (const path of [
          '/bin/absent',
          '',
          '/tmp/plain',
          '/tmp/empty',
          '/tmp/locked',
          '/tmp/lost',
          '/tmp',
        ])
          await run(path);
        await run('/bin/ids/x');
        await run('/bin/ids', ['ids', 'x'.repeat(3 * 1024 * 1024)]);
        await run('/tmp/chain6');
      },
    },
    tells: [
      'ENOENT',
      'ENOENT',
      'ENOEXEC',
      'ENOEXEC',
      'EACCES',
      'ENOENT',
      'EACCES',
      'ENOTDIR',
      'E2BIG',
      'ELOOP',
    ],
  },
  chain: {
    scene: {
      async play(sys, say, cast) {
        say(await fate(sys, await cast('go')));
      },
      children: { go: async (sys: Sys) => sys.exec('/tmp/chain5', ['chain5']) },
    },
    tells: ['0 0 0 0 [/bin/ids,/tmp/chain1,/tmp/chain2,/tmp/chain3,/tmp/chain4,/tmp/chain5]', 'exit 0'],
  },
  setids: {
    scene: {
      async play(sys, say, cast) {
        for (const path of ['/tmp/setids', '/tmp/plainids', '/tmp/setscript']) {
          say(await fate(sys, await cast('asUser', { path, argv: ['x'] })));
        }
        say(await fate(sys, await cast('denied')));
      },
      children: {
        asUser,
        denied: async (sys: Sys) => {
          sys.setgid(1000);
          sys.setuid(1000);
          const codes = [
            await codeOf(() => sys.setuid(0)),
            await codeOf(() => sys.seteuid(0)),
            await codeOf(() => sys.setgid(0)),
            await codeOf(() => sys.chroot('/tmp')),
            await codeOf(() => sys.exec('/tmp/rootonly', ['x'])),
            await codeOf(() => sys.kill(1, 0)),
            await codeOf(() => sys.setpriority(0, -1)),
            await codeOf(() => sys.setrlimit('nofile', { soft: 10, hard: 1e6 })),
          ];
          return codes.join() === 'EPERM,EPERM,EPERM,EPERM,EACCES,EPERM,EACCES,EPERM' ? 0 : 1;
        },
      },
    },
    tells: [
      '1000 500 1000 600 [x]',
      'exit 0',
      '1000 1000 1000 1000 [x]',
      'exit 0',
      '1000 1000 1000 1000 [/tmp/plainids,/tmp/setscript]',
      'exit 0',
      'exit 0',
    ],
  },
  limits: {
    scene: {
      async play(sys, say, cast) {
        for (const child of ['files', 'size', 'cpu', 'cpuHard', 'raise'])
          say(await fate(sys, await cast(child)));
      },
      children: {
        files: async (sys: Sys) => {
          sys.setrlimit('nofile', { soft: 9, hard: 9 });
          let last = -1;
          const code = await codeOf(async () => {
            for (;;) last = await sys.open('/tmp', O.RDONLY);
          });
          if (code !== 'EMFILE' || last !== 8) return 1;
          if ((await codeOf(() => sys.dup(0))) !== 'EMFILE') return 2;
          if ((await codeOf(() => sys.dup2(0, 9))) !== 'EBADF') return 3;
          if ((await codeOf(() => sys.dupfd(0, 9))) !== 'EINVAL') return 4;
          await sys.close(8);
          if ((await codeOf(() => sys.pipe())) !== 'EMFILE') return 5;
          return (await sys.open('/tmp', O.RDONLY)) === 8 ? 0 : 6;
        },
        size: async (sys: Sys) => {
          sys.setrlimit('fsize', { soft: 10, hard: 100 });
          const fd = await sys.open('/tmp/sized', O.RDWR | O.CREAT | O.TRUNC, 0o600);
          if ((await sys.write(fd, new Uint8Array(20))) !== 10) return 1;
          await sys.write(fd, new Uint8Array(1));
          return 2;
        },
        cpu: async (sys: Sys) => {
          sys.setrlimit('cpu', { soft: 0.02, hard: 10 });
          return spin(sys);
        },
        cpuHard: async (sys: Sys) => {
          sys.sigaction(Sig.XCPU, { disposition: 'ignore' });
          sys.setrlimit('cpu', { soft: 0.02, hard: 0.05 });
          return spin(sys);
        },
        raise: async (sys: Sys) => {
          sys.setuid(1000);
          sys.setrlimit('nproc', { soft: 1, hard: 50 });
          return (await codeOf(() => sys.fork('sleeper', null))) === 'EAGAIN' ? 0 : 1;
        },
        sleeper: async (sys: Sys) => {
          await sys.sleep(100);
          return 0;
        },
      },
    },
    tells: ['exit 0', 'signal 25', 'signal 24', 'signal 9', 'exit 0'],
  },
  directories: {
    scene: {
      async play(sys, say, cast) {
        say(await fate(sys, await cast('removed')));
        say(await fate(sys, await cast('deep')));
        say(await fate(sys, await cast('jailed')));
      },
      children: {
        removed: async (sys: Sys) => {
          await sys.mkdir('/tmp/gone');
          await sys.chdir('/tmp/gone');
          await sys.rmdir('/tmp/gone');
          if ((await codeOf(() => sys.getcwd())) !== 'ENOENT') return 1;
          if ((await codeOf(() => sys.open('x', O.WRONLY | O.CREAT))) !== 'ENOENT') return 2;
          if ((await codeOf(() => sys.stat('.'))) !== '') return 3;
          return (await sys.readdir(await sys.open('.', O.RDONLY))).length;
        },
        deep: async (sys: Sys) => {
          const name = 'd'.repeat(100);
          await sys.chdir('/tmp');
          for (let i = 0; i < 60; i++) {
            await sys.mkdir(name);
            await sys.chdir(name);
          }
          if ((await codeOf(() => sys.getcwd())) !== 'ENAMETOOLONG') return 1;
          if ((await codeOf(() => sys.stat(`/tmp/${`${name}/`.repeat(60)}`))) !== 'ENAMETOOLONG') return 2;
          for (let i = 0; i < 60; i++) {
            await sys.chdir('..');
            await sys.rmdir(name);
          }
          return (await sys.getcwd()) === '/tmp' ? 0 : 3;
        },
        jailed: async (sys: Sys) => {
          await codeOf(() => sys.mkdir('/tmp/jail'));
          await writeText(sys, '/tmp/jail/inside', '');
          await codeOf(() => sys.symlink('/inside', '/tmp/jail/link'));
          await sys.chroot('/tmp/jail');
          await sys.chdir('/');
          if ((await sys.getcwd()) !== '/') return 1;
          if ((await codeOf(() => sys.stat('/../../inside'))) !== '') return 2;
          if ((await codeOf(() => sys.stat('link'))) !== '') return 3;
          if ((await codeOf(() => sys.stat('/tmp'))) !== 'ENOENT') return 4;
          return (await sys.stat('..')).ino === (await sys.stat('/')).ino ? 0 : 5;
        },
      },
    },
    tells: ['exit 0', 'exit 0', 'exit 0'],
  },
};

const programs: Program[] = [
  ...Object.entries(scenes).map(([name, { scene }]) => sceneProgram(name, scene)),
  {
    name: 'ids',
    main: async (sys, argv) => {
      await print(sys, `${sys.getuid()} ${sys.geteuid()} ${sys.getgid()} ${sys.getegid()} [${argv}]\n`);
      return 0;
    },
  },
];

async function furnish(sys: Sys): Promise<void> {
  await writeText(sys, '/tmp/setids', '\x7fNATIVE ids\n');
  await writeText(sys, '/tmp/plainids', '\x7fNATIVE ids\n', 0o755);
  await writeText(sys, '/tmp/rootonly', '\x7fNATIVE ids\n', 0o700);
  await writeText(sys, '/tmp/setscript', '#!/tmp/plainids\n');
  for (const path of ['/tmp/setids', '/tmp/setscript']) {
    await sys.chown(path, 500, 600);
    await sys.chmod(path, 0o6755);
  }
  let interpreter = '/bin/ids';
  for (let i = 1; i <= 6; i++) {
    await writeText(sys, `/tmp/chain${i}`, `#!${interpreter}\n`, 0o755);
    interpreter = `/tmp/chain${i}`;
  }
}

describe('images, rights and limits are as the manual pages say', () => {
  let world: TestWorld;
  beforeAll(async () => {
    world = await bootWorld(programs, 2);
    await furnish(world.sys);
  });
  afterAll(() => world.close());

  for (const [name, { tells }] of Object.entries(scenes)) {
    for (const site of [1, 2]) {
      it(`${name}, children on site ${site}`, async () => {
        expect((await played(world, name, site)).sort()).toEqual(tells.map(String).sort());
      });
    }
  }
});
