/**
 * The instruction tests of the RISC-V project, run as user programs. They are fetched at a fixed commit where
 * the network allows it, or taken from a checkout that RISCV_TESTS names; else the suite is skipped.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { GUEST_CACHE } from '../../support/root.ts';
import { testSystem } from '../../support/system.ts';
import { announce, build, CROSS_COMPILER, missing } from '../support/toolchain.ts';

const REPOSITORY = 'https://github.com/riscv-software-src/riscv-tests';
const COMMIT = '34e6b6d1e7936b526075432fb730d89148623484';
const FETCH_MS = 60_000;
const EXTENSIONS = ['rv64ui', 'rv64um', 'rv64ua', 'rv64uf', 'rv64ud', 'rv64uc'];
/** They write into their own code. */
const WRITABLE = ['fence_i', 'rvc'];

/** Path of a checkout, or why there is none. */
function checkout(): { path: string; reason?: string } {
  if (process.env.RISCV_TESTS) return { path: process.env.RISCV_TESTS };
  const path = join(GUEST_CACHE, `riscv-tests-${COMMIT}`);
  if (existsSync(path)) return { path };
  const scratch = `${path}.${process.pid}`;
  const git = (...args: string[]): unknown =>
    execFileSync('git', ['-C', scratch, ...args], { stdio: 'pipe', timeout: FETCH_MS });
  try {
    mkdirSync(scratch, { recursive: true });
    git('init', '--quiet');
    git('fetch', '--quiet', '--depth', '1', REPOSITORY, COMMIT);
    git('checkout', '--quiet', 'FETCH_HEAD');
    renameSync(scratch, path);
    return { path };
  } catch {
    rmSync(scratch, { recursive: true, force: true });
    return { path, reason: `${REPOSITORY} could not be fetched (RISCV_TESTS may name a checkout)` };
  }
}

function buildTest(isa: string, source: string): string {
  const include = [`-I${import.meta.dirname}`, `-I${join(isa, 'macros/scalar')}`];
  const link = ['-static', '-nostdlib', '-nostartfiles', '-Wl,--no-relax', '-Wl,--no-warn-rwx-segments'];
  const writable = WRITABLE.includes(basename(source, '.S')) ? ['-Wl,-N'] : [];
  const flags = ['-march=rv64gc', '-mabi=lp64d', ...include, ...link, ...writable];
  return build({
    compiler: CROSS_COMPILER,
    source,
    flags,
    headers: [join(import.meta.dirname, 'riscv_test.h')],
  });
}

const tools = missing(CROSS_COMPILER, 'git');
const { path, reason } = tools === undefined ? checkout() : { path: '', reason: tools };

describe.skipIf(announce('riscv-tests', reason))('riscv-tests', () => {
  it.each(EXTENSIONS)('%s', async (extension) => {
    const isa = join(path, 'isa');
    const sources = readdirSync(join(isa, extension)).filter((name) => name.endsWith('.S'));
    expect(sources.length).toBeGreaterThan(0);
    const { system } = await testSystem();
    const failed: string[] = [];
    for (const name of sources) {
      const program = `/tmp/${basename(name, '.S')}`;
      await system.fs.writeFile(program, readFileSync(buildTest(isa, join(isa, extension, name))), {
        mode: 0o755,
      });
      const { exitCode } = await system.exec(program);
      if (exitCode !== 0) failed.push(`${name}: ${exitCode}`);
    }
    expect(failed).toEqual([]);
  });
});
