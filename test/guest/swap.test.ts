/**
 * Programs larger than the memory of their site: what does not fit is in the swap space of its memory
 * volume.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { bootSystem } from '../../mix/boot/system.ts';
import { O } from '../../subsystems/unix/constants.ts';
import type { Sys } from '../../subsystems/unix/sys.ts';
import { hostProgram, waitFor } from '../mix/process-manager/support.ts';
import { announce, build, CROSS_COMPILER, cannotBuild } from './support/toolchain.ts';

const MIB = 1024 * 1024;
const source = fileURLToPath(new URL('./c/memory-much.c', import.meta.url));
const headers = [fileURLToPath(new URL('./c/guest.h', import.meta.url))];
const OUTPUT =
  'memory != MAP_FAILED: yes\nwrong 0\nchild 5 wrong 0\nmunmap(memory, (size_t)PAGES * PAGE): ok\n';

async function runWith(memoryBytes: number, swapBytes: number): Promise<{ status: number; out: string }> {
  const program = build({ compiler: CROSS_COMPILER, source, flags: ['-static'], headers });
  const system = await bootSystem(
    { sites: [{ site: 1, terminals: true, volumes: [{ kind: 'memfs', mount: '/' }] }] },
    { programs: new Map([['.host', async () => hostProgram]]), limits: { memoryBytes, swapBytes } },
  );
  const sys: Sys = system.sites[0]!.processes.hostProcess('test', { program: hostProgram });
  try {
    const file = await sys.open('/bin/program', O.WRONLY | O.CREAT, 0o755);
    await sys.write(file, readFileSync(program));
    await sys.close(file);
    const output = await sys.open('/tmp/out', O.RDWR | O.CREAT);
    const pid = await sys.fork('start', { argv: ['program'], output });
    const { status } = await waitFor(sys, pid);
    return { status, out: Buffer.from(await sys.pread(output, 65536, 0)).toString() };
  } finally {
    await system.close();
  }
}

const reason = cannotBuild(CROSS_COMPILER, ['-static']);

describe.skipIf(announce('Programs larger than memory', reason))('programs larger than memory', () => {
  it('run with 24 MiB of their own on a site of 8 MiB', async () => {
    expect(await runWith(8 * MIB, 256 * MIB)).toEqual({ status: 0, out: OUTPUT });
  }, 60_000);

  it('are ended where there is no swap space; the site lives', async () => {
    const { status, out } = await runWith(8 * MIB, 0);
    expect([status & 0x7f, out]).toEqual([9, 'memory != MAP_FAILED: yes\n']);
  }, 60_000);
});
