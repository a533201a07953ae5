/**
 * The cross compiler and the emulator that tests of guest programs compare with. Both may be missing: a suite
 * asks for the reason and skips itself. What was built is kept in node_modules/.cache under a hash of all
 * that went into it.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GUEST_CACHE } from '../../support/root.ts';

export const CROSS_COMPILER = 'riscv64-linux-gnu-gcc';
export const EMULATOR = 'qemu-riscv64';
/** Where the distribution's cross C library lies: qemu's -L for dynamically linked programs. */
export const SYSROOT = '/usr/riscv64-linux-gnu';

const versions = new Map<string, string>();

/** First line of `TOOL --version`; '' when there is no such tool. */
export function versionOf(tool: string): string {
  let version = versions.get(tool);
  if (version === undefined) {
    const { status, stdout } = spawnSync(tool, ['--version'], { encoding: 'utf8' });
    version = status === 0 ? stdout.split('\n')[0]! : '';
    versions.set(tool, version);
  }
  return version;
}

/** Where a tool is: for those that are started with another PATH. */
export const pathOf = (tool: string): string =>
  spawnSync('sh', ['-c', 'command -v "$0"', tool], { encoding: 'utf8' }).stdout.trim();

/** Why tests that need `tools` cannot run here; undefined when they can. */
export function missing(...tools: string[]): string | undefined {
  const absent = tools.filter((tool) => versionOf(tool) === '');
  return absent.length === 0 ? undefined : `needs ${absent.join(' and ')}`;
}

const TRIAL = '#include <stdio.h>\nint main(void) { return puts("") < 0; }\n';

/** Why a compiler cannot build a program with a C library, linked by `flags`; undefined when it can. */
export function cannotBuild(compiler: string, flags: readonly string[] = []): string | undefined {
  const lacking = missing(compiler);
  if (lacking !== undefined) return lacking;
  const args = ['-x', 'c', '-o', '/dev/null', '-', ...flags];
  const { status } = spawnSync(compiler, args, { input: TRIAL });
  return status === 0 ? undefined : `needs a C library for ${compiler}`;
}

/** Says why a suite is skipped. */
export function announce(suite: string, reason: string | undefined): boolean {
  if (reason !== undefined) process.stderr.write(`skipped: ${suite}: ${reason}\n`);
  return reason !== undefined;
}

export interface BuildRequest {
  readonly compiler: string;
  readonly source: string;
  readonly flags: readonly string[];
  /** Further files whose content matters. */
  readonly headers?: readonly string[];
}

/** Path of the built program. Throws with the compiler's message. */
export function build({ compiler, source, flags, headers = [] }: BuildRequest): string {
  const hash = createHash('sha256').update(versionOf(compiler)).update(flags.join('\0'));
  for (const path of [source, ...headers]) hash.update(readFileSync(path));
  const output = join(GUEST_CACHE, hash.digest('hex').slice(0, 32));
  if (existsSync(output)) return output;
  mkdirSync(dirname(output), { recursive: true });
  const fresh = `${output}.${process.pid}`;
  try {
    execFileSync(compiler, ['-o', fresh, source, ...flags], { stdio: 'pipe', encoding: 'utf8' });
  } catch (error) {
    throw new Error(`${source}: ${(error as { stderr?: string }).stderr ?? error}`);
  }
  renameSync(fresh, output);
  return output;
}
