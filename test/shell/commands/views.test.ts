/** Commands that show or change the running system: processes, sites, ports, terminals, mounts. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testSystem } from '../../support/system.ts';

type TestSystem = Awaited<ReturnType<typeof testSystem>>;

let system: TestSystem;
beforeAll(async () => {
  system = await testSystem({ sites: 2 });
});
afterAll(() => system.dispose());

const lines = async (script: string): Promise<string[]> => {
  const { stdout, stderr } = await system.exec(script);
  expect(stderr).toBe('');
  return stdout.split('\n').slice(0, -1);
};

describe('processes', () => {
  it('ps lists the processes of the session, -e those of all sites', async () => {
    expect((await lines('ps'))[0]).toMatch(/^ +PID TTY +TIME CMD$/);
    const all = await lines(
      `csite 2; sleep 9 & csite 1
      until ps -e -o args= | grep -qx 'sleep 9'; do :; done; ps -e -o site=,args=; kill $!`,
    );
    expect(all.map((line) => line.trim())).toEqual(expect.arrayContaining(['1 init', '2 sleep 9']));
  });

  it('ps -o chooses columns and headers, and sorts', async () => {
    expect(await lines('sh -c \'ps -o pid= -p $$; echo $$\' | tr -d " " | uniq | wc -l')).toEqual(['1']);
    expect(await lines('ps -o comm=NAME -p 1')).toEqual(['NAME', 'init']);
    expect(await lines('nice -n 7 ps -o ni=,comm= -C ps')).toEqual(['  7 ps']);
    expect(await lines('sleep 9 & ps -o ppid= -p $! | tr -d " " | grep -cx $$; kill $!')).toEqual(['1']);
    const pids = (await lines('ps -e -o pid= --sort=-pid')).map(Number);
    expect(pids).toEqual([...pids].sort((a, b) => b - a));
  });

  it('ps -ef and ps aux have the columns that scripts cut', async () => {
    expect((await lines('ps -ef'))[0]!.split(/ +/)).toEqual([
      'UID',
      'PID',
      'PPID',
      'C',
      'STIME',
      'TTY',
      'TIME',
      'CMD',
    ]);
    const [head, ...rows] = await lines('ps aux');
    expect(head!.split(/ +/)).toEqual([
      'USER',
      'PID',
      '%CPU',
      '%MEM',
      'VSZ',
      'RSS',
      'TTY',
      'STAT',
      'START',
      'TIME',
      'COMMAND',
    ]);
    expect(rows.some((row) => /^root +1 .* init$/.test(row))).toBe(true);
  });

  it('top -b counts tasks and lists them', async () => {
    const text = (
      await lines("sleep 9 & until ps -o args= | grep -qx 'sleep 9'; do :; done; top -b -n1; kill $!")
    ).join('\n');
    expect(text).toMatch(/^top - .* up /);
    expect(text).toMatch(/Tasks: +\d+ total/);
    expect(text).toMatch(/ sleep$/m);
  });

  it('nice, renice and kill act on processes', async () => {
    expect(await lines('sleep 9 & renice 5 $! >/dev/null; ps -o ni= -p $!; kill $!')).toEqual(['  5']);
    const users =
      'csite 2; sleep 9 & a=$!; csite 1; sleep 9 & renice 7 -u root >/dev/null; renice 9 $$ >/dev/null';
    expect(await lines(`${users}; ps -o ni= -p $a,$!,$$; kill $a $!`)).toEqual(['  9', '  7', '  7']);
    const group = 'csite 2; sleep 9 & a=$!; renice -n 3 -g $(ps -o pgid= -p $$) >/dev/null';
    expect(await lines(`${group}; ps -o ni= -p $a,$$; kill $a`)).toEqual(['  3', '  3']);
    expect(await lines('renice 1 -u nobody-here 2>&1; renice 1 -g 99999 2>&1')).toEqual([
      'renice: unknown user nobody-here',
      'renice: failed to get priority for 99999 (process group ID): No such process',
    ]);
    const { exitCode } = await system.exec('sleep 9 & env kill -KILL $!; wait $!');
    expect(exitCode).toBe(137);
  });
});

describe('the nucleus', () => {
  it('sites names every site and its state', async () => {
    const rows = (await lines('sites')).slice(1).map((row) => row.trim().split(/ +/).slice(0, 3));
    expect(rows).toEqual([
      ['1', 'site1', 'up'],
      ['2', 'site2', 'up'],
    ]);
  });

  it('ports and groups list what the managers made, on all sites', async () => {
    expect((await lines('ports')).some((row) => / PM$/.test(row))).toBe(true);
    const members = (await lines('groups')).filter((row) => / PM$/.test(row));
    expect(members.map((row) => row.split(/ +/)[1]).sort()).toEqual(['1', '2']);
  });

  it('ipctrace shows calls with their operations and ends when nobody reads', async () => {
    const rows = await lines('ipctrace | head -n 3');
    expect(rows).toHaveLength(3);
    expect(rows.every((row) => /^\d+ \S+ \w+ .*stamp=\d+ /.test(row))).toBe(true);
    const { exitCode } = await system.exec('ipctrace > t & p=$!; ls > /dev/null; kill $p; wait $p');
    expect(exitCode).toBe(143);
  });

  it('csite runs a command on another site', async () => {
    expect(await lines('env csite 2 hostname; hostname; csite 2; hostname')).toEqual([
      'site2',
      'site1',
      'site2',
    ]);
    const { exitCode, stderr } = await system.exec('env csite 9 hostname');
    expect([exitCode, stderr !== '']).toEqual([125, true]);
  });
});

describe('volumes', () => {
  it('mount joins a volume to the tree, umount takes it off', async () => {
    const script = `mkdir m; mount -t memfs none m; echo x > m/f; cat m/f; mount | grep -c "$PWD/m "
      df -P m | tail -n 1 | awk '{print $NF}' | grep -cx "$PWD/m"; umount m; ls m | wc -l`;
    expect(await lines(script)).toEqual(['x', '1', '1', '0']);
    expect((await system.exec('mkdir n; umount n')).exitCode).toBe(32);
    expect((await system.exec('mount -t nosuchfs none n')).exitCode).not.toBe(0);
  });
});
