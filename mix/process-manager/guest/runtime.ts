/**
 * What a site has for guests beside processes: its processor, the futexes that threads wait on, and the
 * threads by number. Made when the first ELF program starts, so a site without guests does not even load it.
 */
import { Processor } from '../../../nucleus/supervisor/processor.ts';
import type { Pid } from '../../../subsystems/unix/sys.ts';
import { DEFAULT_MAPPERS } from '../../protocols/process.ts';
import { CALLS } from '../calls/index.ts';
import type { Manager } from '../manager.ts';
import type { Process } from '../process.ts';
import { FutexTable } from './futex-table.ts';
import { defineGuestCalls } from './guest-sys.ts';

export class GuestRuntime {
  readonly processor: Processor;
  readonly futexes = new FutexTable();
  /** Processes by the numbers of their further threads. */
  readonly threadIds = new Map<Pid, Process>();
  private readonly pm: Manager;

  constructor(pm: Manager) {
    this.pm = pm;
    this.processor = new Processor(pm.nucleus);
    defineGuestCalls(CALLS);
    // Memory that is short goes to the swap space of this site's own memory volume, if it has one.
    const { ipc, vm } = pm.nucleus;
    vm.defaultMapper ??= ipc.groups.membersOf(DEFAULT_MAPPERS.ui)[0] ?? null;
  }

  /** The live process that has a thread of this number. */
  findThread(tid: Pid): Process | undefined {
    return this.pm.find(tid) ?? this.threadIds.get(tid);
  }
}

export function guestRuntime(pm: Manager): GuestRuntime {
  pm.guests ??= new GuestRuntime(pm);
  return pm.guests;
}
