/** How many processes and sites fit. */
import { boot } from '../../shell/api/index.ts';
import { type BenchRow, row, timeMs } from './row.ts';

const PROCESSES = 1000;

/** What is alive: resident memory would also show what earlier work left for the collector. */
function aliveMb(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1e6;
}

export async function run(): Promise<BenchRow[]> {
  await using system = await boot();
  await system.exec('sleep 0');
  const idle = aliveMb();
  const parent = await system.spawn([
    'sh',
    '-c',
    `i=0; while [ $i -lt ${PROCESSES} ]; do sleep 1000 & i=$((i+1)); done; echo ready; wait`,
  ]);
  await parent.stdout.getReader().read();
  const alive = aliveMb();
  await system.exec('kill -9 -1');
  const bootMs = await timeMs(1, async () => {
    await using many = await boot({ sites: 64 });
    const { stdout } = await many.exec('csite 64; hostname');
    if (stdout !== 'site64\n') throw new Error(`64 sites: ${stdout}`);
  });
  return [
    row(`memory: ${PROCESSES} processes alive, over the idle system`, alive - idle, 'MB', {
      on: 'value',
      most: 200,
    }),
    row('sites: boot 64 in one process, run a command on the last', bootMs, 'ms'),
  ];
}
