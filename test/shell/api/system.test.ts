/** The embedding API: starting, streams, waiting and its ends, files, limits, wrong use. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  boot,
  defineProgram,
  FileError,
  LimitError,
  StartError,
  type System,
} from '../../../shell/api/index.ts';
import { eventually, temporaryDirectory } from '../../support/chorus.ts';
import { testSystem } from '../../support/system.ts';

const text = (stream: ReadableStream<Uint8Array>): Promise<string> => new Response(stream as never).text();
const processesOf = async (system: System): Promise<string> => (await system.exec('ps -e -o args')).stdout;

describe('exec', () => {
  let system: System;
  beforeAll(async () => {
    system = await boot();
  });
  afterAll(() => system.close());

  it('collects output, status and signal', async () => {
    expect(await system.exec('echo out; echo err >&2; exit 3')).toMatchObject({
      stdout: 'out\n',
      stderr: 'err\n',
      exitCode: 3,
      signal: null,
      timedOut: false,
    });
    expect(await system.exec('kill -TERM $$')).toMatchObject({ exitCode: 143, signal: 'SIGTERM' });
    expect(await system.exec('exit 143')).toMatchObject({ exitCode: 143, signal: null });
  });

  it('takes every kind of input, and programs that do not want it', async () => {
    const big = Buffer.alloc(300_000, 'x');
    expect((await system.exec('wc -c', { stdin: big })).stdout.trim()).toBe('300000');
    expect((await system.exec('cat', { stdin: 'text' })).stdout).toBe('text');
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(Buffer.from('from a '));
        controller.enqueue(Buffer.from('stream'));
        controller.close();
      },
    });
    expect((await system.exec('cat', { stdin: stream })).stdout).toBe('from a stream');
    async function* pieces() {
      yield 'a';
      yield Buffer.from('b');
    }
    expect((await system.exec('cat', { stdin: pieces() })).stdout).toBe('ab');
    expect((await system.exec('echo no thanks', { stdin: big })).stdout).toBe('no thanks\n');
    expect((await system.exec('cat; echo end')).stdout).toBe('end\n');
  });

  it('keeps bytes that are no text', async () => {
    const result = await system.exec("printf '\\377\\000\\200'");
    expect([...result.stdoutBytes]).toEqual([255, 0, 128]);
  });

  it('ends the whole process group on timeout and on abort', async () => {
    const script = 'sleep 77 | sleep 77 & echo begun; sleep 77';
    const late = await system.exec(script, { timeoutMs: 150 });
    expect(late).toMatchObject({ stdout: 'begun\n', exitCode: 124, timedOut: true, signal: null });
    const controller = new AbortController();
    const pending = system.exec(script, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 50);
    await expect(pending).rejects.toThrow('enough');
    await eventually('nothing is left', async () => !(await processesOf(system)).includes('sleep 77'));
  });

  it('kills what does not want to end', async () => {
    const result = await system.exec('trap "" TERM; echo begun; while :; do sleep 0.01; done', {
      timeoutMs: 100,
    });
    expect(result).toMatchObject({ stdout: 'begun\n', exitCode: 124 });
  });

  it('rejects at once with a signal that is aborted already', async () => {
    await expect(system.exec('echo x', { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow(
      'before',
    );
  });

  it('runs many at a time', async () => {
    const runs = Array.from({ length: 40 }, (_, i) => system.exec(`echo ${i}; cat`, { stdin: `in${i}` }));
    const results = await Promise.all(runs);
    expect(results.map((result) => result.stdout)).toEqual(results.map((_, i) => `${i}\nin${i}`));
  });

  it('takes environment, directory and user', async () => {
    const { stdout } = await system.exec('echo "$A" "$PWD" "$HOME"; id -un', {
      env: { A: 'b c' },
      cwd: '/tmp',
      user: 'user',
    });
    expect(stdout).toBe('b c /tmp /home/user\nuser\n');
    await expect(system.exec(':', { cwd: '/nowhere' })).rejects.toThrow(StartError);
  });

  it('says what is wrong with wrong arguments', async () => {
    await expect(system.exec(7 as never)).rejects.toThrow(TypeError);
    await expect(system.exec(':', { timeoutMs: -1 })).rejects.toThrow(/timeoutMs/);
    await expect(system.exec(':', { user: 'who?' })).rejects.toThrow(/user: unknown/);
    await expect(system.exec(':', { site: 9 })).rejects.toThrow(/no site 9/);
    await expect(system.exec(':', { env: { 'A=B': '' } })).rejects.toThrow(/not a variable name/);
    await expect(system.exec('cat', { stdin: 5 as never })).rejects.toThrow(TypeError);
    await expect(system.spawn([])).rejects.toThrow(/argv/);
    await expect(system.openPty({ rows: 0 })).rejects.toThrow(/rows/);
  });
});

describe('spawn', () => {
  it('gives streams with back-pressure', async () => {
    const { system } = await testSystem();
    const yes = await system.spawn(['yes']);
    const reader = yes.stdout.getReader();
    const { value } = await reader.read();
    expect(Buffer.from(value!).toString()).toMatch(/^y\ny\n/);
    await reader.cancel();
    expect(await yes.wait()).toEqual({ exitCode: 141, signal: 'SIGPIPE' });
  });

  it('talks both ways', async () => {
    const { system } = await testSystem();
    const child = await system.spawn(['tr', 'a-z', 'A-Z']);
    const writer = child.stdin.getWriter();
    await writer.write('some ');
    await writer.write(Buffer.from('words'));
    await writer.close();
    expect(await text(child.stdout)).toBe('SOME WORDS');
    expect(await text(child.stderr)).toBe('');
    expect(await child.wait()).toEqual({ exitCode: 0, signal: null });
  });

  it('signals, waits with an end, and says what cannot be started', async () => {
    const { system } = await testSystem();
    const child = await system.spawn(['sleep', '60']);
    await expect(child.wait({ signal: AbortSignal.timeout(30) })).rejects.toThrow();
    expect(await child.kill('SIGINT')).toBe(true);
    expect(await child.wait()).toEqual({ exitCode: 130, signal: 'SIGINT' });
    expect(await child.kill()).toBe(false);
    await expect(child.kill('SIGNONE')).rejects.toThrow(TypeError);
    await expect(system.spawn(['nonesuch'])).rejects.toMatchObject({
      name: 'StartError',
      code: 'ENOENT',
      step: 'exec',
    });
    await expect(system.spawn(['/etc/passwd'])).rejects.toMatchObject({ code: 'EACCES' });
    const controller = new AbortController();
    const aborted = await system.spawn(['sleep', '60'], { signal: controller.signal });
    controller.abort();
    expect((await aborted.wait()).signal).toBe('SIGTERM');
  });

  it('puts processes on sites, in one process and in several', async () => {
    for (const processes of [false, true]) {
      await using system = await boot({ sites: 3, processes });
      expect(system.sites.map(({ site, up }) => [site, up])).toEqual([
        [1, true],
        [2, true],
        [3, true],
      ]);
      const hosts = await Promise.all(
        [1, 2, 3].map((site) => system.exec('hostname; cat', { site, stdin: 'x' })),
      );
      expect(hosts.map(({ stdout }) => stdout)).toEqual(['site1\nx', 'site2\nx', 'site3\nx']);
    }
  });
});

describe('openPty', () => {
  it('runs an interactive shell', async () => {
    const { system } = await testSystem();
    const pty = await system.openPty({ rows: 10, columns: 40 });
    let shown = '';
    const reading = (async () => {
      for await (const chunk of pty.output) shown += Buffer.from(chunk).toString();
    })();
    const keys = pty.input.getWriter();
    await keys.write('stty size; tty\r');
    await eventually('the size', () => shown.includes('10 40') && shown.includes('/dev/pts/'));
    await pty.resize({ rows: 20, columns: 50 });
    await keys.write('stty size\r');
    await eventually('the new size', () => shown.includes('20 50'));
    await keys.write('sleep 60\r');
    await eventually('the echo', () => shown.includes('sleep 60'));
    await eventually('sleep runs', async () => (await processesOf(system)).includes('sleep 60'));
    await keys.write('\x03');
    await keys.write('exit $?\r');
    expect(await pty.wait()).toEqual({ exitCode: 130, signal: null });
    await reading;
  });
});

describe('fs', () => {
  it('does what node:fs/promises does', async () => {
    const { system } = await testSystem({
      files: { '/root/a': 'A', '/opt/x/tool': { content: '#!/bin/sh\necho tool', mode: 0o755 } },
    });
    const { fs } = system;
    expect(await fs.readFile('a', 'utf8')).toBe('A');
    expect(await fs.readFile('a')).toEqual(Buffer.from('A'));
    await fs.appendFile('a', 'B');
    await fs.copyFile('a', 'b');
    await fs.symlink('b', 'l');
    await fs.link('b', 'h');
    await fs.mkdir('d/e/f', { recursive: true });
    await fs.rename('b', 'd/b');
    await fs.writeFile('d/e/big', Buffer.alloc(200_000, 1));
    expect((await fs.stat('d/e/big')).size).toBe(200_000);
    await fs.truncate('d/e/big', 10);
    await fs.chmod('a', 0o600);
    await fs.utimes('a', 1000, new Date(2000));
    const stats = await fs.stat('a');
    expect([stats.mode & 0o777, stats.atimeMs, stats.mtimeMs, stats.isFile()]).toEqual([
      0o600,
      1_000_000,
      2000,
      true,
    ]);
    expect((await fs.lstat('l')).isSymbolicLink()).toBe(true);
    expect(await fs.readlink('l')).toBe('b');
    expect((await fs.readdir('.')).filter((name) => !name.startsWith('.'))).toEqual(['a', 'd', 'h', 'l']);
    const entries = await fs.readdir('d', { withFileTypes: true });
    expect(entries.map((entry) => [entry.name, entry.isDirectory()])).toEqual([
      ['b', false],
      ['e', true],
    ]);
    expect(await fs.mkdtemp('/tmp/t-')).toMatch(/^\/tmp\/t-.{6}$/);
    await fs.rm('d', { recursive: true });
    await fs.rm('d', { force: true });
    await expect(fs.rm('d')).rejects.toMatchObject({ code: 'ENOENT', errno: -2, syscall: 'rm', path: 'd' });
    await expect(fs.readFile('none')).rejects.toThrow(FileError);
    await expect(fs.writeFile('a', '', { flag: 'wx' })).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(fs.readdir('a')).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(fs.stat('')).rejects.toThrow(TypeError);
    await expect(fs.stat('a', { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
    expect((await system.exec('/opt/x/tool; cat a')).stdout).toBe('tool\nAB');
  });

  it('is bound by the rights of the user', async () => {
    const { system } = await testSystem({ user: 'user', files: { '/home/user/mine': 'x' } });
    await system.fs.writeFile('mine', 'y');
    await expect(system.fs.writeFile('/etc/hostname', '')).rejects.toMatchObject({ code: 'EACCES' });
    expect((await system.exec('cat mine; id -u')).stdout).toBe('y1000\n');
  });
});

describe('boot', () => {
  it('takes volumes, programs, environment and seed', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'chorus-api-'));
    try {
      writeFileSync(join(directory, 'f'), 'host');
      const twice = defineProgram('twice', async (sys, argv) => {
        await sys.write(1, Buffer.from(`${argv[1]}${argv[1]}\n`));
        return 5;
      });
      const options = {
        volumes: [`${directory}:/m`, { mount: '/memory', sizeBytes: 100_000 }],
        programs: [twice],
        env: { GREETING: 'hi' },
        cwd: '/tmp',
        seed: 3,
      };
      const { system } = await testSystem(options);
      const { stdout } = await system.exec(
        'cat /m/f; echo over > /m/f; cat /m/f; twice ab; echo $? $GREETING $PWD',
      );
      expect(stdout).toBe('hostover\nabab\n5 hi /tmp\n');
      expect(readFileSync(join(directory, 'f'), 'utf8')).toBe('host');
      const full = await system.exec('yes > /memory/f');
      expect(full.stderr).toMatch(/No space left on device/);
      await system.defineProgram('later', () => 9);
      expect((await system.exec('later')).exitCode).toBe(9);
      const again = await testSystem(options);
      const draw = 'head -c 16 /dev/urandom | od -An -tx1';
      expect((await again.system.exec(draw)).stdout).not.toBe('');
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  it('keeps its limits', async () => {
    const limits = { outputBytesMax: 100_000, openFilesMax: 20, fileBytesMax: 50_000, wallTimeMsMax: 4000 };
    const { system } = await testSystem({ limits });
    const excess = system.exec('yes');
    await expect(excess).rejects.toMatchObject({
      name: 'LimitError',
      limit: 'outputBytesMax',
      value: 100_000,
    });
    await expect(excess).rejects.toThrow(LimitError);
    expect((await system.exec('ulimit -n')).stdout).toBe('20\n');
    expect((await system.exec('yes > big; echo $?; wc -c < big')).stdout).toMatch(/^153\n\s*50000\n$/);
  });

  it('keeps a durable volume', async () => {
    const directory = temporaryDirectory();
    const volumes = [{ mount: '/d', kind: 'durable' as const, directory }];
    const first = await boot({ volumes });
    await first.exec('echo kept > /d/f; sync');
    await first.close();
    await using second = await boot({ volumes });
    expect((await second.exec('cat /d/f')).stdout).toBe('kept\n');
  });

  it('says what is wrong with wrong options', async () => {
    await expect(boot({ sites: 0 })).rejects.toThrow(/sites/);
    await expect(boot({ sites: 65 })).rejects.toThrow(/sites/);
    await expect(boot({ colour: 1 } as never)).rejects.toThrow(/unknown option 'colour'/);
    await expect(boot({ limits: { nonsense: 1 } as never })).rejects.toThrow(/limits.nonsense/);
    await expect(boot({ limits: { openFilesMax: -1 } })).rejects.toThrow(/openFilesMax/);
    await expect(boot({ volumes: ['x'] })).rejects.toThrow(/HOST:GUEST/);
    await expect(boot({ files: { relative: '' } })).rejects.toThrow(/absolute/);
    await expect(boot({ cwd: 'x' })).rejects.toThrow(/cwd/);
    await expect(boot({ user: 'x y' })).rejects.toThrow(/user/);
    expect(() => defineProgram('a/b', () => 0)).toThrow(TypeError);
  });

  it('refuses work after its end, and ends twice', async () => {
    const system = await boot();
    const child = await system.spawn(['sleep', '60']);
    await system.close();
    await system.close();
    expect((await child.wait()).signal).toBe('SIGKILL');
    await expect(system.exec(':')).rejects.toThrow(/closed/);
  });
});
