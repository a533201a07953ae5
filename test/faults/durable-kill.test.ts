/**
 * A durable volume on a site that is killed while processes of all sites write to it: when the system boots
 * again on the same directory, everything that was acknowledged (fsync, close) is there, whole.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { BootOptions } from '../../shell/api/options.ts';
import { type Doomed, doomedSystem, type Run, startScript } from './support.ts';

/** Kills, each after so many acknowledgements. */
const ROUNDS = [1, 4, 12];

const onDisk = (directory: string): BootOptions => ({
  sites: [
    { site: 1, terminals: true },
    { site: 2, volumes: [{ kind: 'durable', mount: '/data', directory }] },
    { site: 3 },
  ],
});

/** Writes files named after `name`, printing the number of each once it is closed. */
const writer = (name: string, site: number): string => `
  csite ${site}; i=0
  while i=$((i+1)); do
    seq $i $((i * 20)) > /data/${name}.$i || exit 9
    mv /data/${name}.$i /data/${name}-$i || exit 9
    sync /data/${name}-$i && echo $i || exit 9
  done`;

/** The highest number that a writer printed. */
const acknowledged = (run: Run): number => Number(run.said.out.trimEnd().split('\n').at(-1));

async function check(after: Doomed, name: string, count: number): Promise<void> {
  const { stdout, stderr } = await after.exec(
    `i=0; while [ $((i += 1)) -le ${count} ]; do seq $i $((i * 20)) | cmp - /data/${name}-$i || echo "bad $i"; done`,
  );
  expect({ name, stdout, stderr }).toEqual({ name, stdout: '', stderr: '' });
}

it('keeps what was acknowledged, kill after kill', { timeout: 60_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'chorus-durable-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  for (const [round, enough] of ROUNDS.entries()) {
    const doomed = await doomedSystem(onDisk(directory));
    const runs = new Map<string, Run>();
    for (const site of [1, 2, 3]) {
      const name = `r${round}s${site}`;
      runs.set(name, await startScript(doomed.system, writer(name, site)));
    }
    await Promise.all([...runs.values()].map((run) => run.says(`${enough}\n`)));
    await doomed.kill(2);
    for (const run of runs.values()) expect((await run.end()).exitCode).not.toBe(0);
    await doomed.system.close();
    const after = await doomedSystem(onDisk(directory));
    for (const [name, run] of runs) await check(after, name, acknowledged(run));
    await after.exec('rm -rf /data/*; echo fresh > /data/fresh');
    await after.system.close();
  }
});
