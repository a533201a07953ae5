/** What is asked about the system, and what only its administrator may change. */
import { SysError } from '../errno.ts';
import type { Awaitable } from '../sys.ts';
import { allow } from './answers.ts';
import type { Caller, LinuxCalls } from './caller.ts';
import { LINUX_NAME } from './linux-name.ts';
import { utsnameStruct } from './structs.ts';

const GRND_KNOWN = 7;
/** Random bytes of one call: more is a short answer, as on Linux. */
const RANDOM_MAX = 1024 * 1024;

function uname(c: Caller): number {
  const { nodename, domainname } = c.sys.uname();
  c.memory.write(c.ptr(0), utsnameStruct({ ...LINUX_NAME, nodename, domainname }));
  return 0;
}

const NAME_MAX = 64;

/** sethostname(2), setdomainname(2): of this site. */
function setName(c: Caller, which: 'nodename' | 'domainname'): number {
  const length = c.int(1);
  if (c.sys.geteuid() !== 0) throw new SysError('EPERM');
  if (length < 0 || length > NAME_MAX) throw new SysError('EINVAL');
  const bytes = c.memory.read(c.ptr(0), length);
  c.task.setName(which, new TextDecoder().decode(bytes).replace(/\0.*$/s, ''));
  return 0;
}

function getrandom(c: Caller): number {
  allow(c.uint(2), GRND_KNOWN);
  const length = Math.min(c.ptr(1), RANDOM_MAX);
  const va = c.ptr(0);
  if (length === 0) return 0;
  c.memory.prepareWrite(va, length);
  c.memory.write(va, c.sys.getrandom(length));
  return length;
}

const SYSINFO_BYTES = 112;
/** Loads are fractions of 2^16. */
const LOAD_ONE = 65536;

/** struct sysinfo {i64 uptime; u64 loads[3], totalram, freeram, …; u16 procs; …; u32 mem_unit}. */
function sysinfo(c: Caller): number {
  const { uptimeMs, loads, totalBytes, freeBytes, processes } = c.sys.sysinfo();
  const bytes = new Uint8Array(SYSINFO_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigInt64(0, BigInt(Math.floor(uptimeMs / 1000)), true);
  for (const [i, load] of loads.entries())
    view.setBigUint64(8 + 8 * i, BigInt(Math.round(load * LOAD_ONE)), true);
  view.setBigUint64(32, BigInt(Math.floor(totalBytes)), true);
  view.setBigUint64(40, BigInt(Math.floor(freeBytes)), true);
  view.setUint16(80, Math.min(processes, 0xffff), true);
  view.setUint32(104, 1, true);
  c.memory.write(c.ptr(0), bytes);
  return 0;
}

/** The machine is the host's. */
const refuse = (): never => {
  throw new SysError('EPERM');
};

/** An operation of syslog(2): the kernel's log is empty. */
const SYSLOG_READS = [2, 4] as const;
const SYSLOG_CONSOLE_LEVEL = 8;
const SYSLOG_SIZE_BUFFER = 10;
const SYSLOG_LAST = 10;

function syslog(c: Caller): Awaitable<number> {
  const type = c.int(0);
  if (type < 0 || type > SYSLOG_LAST) throw new SysError('EINVAL');
  if (c.sys.geteuid() !== 0) throw new SysError('EPERM');
  const reads = type >= SYSLOG_READS[0] && type <= SYSLOG_READS[1];
  if (reads && (c.ptr(1) === 0 || c.int(2) < 0)) throw new SysError('EINVAL');
  if (type === SYSLOG_CONSOLE_LEVEL && (c.int(2) < 1 || c.int(2) > 8)) throw new SysError('EINVAL');
  return type === SYSLOG_SIZE_BUFFER ? 4096 : 0;
}

export const systemCalls: LinuxCalls = {
  uname,
  getrandom,
  sysinfo,
  sethostname: (c) => setName(c, 'nodename'),
  setdomainname: (c) => setName(c, 'domainname'),
  syslog,
  reboot: refuse,
  swapon: refuse,
  swapoff: refuse,
  acct: refuse,
  init_module: refuse,
  finit_module: refuse,
  delete_module: refuse,
  kexec_load: refuse,
  kexec_file_load: refuse,
};
