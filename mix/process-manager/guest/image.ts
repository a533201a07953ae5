/** Gives a process the image of an ELF program, and starts it. */
import { isKError } from '../../../nucleus/errors.ts';
import { allocateState } from '../../../nucleus/supervisor/cpu/state.ts';
import type { Quota } from '../../../nucleus/supervisor/user-thread.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import { Sig, WaitStatus } from '../../../subsystems/unix/signals.ts';
import type { Environment } from '../../../subsystems/unix/sys.ts';
import { endProcess } from '../exit.ts';
import { GONE, Image, type Process } from '../process.ts';
import { Guest, GuestThread } from './guest.ts';
import { loadInto } from './load.ts';
import { dropProgram, type ElfProgram } from './program.ts';
import { guestRuntime } from './runtime.ts';
import { Space } from './space.ts';
import { GuestTask } from './task.ts';
import { schedule } from './thread-scheduling.ts';
import { GUEST_TRAPS } from './traps.ts';

export function newGuestImage(process: Process, env: Environment): Image {
  const image = new Image(process, null, { ...env });
  process.image = image;
  return image;
}

/** What the limit of the process leaves. */
export const quotaOf = ({ limits, instructionsUsed }: Process): Quota => ({
  left: Math.max(0, limits.instructions.soft - instructionsUsed),
});

/** A thread with everything that its system calls need. */
export function newGuestThread(guest: Guest, tid: number, state = allocateState(siteOf(guest))): GuestThread {
  const thread = new GuestThread(guest, GUEST_TRAPS, tid, state);
  thread.task = new GuestTask(thread);
  return thread;
}

const siteOf = (guest: Guest) => guest.process.pm.nucleus.vm.site;

/**
 * Loads a program into a process whose old image is retired, and lets it run. The point of no return is
 * passed: what fails now ends the process by SIGKILL, as on Linux.
 */
export async function startGuest(
  process: Process,
  program: ElfProgram,
  argv: readonly string[],
  env: Environment,
  attention: number,
): Promise<void> {
  const { pm } = process;
  if (process.state !== 'running') {
    dropProgram(process, program);
    return;
  }
  const image = newGuestImage(process, env);
  image.attention = attention;
  try {
    const { vm } = pm.nucleus;
    const { processor } = guestRuntime(pm);
    const context = vm.contextOf(process.actor);
    const guest = new Guest(image, new Space(vm, context, pm.objects), quotaOf(process));
    image.guest = guest;
    const thread = newGuestThread(guest, process.pid);
    thread.mask = process.signals.mask.clone();
    schedule(thread, process.scheduling);
    await loadInto(thread, program, argv, env);
    if (image.attention & GONE) return;
    thread.attention = 1;
    processor.ready(thread);
  } catch (error) {
    if (process.state !== 'running') return;
    if (!isKError(error) && !(error instanceof SysError)) pm.nucleus.reportBug(error);
    endProcess(process, WaitStatus.signaled(Sig.KILL));
  } finally {
    dropProgram(process, program);
  }
}
