/** Many at once: a thousand processes on one site, sixty-four sites in one process. */
import { expect, it } from 'vitest';
import { testSystem } from '../../support/system.ts';

it('a thousand processes live at once, are listed, and are killed', { timeout: 60_000 }, async () => {
  const { exec } = await testSystem();
  const { stdout, stderr } = await exec(
    `i=0; while [ $((i += 1)) -le 1000 ]; do sleep 1000 & done
     ps -e -o comm= | grep -c sleep; ls -d /proc/[0-9]* | wc -l | { read n; [ $n -ge 1000 ] && echo listed; }
     kill $(ps -e -o pid= -o comm= | awk '$2 == "sleep" { print $1 }')
     for pid in $(jobs -p); do wait $pid; done; wait; ps -e -o comm= | grep -c sleep`,
    { timeoutMs: 50_000 },
  );
  expect({ stdout, stderr }).toEqual({ stdout: '1000\nlisted\n0\n', stderr: '' });
});

it('sixty-four sites in one process: a command on each, ps and kill everywhere', {
  timeout: 60_000,
}, async () => {
  const { exec } = await testSystem({ sites: 64 });
  const all = await exec('i=0; while [ $((i += 1)) -le 64 ]; do csite $i; hostname; done', {
    timeoutMs: 50_000,
  });
  expect(all.stdout.split('\n').slice(0, 64)).toEqual(Array.from({ length: 64 }, (_, i) => `site${i + 1}`));
  const { stdout, stderr } = await exec(
    `i=0; while [ $((i += 1)) -le 64 ]; do csite $i; sleep 1000 & pids="$pids $!"; done; csite 1
     ps -e -o comm= | grep -c sleep; kill $pids
     for pid in $pids; do wait $pid; echo $?; done > /tmp/ends; sort -u /tmp/ends
     ps -e -o comm= | grep -c sleep`,
    { timeoutMs: 50_000 },
  );
  expect(stdout).toBe('64\n143\n0\n');
  expect(stderr).toBe('Terminated\n'.repeat(64));
});
