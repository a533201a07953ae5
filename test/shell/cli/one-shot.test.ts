/** `chorus sh` and `chorus run` as processes of the host: streams, statuses, signals, flags. */
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chorus, eventually, outcome, start, temporaryDirectory } from '../../support/chorus.ts';

describe('status and streams', () => {
  it('runs a script through files and a pipe', async () => {
    expect(await chorus(['sh', '-c', 'echo hi > f; cat f | wc -c'])).toEqual({
      stdout: '3\n',
      stderr: '',
      status: 0,
      signal: null,
    });
  });

  it.each([
    ['exit 7', 7],
    ['kill -TERM $$', 143],
    ['kill -KILL $$', 137],
    ['/etc/passwd', 126],
    ['nonesuch', 127],
  ])('%s gives %i', async (script, status) => {
    expect((await chorus(['sh', '-c', script])).status).toBe(status);
  });

  it.each([
    ['nonesuch', 127],
    ['/etc/passwd', 126],
  ])('run %s gives %i and a line', async (program, status) => {
    const result = await chorus(['run', program]);
    expect(result.status).toBe(status);
    expect(result.stderr).toMatch(/^chorus: .*\n$/);
  });

  it('joins standard input, file operands and arguments as sh does', async () => {
    const file = join(temporaryDirectory(), 'script.sh');
    writeFileSync(file, '#!/bin/whatever\necho "$0 $1"; cat; exit 4\n');
    const fromFile = await chorus(['sh', file, 'one', '--json'], { input: 'data\n' });
    expect(fromFile).toMatchObject({ stdout: `${file} one\ndata\n`, status: 4 });
    const fromInput = await chorus(['sh', '-', 'one'], {
      input: 'echo "$1"; read line; echo "<$line>"\nrest\n',
    });
    expect(fromInput.stdout).toBe('one\n<rest>\n');
    expect((await chorus(['sh'], { input: 'echo $((6*7))' })).stdout).toBe('42\n');
    expect((await chorus(['sh', '-c', 'echo $0-$1', 'name', 'a'])).stdout).toBe('name-a\n');
  });

  it('keeps both outputs in order when they are one file', async () => {
    const script = 'for i in 1 2 3 4 5; do echo out$i; echo err$i >&2; done';
    const expected = [1, 2, 3, 4, 5].map((i) => `out${i}\nerr${i}\n`).join('');
    expect((await chorus(['sh', '-c', script], { merged: true })).stdout).toBe(expected);
  });

  it('waits for what background processes print', async () => {
    expect((await chorus(['sh', '-c', '(sleep 0.1; echo late) & echo soon'])).stdout).toBe('soon\nlate\n');
  });

  it('ends a program whose reader goes away by SIGPIPE', async () => {
    const child = start(['run', 'yes']);
    child.stdin.end();
    child.stdout.once('data', () => child.stdout.destroy());
    const [status] = (await once(child, 'exit')) as [number];
    expect(status).toBe(141);
  });

  it('takes bytes as they are', async () => {
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, i) => (i * 7) & 0xff));
    const child = start(['run', 'cat']);
    child.stdin.end(bytes);
    const parts: Buffer[] = [];
    child.stdout.on('data', (part: Buffer) => parts.push(part));
    await once(child, 'close');
    expect(Buffer.concat(parts).equals(bytes)).toBe(true);
  });
});

describe('signals', () => {
  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ] as const)('forwards %s', async (signal, status) => {
    const child = start(['sh', '-c', 'echo ready; sleep 30']);
    const result = outcome(child);
    await once(child.stdout, 'data');
    child.kill(signal);
    expect((await result).status).toBe(status);
  });

  it('lets a trap answer', async () => {
    const child = start([
      'sh',
      '-c',
      'trap "echo bye; exit 3" TERM; echo ready; while :; do sleep 0.02; done',
    ]);
    const result = outcome(child);
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    expect(await result).toMatchObject({ stdout: 'ready\nbye\n', status: 3 });
  });
});

describe('flags', () => {
  it('gives a clean environment, a home and an identity', async () => {
    const { stdout } = await chorus(['sh', '-c', 'env | sort; pwd; umask; id -u'], { env: { LEAK: 'x' } });
    expect(stdout).toBe(
      'HOME=/root\nLANG=C.UTF-8\nLOGNAME=root\nPATH=/bin:/usr/bin\nPWD=/root\nSHELL=/bin/sh\nTZ=UTC\nUSER=root\n' +
        '/root\n0022\n0\n',
    );
    const user = await chorus(['sh', '--user', 'user', '-c', 'id -u; pwd; > f && echo ok; > /etc/f']);
    expect(user).toMatchObject({ stdout: '1000\n/home/user\nok\n', status: 2 });
  });

  it('sets variables and the directory', async () => {
    const args = ['sh', '-e', 'A=b c', '-e', 'FROM_HOST', '-e', 'NOT_THERE', '-w', '/tmp'];
    const { stdout } = await chorus([...args, '-c', 'echo "$A $FROM_HOST ${NOT_THERE-unset} $PWD"'], {
      env: { FROM_HOST: 'value' },
    });
    expect(stdout).toBe('b c value unset /tmp\n');
  });

  it('prints one object with --json', async () => {
    const result = await chorus(['sh', '--json', '-c', 'echo out; echo err >&2; exit 5']);
    expect(result).toMatchObject({ stderr: '', status: 5 });
    expect(JSON.parse(result.stdout)).toEqual({
      stdout: 'out\n',
      stderr: 'err\n',
      exitCode: 5,
      signal: null,
      durationMs: expect.any(Number),
    });
    const killed = await chorus(['run', '--json', 'sh', '-c', 'kill -KILL $$']);
    expect(JSON.parse(killed.stdout)).toMatchObject({ exitCode: 137, signal: 'SIGKILL' });
  });

  it('says which fault ended a program, as a shell would', async () => {
    const faulted = await chorus(['run', 'sh', '-c', 'kill -SEGV $$']);
    expect(faulted).toMatchObject({ stdout: '', stderr: 'chorus: sh: Segmentation fault\n', status: 139 });
    const killed = await chorus(['run', 'sh', '-c', 'kill -TERM $$']);
    expect(killed).toMatchObject({ stdout: '', stderr: '', status: 143 });
  });

  it('ends a run that takes too long, with 124', async () => {
    expect(await chorus(['sh', '--timeout', '0.2', '-c', 'echo begun; sleep 30'])).toMatchObject({
      stdout: 'begun\n',
      status: 124,
    });
  });

  it('draws equal numbers from equal seeds', async () => {
    const script = 'mktemp -u; head -c 8 /dev/urandom | od -An -tx1';
    const [one, two, other] = await Promise.all([
      chorus(['sh', '--seed', '7', '-c', script]),
      chorus(['sh', '--seed', '7', '-c', script]),
      chorus(['sh', '--seed', '8', '-c', script]),
    ]);
    expect(one.stdout).toBe(two.stdout);
    expect(one.stdout).not.toBe(other.stdout);
  });

  it('shows host directories as overlay, read-only or read-write', async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'f'), 'host\n');
    const script = 'cat /m/f; echo inside > /m/f; cat /m/f';
    expect((await chorus(['sh', '-v', `${directory}:/m`, '-c', script])).stdout).toBe('host\ninside\n');
    expect(readFileSync(join(directory, 'f'), 'utf8')).toBe('host\n');
    const readOnly = await chorus(['sh', '-v', `${directory}:/m:ro`, '-c', script]);
    expect(readOnly.stdout).toBe('host\nhost\n');
    expect(readOnly.stderr).toMatch(/Read-only file system/);
    await chorus(['sh', '-v', `${directory}:/m:rw`, '-c', script]);
    expect(readFileSync(join(directory, 'f'), 'utf8')).toBe('inside\n');
  });

  it('writes the trace as JSON lines', async () => {
    const file = join(temporaryDirectory(), 'trace');
    await chorus(['sh', '--trace', file, '-c', 'cat /etc/passwd > /dev/null']);
    const events = readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.some((event) => event.operation === 'object.open')).toBe(true);
    expect(events.every((event) => event.site === 1 && event.stamp > 0)).toBe(true);
  });

  it.each([
    [['--nonsense'], /unknown flag/],
    [['sh', '/no/such/script'], /No such file or directory/],
    [['sh', '--sites', '0', '-c', ':'], /--sites/],
    [['sh', '--user', 'nobody-here', '-c', ':'], /user/],
    [['sh', '-v', '/no/such/dir:/m', '-c', ':'], /no such directory/],
    [['sh', '-v', 'justone', '-c', ':'], /HOST:GUEST/],
    [['sh', '-v', '/tmp:/m:maybe', '-c', ':'], /maybe/],
    [['sh', '-w', '/no/such', '-c', ':'], /No such file/],
    [['sh', '--config', '/etc/hostname', '-c', ':'], /\/etc\/hostname/],
    [['run'], /which program/],
    [[], /no terminal/],
  ])('answers %j with one line and status 2', async (args, text) => {
    const result = await chorus(args);
    expect(result).toMatchObject({ stdout: '', status: 2 });
    expect(result.stderr).toMatch(text);
    expect(result.stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('answers --help and --version', async () => {
    expect((await chorus(['--help'])).stdout).toMatch(/^Usage: chorus/);
    expect((await chorus(['sh', '--help'])).stdout).toMatch(/^Usage: chorus sh/);
    expect((await chorus(['--version'])).stdout).toMatch(/^chorus \d+\.\d+\.\d+\n$/);
  });
});

describe('several sites', () => {
  it('runs each site in a process of its own and ends them all', async () => {
    const script = 'hostname; csite 2; hostname; (csite 3; hostname > f; cat f)';
    expect(await chorus(['sh', '--sites', '3', '-c', script])).toMatchObject({
      stdout: 'site1\nsite2\nsite3\n',
      status: 0,
    });
  });

  it('boots what a description says', async () => {
    const directory = temporaryDirectory();
    const file = join(directory, 'system.json');
    const sites = [
      { site: 1, name: 'ant', volumes: [{ kind: 'memfs', mount: '/' }] },
      {
        site: 2,
        name: 'bee',
        volumes: [{ kind: 'durable', mount: '/data', directory: join(directory, 'store') }],
      },
    ];
    writeFileSync(file, JSON.stringify({ sites }));
    const run = (script: string) => chorus(['sh', '--config', file, '-c', script]);
    expect((await run('echo kept > /data/f; csite 2; hostname')).stdout).toBe('bee\n');
    expect((await run('cat /data/f; hostname')).stdout).toBe('kept\nant\n');
  });

  it('leaves no site behind when it is killed', async () => {
    const child = start(['sh', '--sites', '2', '-c', 'echo $$; cat /proc/chorus/sites; sleep 30']);
    await once(child.stdout, 'data');
    const { execFileSync } = await import('node:child_process');
    const children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(child.pid)], { encoding: 'utf8' });
    const pids = children.trim().split(/\s+/).map(Number);
    expect(pids).toHaveLength(1);
    child.kill('SIGKILL');
    await eventually('the site process has ended', () => pids.every((pid) => !isRunning(pid)));
  });
});

function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/\) [ZX] /.test(stat);
  } catch {
    return false;
  }
}
