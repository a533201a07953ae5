import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { O, Wait } from '../../../subsystems/unix/constants.ts';
import { Sig, WaitStatus } from '../../../subsystems/unix/signals.ts';
import type { Program, Sys } from '../../../subsystems/unix/sys.ts';
import { bootWorld, type TestWorld, until } from './support.ts';

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A session of its own on a terminal; reads commands as a shell would, one word each. */
const shell: Program = {
  name: 'jobshell',
  main: async (sys, argv) => {
    const say = (text: string) => sys.write(1, encode(`${text}\n`));
    for (const sig of [Sig.TSTP, Sig.TTIN, Sig.TTOU, Sig.INT]) sys.sigaction(sig, { disposition: 'ignore' });
    if (argv[1]) sys.csite(Number(argv[1]));
    const job = async (entry: string, foreground: boolean): Promise<number> => {
      const pid = await sys.fork(entry, { foreground });
      await sys.setpgid(pid, pid);
      if (foreground) await sys.tcsetpgrp(0, pid);
      await sys.write(1, encode(`${entry} started\n`));
      return pid;
    };
    const wait = async (pid: number): Promise<string> => {
      const { status } = (await sys.waitpid(pid, Wait.UNTRACED))!;
      await sys.tcsetpgrp(0, sys.getpid());
      return WaitStatus.isStopped(status) ? `stopped ${WaitStatus.stopSignal(status)}` : `ended ${status}`;
    };
    const reader = await job('reader', true);
    await say(`fg ${await wait(reader)}`);
    await sys.tcsetpgrp(0, reader);
    await sys.kill(-reader, Sig.CONT);
    await say(`again ${await wait(reader)}`);
    const background = await job('reader', false);
    await say(`bg ${await wait(background)}`);
    await sys.kill(-background, Sig.KILL);
    await sys.waitpid(background);
    const tty = await sys.open('/dev/tty', O.RDWR);
    await sys.write(tty, encode('via /dev/tty\n'));
    await sys.close(tty);
    await job('hangs', true);
    return 0;
  },
  entries: {
    reader: async (sys: Sys, { foreground }: { foreground: boolean }) => {
      await sys.setpgid(0, 0);
      if (foreground) await sys.tcsetpgrp(0, sys.getpid());
      for (const sig of [Sig.TSTP, Sig.TTIN, Sig.TTOU, Sig.INT])
        sys.sigaction(sig, { disposition: 'default' });
      for (;;) {
        const line = decode(await sys.read(0, 100));
        await sys.write(1, encode(`got ${line}`));
      }
    },
    hangs: async (sys: Sys) => {
      sys.sigaction(Sig.HUP, { disposition: () => {} });
      try {
        await sys.sleep(100_000);
      } catch {
        const fd = await sys.open('/tmp/hangup', O.WRONLY | O.CREAT, 0o666);
        await sys.write(fd, encode('hung up'));
      }
      return 0;
    },
  },
};

const login: Program = {
  name: 'login',
  main: async (sys, argv) => {
    await sys.setsid();
    const fd = await sys.open(argv[1]!, O.RDWR);
    for (const to of [0, 1, 2]) await sys.dup2(fd, to);
    return sys.exec('/bin/jobshell', ['jobshell', ...argv.slice(2)]);
  },
};

describe.each([1, 2])('job control with jobs on site %i', (site) => {
  let world: TestWorld;
  beforeAll(async () => {
    world = await bootWorld([shell, login], 2);
  });
  afterAll(() => world.close());

  it('stops, continues and hangs up as on one terminal', async () => {
    const { sys } = world;
    const { master, slave, name } = await sys.openpty();
    const log = await sys.open('/tmp/log', O.RDWR | O.CREAT, 0o600);
    sys.csite(1);
    const pid = await sys.fork('start', { argv: ['login', name, String(site)], output: log });
    let seen = '';
    const expectText = async (text: string): Promise<void> => {
      await until(async () => {
        if (!seen.includes(text)) seen += decode(await sys.read(master, 4096));
        return seen.includes(text);
      });
      seen = seen.slice(seen.indexOf(text) + text.length);
    };
    await expectText('reader started');
    await sys.close(slave);
    await sys.write(master, encode('hello\r'));
    await expectText('got hello');
    await sys.write(master, encode('\x1a'));
    await expectText(`fg stopped ${Sig.TSTP}`);
    await sys.write(master, encode('again\r'));
    await expectText('got again');
    await sys.write(master, encode('\x03'));
    await expectText(`again ended ${Sig.INT}`);
    await expectText(`bg stopped ${Sig.TTIN}`);
    await expectText('via /dev/tty');
    expect((await sys.waitpid(pid))!.status).toBe(0);
    await until(async () => {
      try {
        return (await sys.stat('/tmp/hangup')).size === 7;
      } catch {
        return false;
      }
    });
  });
});
