/** A system that is up: booted in the background, worked on from other processes, ended. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chorus, eventually } from '../../support/chorus.ts';

const NAME = `test-${process.pid}`;
const on = (command: string, ...args: string[]) => chorus([command, '--name', NAME, ...args]);
interface SiteRow {
  site: number;
  name: string;
  state: string;
  hostPid: number;
  address: string;
  actors: number;
  ports: number;
}
const sites = async (): Promise<SiteRow[]> => JSON.parse((await on('sites', '--json')).stdout);

describe('a system that is up', () => {
  beforeAll(async () => {
    const { stdout, status } = await on('up', '--sites', '3');
    expect(status).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(3);
  });
  afterAll(() => on('down'));

  it('lists its sites', async () => {
    const rows = await sites();
    expect(rows.map(({ site, name, state }) => ({ site, name, state }))).toEqual([
      { site: 1, name: 'site1', state: 'up' },
      { site: 2, name: 'site2', state: 'up' },
      { site: 3, name: 'site3', state: 'up' },
    ]);
    for (const { hostPid, address, actors, ports } of rows) {
      expect(() => process.kill(hostPid, 0)).not.toThrow();
      expect(address).toMatch(/^ipc:\/\//);
      expect(actors).toBeGreaterThan(2);
      expect(ports).toBeGreaterThan(actors);
    }
  });

  it('runs scripts, keeps files, and sees processes of other attachments', async () => {
    const script = 'echo kept > /tmp/kept; hostname; sleep 60 > /dev/null 2>&1 & echo $!; exit 4';
    const first = await on('attach', '-c', script);
    expect(first.status).toBe(4);
    const [host, pid] = first.stdout.trim().split('\n');
    expect(host).toBe('site1');
    expect((await on('attach', '-c', 'cat /tmp/kept; csite 2; hostname')).stdout).toBe('kept\nsite2\n');
    const rows = JSON.parse((await on('ps', '--json')).stdout) as {
      pid: number;
      command: string;
      site: number;
    }[];
    expect(rows.find((row) => row.pid === Number(pid))).toMatchObject({ command: 'sleep 60', site: 1 });
    expect((await on('ps')).stdout).toContain('sleep 60');
    expect((await on('kill', '-s', 'KILL', pid!)).status).toBe(0);
    expect((await on('ps')).stdout).not.toContain('sleep 60');
    const again = await on('kill', pid!);
    expect(again).toMatchObject({ status: 1, stderr: `chorus: ${pid}: No such process\n` });
  });

  it('goes on when a site dies', async () => {
    expect((await on('kill', 'site:3')).status).toBe(0);
    await eventually('site 3 is down', async () => (await sites())[2]?.state === 'down');
    expect((await on('attach', '-c', 'csite 2; hostname')).stdout).toBe('site2\n');
    const dead = await on('attach', '-c', 'csite 3 && hostname');
    expect(dead).toMatchObject({ stdout: '', status: expect.not.toBeOneOf([0]) });
  });

  it('is not booted twice, and ends', async () => {
    const twice = await on('up');
    expect(twice).toMatchObject({ status: 125, stdout: '' });
    expect(twice.stderr).toMatch(/up already/);
    const pids = (await sites()).map((row) => row.hostPid);
    expect((await on('down')).status).toBe(0);
    const living = execFileSync('ps', ['-eo', 'pid=,stat='], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => !line.includes('Z') && pids.includes(Number.parseInt(line, 10)));
    expect(living).toEqual([]);
    expect((await on('sites')).stderr).toMatch(/no system .* is up/);
  });
});

describe('without a system', () => {
  it.each(['attach', 'sites', 'ps', 'down'])('%s says so', async (command) => {
    const args = command === 'attach' ? ['-c', ':'] : [];
    const result = await chorus([command, '--name', 'nobody', ...args]);
    expect(result).toMatchObject({ status: 125, stdout: '' });
    expect(result.stderr).toBe("chorus: no system named 'nobody' is up (chorus up boots one)\n");
  });

  it('clears the state of a system that was lost', async () => {
    const { stateDirectory } = await import('../../../shell/cli/state.ts');
    const name = `${NAME}-stale`;
    const directory = stateDirectory(name);
    mkdirSync(directory, { recursive: true });
    const site = { site: 1, name: 'site1', hostPid: process.pid, started: '1', address: 'ipc:///nowhere' };
    writeFileSync(
      join(directory, 'state.json'),
      JSON.stringify({ version: 1, name, description: { sites: [] }, sites: [site] }),
    );
    expect((await chorus(['sites', '--name', name])).stderr).toMatch(/no system/);
    expect((await chorus(['up', '--name', name, '--sites', '1'])).status).toBe(0);
    expect((await chorus(['down', '--name', name])).status).toBe(0);
  });

  it('refuses names that are no names', async () => {
    expect(await chorus(['sites', '--name', '../x'])).toMatchObject({ status: 2 });
  });
});
