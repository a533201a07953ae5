/**
 * C programs (test/guest/c/*.c) built for riscv64 Linux: what they print and how they end must equal what
 * qemu-riscv64 shows for the same binary. See support/directives.ts for what a program can ask for.
 * One of them: npx vitest run test/guest/c.test.ts -t fork-wait
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { directivesOf } from './support/directives.ts';
import { type GuestOutcome, runGuest, runOnHost } from './support/outcome.ts';
import {
  announce,
  build,
  CROSS_COMPILER,
  cannotBuild,
  EMULATOR,
  missing,
  SYSROOT,
} from './support/toolchain.ts';

const DIRECTORY = fileURLToPath(new URL('./c/', import.meta.url));
const HEADERS = [`${DIRECTORY}guest.h`];
const COMMON_FLAGS = ['-std=gnu11', '-O1', '-Wall', '-Wextra', '-Werror', '-Wno-unused-result', '-pthread'];
const NATIVE_COMPILER = 'gcc';
/** Both runs, the build and the boot around them. */
const AROUND_MS = 60_000;

type Directives = ReturnType<typeof directivesOf>;

function referenceOutcome(name: string, program: string, directives: Directives): GuestOutcome | string {
  if (directives.reference === 'file') return readFileSync(`${DIRECTORY}${name}.expected`, 'utf8');
  if (directives.reference === 'qemu') return runOnHost([EMULATOR, '-L', SYSROOT, program], directives);
  const flags = [...COMMON_FLAGS, ...directives.flags];
  const native = build({
    compiler: NATIVE_COMPILER,
    source: `${DIRECTORY}${name}.c`,
    flags,
    headers: HEADERS,
  });
  return runOnHost([native], directives);
}

/** What of an outcome is compared. */
const seen = ({ stdout, stderr, end }: GuestOutcome, withErrors: boolean): string =>
  `${stdout}${withErrors ? `--- standard error\n${stderr}` : ''}--- ${end}\n`;

async function compare(name: string): Promise<void> {
  const source = `${DIRECTORY}${name}.c`;
  const directives = directivesOf(readFileSync(source, 'utf8'));
  const flags = [...COMMON_FLAGS, ...(directives.dynamic ? [] : ['-static']), ...directives.flags];
  const program = build({ compiler: CROSS_COMPILER, source, flags, headers: HEADERS });
  const reference = referenceOutcome(name, program, directives);
  const wanted = typeof reference === 'string' ? reference : seen(reference, directives.stderr);
  const options = directives.dynamic ? { volumes: [`${SYSROOT}/lib:/lib:ro`] } : {};
  const outcomes = await runGuest(readFileSync(program), directives, directives.sites, options);
  for (const outcome of outcomes) {
    const shown = seen(outcome, directives.stderr);
    // What is printed on an error stream tells why a program failed, where it was meant to succeed.
    expect(shown, outcome.stderr).toBe(wanted);
  }
}

const reason = missing(EMULATOR) ?? cannotBuild(CROSS_COMPILER, ['-static']);
const noNative = cannotBuild(NATIVE_COMPILER);

/** Whether a program's reference can be had here. */
function hasReference(file: string): boolean {
  if (noNative === undefined || reason !== undefined) return true;
  const { reference } = directivesOf(readFileSync(`${DIRECTORY}${file}`, 'utf8'));
  return reference !== 'native' || !announce(file, noNative);
}

describe.skipIf(announce('C programs as guests', reason))('C programs as guests', () => {
  const names = readdirSync(DIRECTORY).filter((file) => file.endsWith('.c'));
  for (const file of names) {
    const name = file.slice(0, -'.c'.length);
    it.skipIf(!hasReference(file))(name, () => compare(name), AROUND_MS);
  }
});
