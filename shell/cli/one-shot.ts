/** `chorus sh` and `chorus run` on a system of their own, which ends with them. */
import { readFileSync } from 'node:fs';
import { settlesWithin } from '../api/abort.ts';
import { openCarrier } from '../api/boot.ts';
import type { Carrier } from '../api/carrier.ts';
import { type Arguments, UsageError } from './arguments.ts';
import { hostErrorText } from './host-error.ts';
import { placeProgram } from './place.ts';
import { planFlags } from './plan.ts';
import { type Job, runJob } from './run.ts';
import { followStops } from './suspend.ts';
import { openTrace } from './trace.ts';

/** A closing system has this long; then the process ends anyway. */
const CLOSE_MS = 3000;
/** Scripts above this do not fit in an argument list. */
const ARGUMENT_BYTES_MAX = 1024 * 1024;
const SCRIPT_PATH = '/tmp/script';

/** The file of `sh FILE`, with the place inside for what cannot be an argument. */
interface Script {
  job: Job;
  /** To be written to SCRIPT_PATH first. */
  content?: Uint8Array;
}

/** The script of a FILE operand: $0 is its name as given, standard input stays the user's. */
function scriptFile(path: string, args: readonly string[]): Script {
  let content: Buffer;
  try {
    content = readFileSync(path);
  } catch (error) {
    throw new UsageError(`${path}: ${hostErrorText(error)}`);
  }
  const text = content.toString('utf8');
  const plain =
    content.length <= ARGUMENT_BYTES_MAX && !text.includes('\0') && Buffer.from(text).equals(content);
  if (plain) return { job: { native: 'sh', argv: ['sh', '-c', text, path, ...args] } };
  return { job: { native: 'sh', argv: ['sh', SCRIPT_PATH, ...args] }, content };
}

/** What `chorus sh` runs: -c SCRIPT [NAME ARG…], FILE [ARG…], - [ARG…], or standard input. */
export function shellJob(script: string | undefined, operands: readonly string[]): Script {
  const native = 'sh';
  if (script !== undefined) return { job: { native, argv: ['sh', '-c', script, ...operands] } };
  const [file, ...args] = operands;
  if (file === undefined || file === '-') return { job: { native, argv: ['sh', '-s', ...args] } };
  return scriptFile(file, args);
}

/** The job of an `sh` or `run` command line. Throws UsageError. */
function jobOf({ command, flags, operands }: Arguments): Script {
  if (command === 'sh') return shellJob(flags.command, operands);
  if (operands.length === 0) throw new UsageError('chorus run: which program?');
  return { job: { argv: operands } };
}

const isTerminal = (): boolean => Boolean(process.stdin.isTTY && process.stdout.isTTY);

export async function oneShot(args: Arguments): Promise<number> {
  const { command, flags, operands } = args;
  if (
    command === 'sh' &&
    operands.length === 0 &&
    flags.command === undefined &&
    !flags.json &&
    isTerminal()
  ) {
    const { plainTerminal } = await import('../ui/plain.ts');
    return plainTerminal(await openCarrier(planFlags(flags)), planFlags(flags));
  }
  const { job, content } = jobOf(args);
  const plan = planFlags(flags);
  if (content) plan.files = new Map([[SCRIPT_PATH, { content, mode: 0o644 }]]);
  const closeTrace = openTrace(flags.trace);
  if (command === 'run') (await import('../../nucleus/supervisor/cpu/warm-up.ts')).warmUp();
  const carrier = await openCarrier(plan);
  closeTrace.follow(carrier.home.nucleus);
  const unfollow = followStops(carrier, true);
  try {
    if (command === 'run') await placeProgram(carrier, plan, operands[0]!);
    return await runJob(carrier, plan, job, flags);
  } finally {
    unfollow();
    await closeCarrier(carrier);
    closeTrace.close();
  }
}

export async function closeCarrier(carrier: Carrier): Promise<void> {
  await settlesWithin(carrier.close(), CLOSE_MS);
}
