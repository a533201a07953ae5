/** From process start to exit: `chorus sh -c true`, beside `node -e 0` on the same machine. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type BenchRow, median, row } from './row.ts';

const RUNS = 11;

function wallMs(args: readonly string[]): number {
  const startMs = performance.now();
  const result = spawnSync(process.execPath, args, { stdio: 'ignore' });
  if (result.status !== 0) throw new Error(`${args.join(' ')}: exit status ${result.status}`);
  return performance.now() - startMs;
}

export async function run(): Promise<BenchRow[]> {
  const chorus = fileURLToPath(new URL('./chorus.cjs', import.meta.url));
  const ours: number[] = [];
  const bare: number[] = [];
  for (let i = 0; i < RUNS; i++) {
    ours.push(wallMs([chorus, 'sh', '-c', 'true']));
    bare.push(wallMs(['-e', '0']));
  }
  const goal = { on: 'value', most: 300 } as const;
  return [row('start: chorus sh -c true (baseline: node -e 0)', median(ours), 'ms', goal, median(bare))];
}
