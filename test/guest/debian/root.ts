/**
 * The root file system that the suites run in: Debian's riscv64 packages, as `chorus pull` fetches them, kept
 * in node_modules/.cache. CHORUS_GUEST_ROOT names another. And the same programs under qemu-riscv64 on the
 * host.
 */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PullError } from '../../../shell/pull/error.ts';
import { pull } from '../../../shell/pull/pull.ts';
import { GUEST_CACHE } from '../../support/root.ts';
import { EMULATOR, missing, pathOf } from '../support/toolchain.ts';

export const PACKAGES = [
  'bash',
  'busybox-static',
  'coreutils',
  'dash',
  'diffutils',
  'findutils',
  'grep',
  'gzip',
  'lua5.4',
  'mawk',
  'perl-base',
  'python3-minimal',
  'sed',
  'sqlite3',
  'tar',
];

const CACHED = join(GUEST_CACHE, 'debian');

export interface DebianRoot {
  readonly directory: string;
  /** Why there is none. */
  readonly reason?: string;
}

/** Whether all packages were unpacked there by an earlier run. */
function isComplete(directory: string): boolean {
  try {
    const record = readFileSync(join(directory, 'var/lib/chorus/packages'), 'utf8');
    return PACKAGES.every((name) => record.includes(`\n${name} `) || record.startsWith(`${name} `));
  } catch {
    return false;
  }
}

/** Fetches the packages, unless they are there. */
export async function debianRoot(): Promise<DebianRoot> {
  const given = process.env.CHORUS_GUEST_ROOT;
  const directory = given ?? CACHED;
  const reason = missing(EMULATOR);
  if (reason !== undefined) return { directory, reason };
  if (given !== undefined || isComplete(directory)) return { directory };
  try {
    await pull({ names: PACKAGES, directory, progress: () => {} });
    return { directory };
  } catch (error) {
    if (error instanceof PullError) return { directory, reason: error.message };
    throw error;
  }
}

/**
 * A directory of scripts that run each program of the root under the emulator: what a shell under the
 * emulator executes is a program of the host, for the host's kernel cannot execute the emulated machine's.
 */
export function emulatedPrograms(root: string): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'chorus-emulated-'));
  const programs = join(root, 'usr/bin');
  const emulator = pathOf(EMULATOR);
  for (const name of readdirSync(programs)) {
    const file = join(programs, name);
    if (!statSync(file, { throwIfNoEntry: false })?.isFile()) continue;
    const script = join(path, name);
    writeFileSync(script, `#!/bin/sh\nexec ${emulator} -L '${root}' -0 '${name}' '${file}' "$@"\n`);
    chmodSync(script, 0o755);
  }
  mkdirSync(join(path, 'empty'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
