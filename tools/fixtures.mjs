/**
 * Builds the fixtures: small programs for riscv64 Linux without a C library, kept in the repository so that
 * every machine can run them. Also records what qemu-riscv64 shows for those that print. Run by hand on a
 * machine with both, after a change in test/guest/fixtures/src:
 *
 *   node tools/fixtures.mjs [NAME…]
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FIXTURES = join(dirname(dirname(fileURLToPath(import.meta.url))), 'test/guest/fixtures');
const FLAGS = [
  '-std=gnu11',
  '-Os',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-Wno-unused-function',
  '-Wno-array-bounds',
  '-march=rv64gc',
  '-mabi=lp64d',
  '-msmall-data-limit=0',
  '-static',
  '-nostdlib',
  '-ffreestanding',
  '-fno-pic',
  '-no-pie',
  '-fno-stack-protector',
  '-fno-asynchronous-unwind-tables',
  '-ffunction-sections',
  '-Wl,--gc-sections,--build-id=none,-z,noseparate-code',
  '-Wl,--discard-locals',
];
/** A fixture is a small thing. */
const BYTES_MAX = 10 * 1024;
/**
 * Not recorded: wild programs and those that go on for ever, and what qemu cannot do (it does not execute
 * files for the emulated machine; the expectation of such a fixture is written by hand).
 */
const UNRECORDED = /^(wild|hog|spin|exec)-/;
const RUN_MS = 20_000;

/** The same environment as test/guest/support/outcome.ts. */
const ENV = { PATH: '/bin:/usr/bin', HOME: '/root' };

function record(name, binary) {
  const cwd = mkdtempSync(join(tmpdir(), 'chorus-fixture-'));
  try {
    const run = spawnSync('qemu-riscv64', [binary], { cwd, env: ENV, encoding: 'utf8', timeout: RUN_MS });
    if (run.error) throw run.error;
    const end = run.signal === null ? `exit ${run.status}` : `signal ${run.signal}`;
    writeFileSync(join(FIXTURES, 'expected', `${name}.txt`), `${run.stdout}--- ${end}\n`);
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

const wanted = process.argv.slice(2);
for (const file of readdirSync(join(FIXTURES, 'src'))) {
  const name = file.replace(/\.[cS]$/, '');
  if (name === file || (wanted.length > 0 && !wanted.includes(name))) continue;
  const binary = join(FIXTURES, 'bin', name);
  execFileSync('riscv64-linux-gnu-gcc', [...FLAGS, '-o', binary, join(FIXTURES, 'src', file)], {
    stdio: 'inherit',
  });
  const { size } = statSync(binary);
  if (size > BYTES_MAX) throw new Error(`${name}: ${size} bytes, at most ${BYTES_MAX}`);
  if (!UNRECORDED.test(name)) record(name, binary);
  console.log(`${name}: ${size} bytes`);
}
