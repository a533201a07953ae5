/** The actions of find that run programs: -exec … ; -exec … {} + -execdir -ok -okdir. */
import { Limits } from '../../../subsystems/unix/constants.ts';
import { WaitStatus } from '../../../subsystems/unix/signals.ts';
import { ask } from '../lib/ask.ts';
import { Fatal } from '../lib/command.ts';
import { baseName, dirName } from '../lib/path.ts';
import { spawn, waitFor } from '../lib/spawn.ts';
import type { Expression, Found, Run, Test } from './types.ts';

/** Bytes of arguments per run of -exec … +: leaves room for the environment. */
const BATCH_BYTES = Limits.ARG_MAX / 16;

async function execute(run: Run, argv: readonly string[], cwd: string | undefined): Promise<boolean> {
  await run.ctx.out.flush();
  const pid = await spawn(run.sys, { name: 'find', argv, ...(cwd === undefined ? {} : { cwd }) });
  const { status } = await waitFor(run.sys, pid);
  return WaitStatus.isExited(status) && WaitStatus.exitCode(status) === 0;
}

/** Name and directory that -execdir uses. */
function local(path: string): { name: string; dir: string } {
  const base = baseName(path);
  return base === '/' ? { name: '/', dir: '/' } : { name: `./${base}`, dir: dirName(path) };
}

export interface ExecWords {
  /** '-exec', '-execdir', '-ok', '-okdir'. */
  option: string;
  argv: string[];
  plus: boolean;
}

/** Takes the words of an -exec from the arguments after the option; returns how many were used. */
export function takeExec(
  option: string,
  args: readonly string[],
  at: number,
): { words: ExecWords; end: number } {
  const argv: string[] = [];
  for (let i = at; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === ';') {
      if (argv.length === 0) throw new Fatal(`invalid argument \`;' to \`${option}'`);
      return { words: { option, argv, plus: false }, end: i + 1 };
    }
    if (arg === '+' && argv.at(-1) === '{}') {
      return { words: { option, argv: argv.slice(0, -1), plus: true }, end: i + 1 };
    }
    argv.push(arg);
  }
  throw new Fatal(`missing argument to \`${option}'`);
}

function single({ option, argv }: ExecWords): Test {
  const inDir = option.endsWith('dir');
  const asks = option.startsWith('-ok');
  return async (file, run) => {
    const { name, dir } = inDir ? local(file.path) : { name: file.path, dir: undefined };
    const words = argv.map((word) => word.replaceAll('{}', name));
    if (asks && !(await ask(run.sys, `< ${words[0]} ... ${file.path} >`.replace(/:$/, ''), '?')))
      return false;
    return execute(run, words, dir);
  };
}

class Batch {
  private readonly words: ExecWords;
  private readonly dir: string | undefined;
  private names: string[] = [];
  private bytes = 0;

  constructor(words: ExecWords, dir: string | undefined) {
    this.words = words;
    this.dir = dir;
  }

  async add(name: string, run: Run): Promise<void> {
    this.names.push(name);
    this.bytes += name.length + 9;
    if (this.bytes >= BATCH_BYTES) await this.flush(run);
  }

  async flush(run: Run): Promise<void> {
    if (this.names.length === 0) return;
    const names = this.names;
    this.names = [];
    this.bytes = 0;
    if (!(await execute(run, [...this.words.argv, ...names], this.dir))) run.ctx.status = 1;
  }
}

function batched(words: ExecWords, finish: Expression['finish']): Test {
  const batches = new Map<string, Batch>();
  finish.push(async (run) => {
    for (const batch of batches.values()) await batch.flush(run);
  });
  return async (file: Found, run) => {
    const { name, dir } =
      words.option === '-execdir' ? local(file.path) : { name: file.path, dir: undefined };
    const key = dir ?? '';
    const batch = batches.get(key) ?? new Batch(words, dir);
    batches.set(key, batch);
    await batch.add(name, run);
    return true;
  };
}

/** The test that runs a program; -exec … + leaves work for the end. */
export function execTest(words: ExecWords, finish: Expression['finish']): Test {
  return words.plus ? batched(words, finish) : single(words);
}
