/** Runs native programs: loading, the turn in which they start, and what becomes of their result or error. */
import { type Awaitable, isPromise } from '../../nucleus/awaitable.ts';
import { O } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import { Sig, WaitStatus } from '../../subsystems/unix/signals.ts';
import { type Environment, type Program, type Sys, Terminated } from '../../subsystems/unix/sys.ts';
import { endProcess } from './exit.ts';
import type { Manager } from './manager.ts';
import { NativeSys } from './native-sys.ts';
import { GONE, Image, type Process } from './process.ts';
import { atBoundary } from './trap.ts';

/** A program of the table, loaded when first asked for. Throws ENOEXEC for a name that the table has not. */
export function loadProgram(pm: Manager, name: string): Awaitable<Program> {
  const loaded = pm.programs.get(name);
  if (loaded) return loaded;
  const load = pm.options.programs.get(name);
  if (!load) throw new SysError('ENOEXEC');
  return load().then((program) => {
    pm.programs.set(name, program);
    return program;
  });
}

/** Gives a process a new image. */
export function newImage(process: Process, program: Program | null, env: Environment): Image {
  const image = new Image(process, program, { ...env });
  image.sys = new NativeSys(image);
  process.image = image;
  return image;
}

type Body = (sys: Sys) => Awaitable<number | undefined>;

/** Starts `body` as the process' program, when it is its turn. */
export function startProgram(process: Process, body: Body): void {
  const { image, pm } = process;
  pm.nucleus.scheduler.ready(128, () => {
    if (image.attention & GONE) return;
    void runToEnd(image, body);
  });
}

async function runToEnd(image: Image, body: Body): Promise<void> {
  const { process } = image;
  try {
    if (image.attention !== 0) {
      const wait = atBoundary(image, true);
      if (wait) await wait;
    }
    process.pm.cpu.current = process;
    process.pm.cpu.sinceMs = process.pm.nucleus.clock.monotonic();
    const result = body(image.sys);
    const code = isPromise(result) ? await result : result;
    if ((image.attention & GONE) === 0) endProcess(process, WaitStatus.exited(code ?? 0));
  } catch (error) {
    await failed(image, error);
  }
}

/**
 * A program let an error out: a failed call it did not expect ends it with status 1, a bug of its own as
 * abort(3) would.
 */
async function failed(image: Image, error: unknown): Promise<void> {
  const { process } = image;
  if (image.attention & GONE) return;
  if (error instanceof Terminated) {
    endProcess(process, WaitStatus.signaled(Sig.KILL));
    return;
  }
  const expected = error instanceof SysError;
  const text =
    expected || !(error instanceof Error) ? `${error instanceof Error ? error.message : error}` : error.stack;
  await complain(image, `${process.comm}: ${text}\n`);
  if (!expected) process.pm.options.onProgramError?.({ pid: process.pid, program: process.comm, error });
  const abort = WaitStatus.signaled(Sig.ABRT, process.limits.core.soft > 0);
  endProcess(process, expected ? WaitStatus.exited(1) : abort);
}

async function complain(image: Image, text: string): Promise<void> {
  try {
    const flags = await image.sys.getFlags(2);
    if ((flags & O.ACCMODE) !== O.RDONLY) await image.sys.write(2, Buffer.from(text));
  } catch {
    // No standard error, or the process ended meanwhile: there is nobody to tell.
  }
}
