/** A system whose health is checked after whatever was done to it. */
import { expect } from 'vitest';
import type { System } from '../../../shell/api/index.ts';

/** A site that lives answers this, quickly and rightly: processes, pipes, files, the distant sites. */
export async function expectHealthy(system: System): Promise<void> {
  const { stdout, stderr, exitCode } = await system.exec(
    'echo a b | tr a-z A-Z > /tmp/healthy; cat /tmp/healthy; rm /tmp/healthy; (exit 3); echo $?',
    { timeoutMs: 10_000 },
  );
  expect({ stdout, stderr, exitCode }).toEqual({ stdout: 'A B\n3\n', stderr: '', exitCode: 0 });
}

/** Numbers of processes alive, other than those of the host and init. */
export async function processesAlive(system: System): Promise<number> {
  const { stdout } = await system.exec('ps -e -o comm=');
  return stdout.split('\n').filter((name) => !['', 'init', 'host', 'ps', 'sh'].includes(name.trim())).length;
}
