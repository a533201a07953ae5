/**
 * Sites killed with SIGKILL in the middle of what their processes and servers do: every command ends within
 * the bound, in the way that section's rules say, and whatever lives elsewhere goes on.
 */
import { describe, expect, it } from 'vitest';
import { doomedSystem, eventually, startScript, within } from './support.ts';

const KILLED = 137;
const BROKEN_PIPE = 141;

describe('a killed site: pipelines', () => {
  it('readers of what its processes wrote get end of file', async () => {
    const { system, kill } = await doomedSystem();
    const run = await startScript(
      system,
      '{ csite 2; yes x; echo "first $?" >&2; } | { csite 3; cat; echo "second $?" >&2; } | { head -1; tail -1; }; echo "last $?"',
    );
    await run.says('x\n');
    await kill(2);
    const { exitCode, out, err } = await run.end();
    expect(exitCode).toBe(0);
    expect(out).toBe('x\nx\nlast 0\n');
    expect(err).toContain(`first ${KILLED}\n`);
    expect(err).toContain('second 0\n');
  });

  it('writers to its processes get SIGPIPE, or EPIPE when they ignore it', async () => {
    const { system, kill } = await doomedSystem();
    const consumer = '{ csite 2; cat > /dev/null; }';
    const run = await startScript(
      system,
      `{ yes; echo "deaf $?" >&2; } | ${consumer} & { csite 3; yes; echo "far $?" >&2; } | ${consumer} &
       { trap "" PIPE; yes; echo "ignoring $?" >&2; } | ${consumer} & echo started; wait; echo waited`,
    );
    await run.says('started');
    await eventually(
      'consumers run',
      async () => (await system.exec('ps -e | grep -c cat')).stdout === '3\n',
    );
    await kill(2);
    const { out, err } = await run.end();
    expect(out).toBe('started\nwaited\n');
    expect(err).toContain(`deaf ${BROKEN_PIPE}\n`);
    expect(err).toContain(`far ${BROKEN_PIPE}\n`);
    expect(err).toContain('ignoring 1\n');
    expect(err).toMatch(/yes: .*Broken pipe/);
  });

  it('the middle of three stages dies', async () => {
    const { system, kill } = await doomedSystem();
    const run = await startScript(
      system,
      'echo on; { yes; echo "yes $?" >&2; } | { csite 2; cat; } | { csite 3; wc -l; } > /tmp/n; cat /tmp/n; echo done',
    );
    await run.says('on');
    await eventually('stages run', async () => (await system.exec('ps -e | grep -c "wc$"')).stdout === '1\n');
    await kill(2);
    const { out, err } = await run.end();
    expect(out).toMatch(/^on\n\d+\ndone\n$/);
    expect(err).toContain(`yes ${BROKEN_PIPE}`);
  });

  it('pipes that it served end too: end of file and EPIPE', async () => {
    const { system, kill } = await doomedSystem();
    // The shell on site 2 makes the pipe; its stages run on 3 and 1.
    const run = await startScript(
      system,
      `csite 2; sh -c '{ csite 3; sh -c "yes; echo writer \\$? >> /tmp/log"; } |
         { csite 1; sh -c "cat > /dev/null; echo reader \\$? >> /tmp/log"; }'; echo "shell $?"`,
    );
    await eventually('both run', async () =>
      /yes[\s\S]*cat|cat[\s\S]*yes/.test((await system.exec('ps -e')).stdout),
    );
    await kill(2);
    expect((await run.end()).out).toBe(`shell ${KILLED}\n`);
    await eventually('both ended', async () => {
      const { stdout } = await system.exec('sort /tmp/log');
      return stdout === `reader 0\nwriter ${BROKEN_PIPE}\n`;
    });
  });
});

describe('a killed site: processes', () => {
  it('parents get SIGCHLD and status 137 for each child, also for stopped ones', async () => {
    const { system, kill, exec } = await doomedSystem();
    const run = await startScript(
      system,
      `csite 2; sleep 100 & a=$!; sleep 100 & b=$!; kill -STOP $b
       csite 3; sleep 100 & c=$!; csite 1; echo ready; trap 'echo chld > /tmp/chld; n=1' CHLD
       while [ -z "$n" ]; do sleep 0.01; done; trap - CHLD
       wait $a; echo $?; wait $b; echo $?; kill $c; wait $c; echo $?; kill -0 $a 2>/dev/null || echo gone`,
    );
    await run.says('ready');
    await kill(2);
    expect((await run.end()).out).toBe(`ready\n${KILLED}\n${KILLED}\n143\ngone\n`);
    expect((await exec('cat /tmp/chld')).stdout).toBe('chld\n');
    expect((await exec('ps -e | grep -c sleep')).stdout).toBe('0\n');
  });

  it('loops of distant forks end or go on elsewhere', async () => {
    const { system, kill, exec } = await doomedSystem();
    const counting =
      'n=0; while [ $n -lt 100000 ]; do /bin/true || break; n=$((n+1)); [ $n = 5 ] && echo on; done';
    const inside = await startScript(system, `csite 2; sh -c 'csite 3; ${counting}'; echo "inside $?"`);
    const into = await startScript(system, `( csite 2; ${counting}; exit 7 ); echo "into $?"`);
    await Promise.all([inside.says('on'), into.says('on')]);
    await kill(2);
    expect((await inside.end()).out).toContain(`inside ${KILLED}\n`);
    expect((await into.end()).out).toMatch(/into [1-9]/);
    expect((await exec('csite 3; hostname; /bin/true; echo $?')).stdout).toBe('site3\n0\n');
  });

  it('a loop over all sites reports the lost one and goes on with the others', async () => {
    const { system, kill } = await doomedSystem();
    const run = await startScript(
      system,
      `i=0; while [ ! -e /tmp/enough ]; do i=$((i+1)); csite $((i % 3 + 1)) 2>/dev/null ||
         { lost=1; continue; }
       csite 1; sh -c "csite $((i % 3 + 1)) && hostname > /dev/null"; s=$?; [ $s = 0 ] || odd="$odd $s"; [ $i = 9 ] && echo on
       [ -n "$lost" ] && : > /tmp/enough; done; echo "lost $lost odd$odd"`,
    );
    await run.says('on');
    await kill(2);
    const { out, err, exitCode } = await run.end();
    expect(exitCode, out + err).toBe(0);
    expect(out).toMatch(/^on\nlost 1 odd( 137| 126| 2| 1)?\n$/);
  });

  it('a process that hops from site to site by exec ends', async () => {
    const { system, kill, exec } = await doomedSystem({
      files: {
        '/tmp/hop': {
          content:
            '#!/bin/sh\n[ $1 = 0 ] && exit 0\n[ $1 = 990 ] && echo on\ncsite $((2 + $1 % 2)) || exit 9\nexec /tmp/hop $(($1 - 1))\n',
          mode: 0o755,
        },
      },
    });
    const runs = [];
    for (let i = 0; i < 3; i++) runs.push(await startScript(system, '/tmp/hop 1000; echo "status $?"'));
    await Promise.all(runs.map((run) => run.says('on')));
    await kill(2);
    for (const run of runs) expect((await run.end()).out).toMatch(/^on\nstatus (137|126|9|2)\n$/);
    await eventually('none left', async () => (await exec('ps -e | grep -c hop')).stdout === '0\n');
  });

  it('orphans of the lost site go on', async () => {
    const { system, kill, exec } = await doomedSystem();
    const run = await startScript(
      system,
      `csite 2; sh -c '(csite 3; sh -c ": > /tmp/alive; while [ ! -e /tmp/go ]; do sleep 0.02; done; echo late > /tmp/late" > /dev/null 2>&1) & echo up; wait'`,
    );
    await run.says('up');
    await eventually('it runs', async () => (await exec('test -e /tmp/alive')).exitCode === 0);
    await kill(2);
    expect((await run.end()).exitCode).toBe(KILLED);
    await exec(': > /tmp/go');
    await eventually(
      'the orphan ends its work',
      async () => (await exec('cat /tmp/late')).stdout === 'late\n',
    );
  });
});

describe('a killed site: files', () => {
  it('open files give EIO, its tree too, and nothing else does', async () => {
    const { system, kill, exec } = await doomedSystem();
    await exec('seq 1000 > /fs/site2/f; mkdir /fs/site2/d; seq 3 > /fs/site3/g');
    const run = await startScript(
      system,
      `exec 3< /fs/site2/f 4>> /fs/site2/f; cd /fs/site2/d; read x <&3; echo "$x"
       while [ ! -e /tmp/go ]; do sleep 0.02; done
       cat <&3; echo "read $?"; /bin/echo y >&4; echo "write $?"
       ls; echo "ls $?"; true > new; echo "create $?"
       cat /fs/site3/g; cd /; exec 3<&- 4>&-; echo "end $?"`,
    );
    await run.says('1\n');
    await kill(2);
    const writer = await startScript(
      system,
      'csite 3; while echo x; do :; done > /fs/site2/w; echo "loop $?"',
    );
    await exec(': > /tmp/go');
    const { out, err } = await run.end();
    expect(out).toMatch(/^1\nread 1\nwrite 1\nls [12]\ncreate [12]\n1\n2\n3\nend 0\n$/);
    expect(err.match(/Input\/output error|I\/O error/g)!.length).toBeGreaterThanOrEqual(3);
    expect((await writer.end()).err).toMatch(/Input\/output error|I\/O error/);
    expect((await exec('ls /; df > /tmp/df; ls /fs/site3')).stdout).toContain('g\n');
  });

  it('writers in the middle of writing get EIO', async () => {
    const { system, kill } = await doomedSystem();
    const near = await startScript(system, 'echo on; cat /dev/zero > /fs/site2/near; echo "near $?"');
    const far = await startScript(
      system,
      'echo on; csite 3; dd if=/dev/zero of=/fs/site2/far bs=8k; echo "far $?"',
    );
    await eventually('they write', async () => {
      const { stdout } = await system.exec('cat /fs/site2/near /fs/site2/far | head -c 100000 | wc -c');
      return stdout === '100000\n';
    });
    await kill(2);
    for (const run of [near, far]) {
      const { out, err } = await run.end();
      expect(out).toMatch(/(near|far) 1\n$/);
      expect(err).toMatch(/Input\/output error/);
    }
  });

  it('locks of its processes are let go', async () => {
    const { system, kill, exec } = await doomedSystem();
    await exec('mkfifo /tmp/p; seq 10 > /tmp/data');
    // A reader on the lost site holds one end of a FIFO; the writer elsewhere must not wait for it for ever.
    const run = await startScript(
      system,
      '(csite 2; cat /tmp/p > /dev/null) & csite 3; (yes > /tmp/p; echo "fifo $?"); echo on; wait',
    );
    await eventually('both ends open', async () =>
      /cat[\s\S]*yes|yes[\s\S]*cat/.test((await exec('ps -e')).stdout),
    );
    await kill(2);
    expect((await run.end()).out).toContain(`fifo ${BROKEN_PIPE}\n`);
  });

  it('a system without its root fails with errors, not with silence', async () => {
    const { system, kill } = await doomedSystem({
      sites: [
        { site: 1, terminals: true },
        { site: 2, volumes: [{ kind: 'memfs', mount: '/' }] },
      ],
    });
    const run = await startScript(system, 'echo on; while :; do cat /etc/passwd || exit 3; done > /dev/null');
    await run.says('on');
    await kill(2);
    expect((await run.end()).exitCode).toBeGreaterThan(0);
    await expect(within(system.exec('true'), 'exec without a root')).rejects.toThrow(/Input\/output error/);
    await expect(within(system.fs.readFile('/etc/passwd'), 'read')).rejects.toMatchObject({ code: 'EIO' });
  });
});
