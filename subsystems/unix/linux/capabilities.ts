/**
 * capget, capset and prctl. Capabilities are as root has them: all, and nobody else any. capset may ask for
 * fewer, but nothing is taken away.
 */

import type { Awaitable } from '../../../nucleus/awaitable.ts';
import { SysError } from '../errno.ts';
import { nameBytes } from '../file-names.ts';
import type { Caller, LinuxCalls } from './caller.ts';

/** Version → 32-bit words of each set. */
const WORDS = new Map([
  [0x19980330, 1],
  [0x20071026, 2],
  [0x20080522, 2],
]);
const PREFERRED_VERSION = 0x20080522;
const ALL = [0xffffffff, 0x1ff] as const;
const CAPABILITIES = 41;
/** struct __user_cap_data_struct {u32 effective, permitted, inheritable}. */
const DATA_BYTES = 12;

/** Words of a set in the version of a header; a wrong one is told the right one. */
function wordsOf(c: Caller, header: number, asks: boolean): number {
  const words = WORDS.get(c.memory.u32(header));
  if (words !== undefined) return words;
  c.memory.setU32(header, PREFERRED_VERSION);
  if (asks) return 0;
  throw new SysError('EINVAL');
}

async function capget(c: Caller): Promise<number> {
  const [header, data] = [c.ptr(0), c.ptr(1)];
  const { memory } = c;
  const words = wordsOf(c, header, data === 0);
  const pid = memory.i32(header + 4);
  if (pid < 0) throw new SysError('EINVAL');
  if (data === 0) return 0;
  if (pid !== 0 && pid !== c.task.pid && c.task.findThread(pid) === undefined) await mustExist(c, pid);
  const bytes = new DataView(new ArrayBuffer(words * DATA_BYTES));
  if (c.sys.geteuid() === 0) {
    for (let i = 0; i < words; i++) {
      bytes.setUint32(i * DATA_BYTES, ALL[i]!, true);
      bytes.setUint32(i * DATA_BYTES + 4, ALL[i]!, true);
    }
  }
  await memory.store(data, new Uint8Array(bytes.buffer));
  return 0;
}

/** Throws ESRCH. */
async function mustExist(c: Caller, pid: number): Promise<void> {
  try {
    await c.sys.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof SysError && error.code === 'EPERM')) throw error;
  }
}

function capset(c: Caller): number {
  const [header, data] = [c.ptr(0), c.ptr(1)];
  const words = wordsOf(c, header, false);
  const pid = c.memory.i32(header + 4);
  if (pid !== 0 && pid !== c.task.tid) throw new SysError('EPERM');
  for (let i = 0; i < words; i++) {
    const [effective, permitted] = [0, 4].map((at) => c.memory.u32(data + i * DATA_BYTES + at));
    const held = c.sys.geteuid() === 0 ? ALL[i]! : 0;
    if (effective! & ~permitted! || permitted! & ALL[i]! & ~held) throw new SysError('EPERM');
  }
  return 0;
}

const Pr = {
  SET_PDEATHSIG: 1,
  GET_PDEATHSIG: 2,
  GET_DUMPABLE: 3,
  SET_DUMPABLE: 4,
  GET_KEEPCAPS: 7,
  SET_KEEPCAPS: 8,
  SET_NAME: 15,
  GET_NAME: 16,
  CAPBSET_READ: 23,
  CAPBSET_DROP: 24,
  GET_TIMERSLACK: 30,
  SET_TIMERSLACK: 29,
  SET_CHILD_SUBREAPER: 36,
  GET_CHILD_SUBREAPER: 37,
  SET_NO_NEW_PRIVS: 38,
  GET_NO_NEW_PRIVS: 39,
  SET_THP_DISABLE: 41,
  GET_THP_DISABLE: 42,
  SET_VMA: 0x53564d41,
} as const;
const NAME_BYTES = 16;

/** Arguments from `first` on that are not used must be 0. */
function rest(c: Caller, first: number): void {
  for (let i = first; i < 5; i++) if (c.ptr(i) !== 0) throw new SysError('EINVAL');
}

function prctl(c: Caller): Awaitable<number> {
  const { memory, task } = c;
  switch (c.int(0)) {
    case Pr.SET_NAME:
      task.name = memory.string(c.ptr(1), NAME_BYTES - 1, true);
      return 0;
    case Pr.GET_NAME: {
      const bytes = new Uint8Array(NAME_BYTES);
      bytes.set(nameBytes(task.name).subarray(0, NAME_BYTES - 1));
      memory.write(c.ptr(1), bytes);
      return 0;
    }
    case Pr.SET_PDEATHSIG:
      if (c.uint(1) > 64) throw new SysError('EINVAL');
      task.parentDeathSignal = c.int(1);
      return 0;
    case Pr.GET_PDEATHSIG:
      memory.setU32(c.ptr(1), task.parentDeathSignal);
      return 0;
    case Pr.GET_DUMPABLE:
      return 1;
    case Pr.SET_DUMPABLE:
    case Pr.SET_KEEPCAPS:
      if (c.ptr(1) > 1) throw new SysError('EINVAL');
      return 0;
    case Pr.CAPBSET_READ:
      if (c.ptr(1) >= CAPABILITIES) throw new SysError('EINVAL');
      return 1;
    case Pr.GET_TIMERSLACK:
      return task.timerSlackNs;
    case Pr.SET_TIMERSLACK:
      task.timerSlackNs = c.ptr(1) || task.defaultSlackNs;
      return 0;
    case Pr.CAPBSET_DROP:
      if (c.sys.geteuid() !== 0) throw new SysError('EPERM');
      if (c.ptr(1) >= CAPABILITIES) throw new SysError('EINVAL');
      return 0;
    case Pr.SET_VMA:
      return 0;
    case Pr.SET_THP_DISABLE:
      rest(c, 2);
      return 0;
    case Pr.SET_NO_NEW_PRIVS:
      if (c.ptr(1) !== 1) throw new SysError('EINVAL');
      rest(c, 2);
      task.traits = { ...task.traits, noNewPrivileges: true };
      return 0;
    case Pr.GET_NO_NEW_PRIVS:
      rest(c, 1);
      return task.traits.noNewPrivileges ? 1 : 0;
    case Pr.GET_THP_DISABLE:
      rest(c, 1);
      return 0;
    case Pr.GET_KEEPCAPS:
      return 0;
    default:
      throw new SysError('EINVAL');
  }
}

export const capabilityCalls: LinuxCalls = { capget, capset, prctl };
