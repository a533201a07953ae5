/**
 * Debian's programs as processes of the system: scripts of shells and other languages (scripts/NAME.*), each
 * in an empty directory; output and exit status must equal those of the same programs under qemu-riscv64.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { boot, type System } from '../../../shell/api/index.ts';
import { GUEST_ENV, type GuestOutcome, runInSystem } from '../support/outcome.ts';
import { announce } from '../support/toolchain.ts';
import { type Case, casesOf } from './cases.ts';
import { debianRoot, emulatedPrograms } from './root.ts';

const SCRIPTS = fileURLToPath(new URL('./scripts/', import.meta.url));
const RUN_MS = 60_000;

/** File of cases → what runs one; `stdin`: the text is given there instead of as a file. */
const SUITES: readonly { file: string; argv: readonly string[]; stdin?: true }[] = [
  { file: 'posix.sh', argv: ['dash', 'script'] },
  { file: 'posix.sh', argv: ['bash', '--posix', 'script'] },
  { file: 'bash.sh', argv: ['bash', 'script'] },
  { file: 'busybox.sh', argv: ['busybox', 'sh', 'script'] },
  { file: 'coreutils.sh', argv: ['dash', 'script'] },
  { file: 'lua.lua', argv: ['lua5.4', 'script'] },
  { file: 'sqlite.sql', argv: ['sqlite3', '-batch', 'database'], stdin: true },
  { file: 'python.py', argv: ['python3', '-S', 'script'] },
  { file: 'perl.pl', argv: ['perl', 'script'] },
];

const { directory, reason } = await debianRoot();
const skipped = announce('programs of Debian', reason);

describe.skipIf(skipped).each(SUITES)('$argv with $file', ({ file, argv, stdin }) => {
  let system: System;
  let emulated: ReturnType<typeof emulatedPrograms>;
  let count = 0;

  beforeAll(async () => {
    emulated = emulatedPrograms(directory);
    system = await boot({ root: directory, env: { ...GUEST_ENV, PATH: '/usr/bin' } });
  });
  afterAll(async () => {
    emulated.remove();
    await system.close();
  });

  function underEmulator({ text }: Case): GuestOutcome {
    const cwd = mkdtempSync(join(tmpdir(), 'chorus-debian-'));
    try {
      writeFileSync(join(cwd, 'script'), text);
      const [program = '', ...args] = argv;
      const { stdout, stderr, status, signal, error } = spawnSync(join(emulated.path, program), args, {
        cwd,
        env: { ...GUEST_ENV, PATH: emulated.path },
        input: stdin ? text : '',
        encoding: 'utf8',
        timeout: RUN_MS,
      });
      if (error) throw error;
      return { stdout, stderr, end: signal === null ? `exit ${status}` : `signal ${signal}` };
    } finally {
      rmSync(cwd, { recursive: true, force: true });
    }
  }

  async function inSystem({ text }: Case): Promise<GuestOutcome> {
    count += 1;
    const cwd = `/work/${count}`;
    await system.fs.mkdir(cwd, { recursive: true });
    await system.fs.writeFile(`${cwd}/script`, text);
    return runInSystem(system, argv, { stdin: stdin ? text : '', timeoutMs: RUN_MS }, { cwd });
  }

  for (const one of casesOf(readFileSync(`${SCRIPTS}${file}`, 'utf8'))) {
    it(one.name, async () => {
      const wanted = underEmulator(one);
      const shown = await inSystem(one);
      expect({ stdout: shown.stdout, end: shown.end }, shown.stderr).toEqual({
        stdout: wanted.stdout,
        end: wanted.end,
      });
    });
  }
});
