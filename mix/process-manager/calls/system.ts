/** Time, names, randomness, the execution site. */
import type { Awaitable } from '../../../nucleus/awaitable.ts';
import { SITE_MAX } from '../../../nucleus/ids/ui.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import type { SystemInfo, Utsname } from '../../../subsystems/unix/sys.ts';
import { loadOf, memoryOf } from '../load.ts';
import type { UThread } from '../process.ts';

/** getrandom(2) promises this many bytes in one call without interruption; more is EINVAL here. */
const RANDOM_MAX = 33554431;

/** What uname and /proc/version say. */
export const RELEASE = {
  sysname: 'Chorus',
  release: '3.4.0',
  version: '#1 Chorus/MiX',
  machine: 'riscv64',
} as const;

export const systemCalls = {
  sleep: (t: UThread, ms: number): Awaitable<void> => {
    if (!(ms >= 0)) throw new SysError('EINVAL');
    const { clock } = t.process.pm.nucleus;
    if (!t.again) t.deadlineMs = clock.monotonic() + ms;
    const leftMs = t.deadlineMs - clock.monotonic();
    if (t.again && leftMs <= 0) return;
    if (leftMs === Number.POSITIVE_INFINITY)
      return t.thread.block<void>(() => undefined, { abortable: true });
    return t.thread.delay(leftMs);
  },
  now: (t: UThread): number => t.process.pm.nucleus.clock.now(),
  monotonic: (t: UThread): number => t.process.pm.nucleus.clock.monotonic(),
  uname: (t: UThread): Utsname => ({ ...RELEASE, ...t.process.pm.names }),
  getrandom: (t: UThread, bytes: number): Uint8Array => {
    if (!Number.isInteger(bytes) || bytes < 0 || bytes > RANDOM_MAX) throw new SysError('EINVAL');
    return t.process.pm.nucleus.random.bytes(bytes);
  },
  sysinfo: (t: UThread): SystemInfo => {
    const { pm } = t.process;
    const load = loadOf(pm);
    return {
      uptimeMs: pm.upMs,
      loads: [load, load, load],
      ...memoryOf(),
      processes: pm.processes.size,
    };
  },
  csite: (t: UThread, site?: number): number => {
    const { process } = t;
    if (site === undefined) return process.csite;
    const { pm } = process;
    if (!Number.isInteger(site) || site < 1 || site > SITE_MAX) throw new SysError('EINVAL');
    const sites = pm.nucleus.ipc.remote?.sites() ?? [];
    const known = site === pm.site || sites.some((other) => other.site === site && other.up);
    if (!known) throw new SysError('EHOSTUNREACH');
    process.csite = site;
    return site;
  },
};
