/** Processes and the shell's own speed, inside one booted site. */
import { spawnSync } from 'node:child_process';
import { boot } from '../../shell/api/index.ts';
import type { Program, Sys } from '../../subsystems/unix/sys.ts';
import { type BenchRow, median, row, timeMs } from './row.ts';

const LOOP = 'i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done';

const SPAWNS = 200;

/** bench-spawn: forks, execs and waits for `true`, as a shell does. */
const spawnProgram: Program = {
  name: 'bench-spawn',
  main: async (sys) => {
    for (let i = 0; i < SPAWNS; i++) await sys.waitpid(await sys.fork('child', null));
    return 0;
  },
  entries: { child: (sys: Sys) => sys.exec('/bin/true', ['true']) },
};

export async function run(): Promise<BenchRow[]> {
  await using system = await boot({ programs: [spawnProgram] });
  const spawned = await timeMs(7, async () => {
    for (let i = 0; i < 50; i++) await (await system.spawn(['/bin/true'])).wait();
  });
  const native = await timeMs(7, async () => (await system.spawn(['bench-spawn'])).wait());
  const inShell = await timeMs(5, () =>
    system.exec('i=0; while [ $i -lt 200 ]; do /bin/true; i=$((i+1)); done'),
  );
  const loop = await timeMs(3, () => system.exec(LOOP));
  const seq = await timeMs(3, () => system.exec('seq 1000000 | wc -l'));
  const goal = { on: 'value', most: 1 } as const;
  return [
    row('processes: a native program forks, execs, waits for true', native / SPAWNS, 'ms', goal),
    row('processes: spawn and wait for true, from the API', spawned / 50, 'ms'),
    row('processes: fork, exec, wait for /bin/true in sh', inShell / 200, 'ms', goal),
    row(
      'sh: 100,000 turns of a while loop (baseline: dash)',
      loop,
      'ms',
      { on: 'value', most: 1000 },
      onHost(LOOP),
    ),
    row(
      'sh: seq 1000000 | wc -l (baseline: native)',
      seq,
      'ms',
      { on: 'value', most: 1000 },
      onHost('seq 1000000 | wc -l'),
    ),
  ];
}

/** The same script under the host's sh, ms; undefined where there is none. */
function onHost(script: string): number | undefined {
  const times: number[] = [];
  for (let i = 0; i < 3; i++) {
    const startMs = performance.now();
    if (spawnSync('sh', ['-c', script], { stdio: 'ignore' }).status !== 0) return undefined;
    times.push(performance.now() - startMs);
  }
  return median(times);
}
