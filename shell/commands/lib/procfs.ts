/**
 * Processes as /proc shows them (proc(5)): stat, status, cmdline, and the field of this system, the site
 * number.
 */
import { SysError } from '../../../subsystems/unix/errno.ts';
import type { Sys } from '../../../subsystems/unix/sys.ts';
import { readTextFile } from './io.ts';
import { listDirectory } from './walk.ts';

/** Clock ticks per second of the times in /proc (USER_HZ). */
const TICKS_PER_S = 100;

export interface ProcInfo {
  pid: number;
  comm: string;
  state: string;
  ppid: number;
  pgrp: number;
  session: number;
  /** Device number of the controlling terminal; 0 = none. */
  tty: number;
  tpgid: number;
  userMs: number;
  systemMs: number;
  nice: number;
  threads: number;
  /** Milliseconds after boot. */
  startMs: number;
  /** Bytes. */
  vsize: number;
  rss: number;
  ruid: number;
  euid: number;
  rgid: number;
  egid: number;
  /** Words of the command line; empty for a zombie. */
  argv: string[];
  site: string;
}

/** A file of /proc as text; '' when the process is gone or the file is not there. */
async function read(sys: Sys, path: string): Promise<string> {
  try {
    return await readTextFile(sys, path);
  } catch (error) {
    if (error instanceof SysError) return '';
    throw error;
  }
}

function ids(status: string, name: string): [real: number, effective: number] {
  const match = new RegExp(`^${name}:\\s+(\\d+)\\s+(\\d+)`, 'm').exec(status);
  return [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
}

const PAGE_BYTES = 4096;
const ticksToMs = (ticks: string | undefined): number => (Number(ticks ?? 0) * 1000) / TICKS_PER_S;

/** One process; undefined when it has gone. */
export async function readProcess(sys: Sys, pid: number): Promise<ProcInfo | undefined> {
  const stat = await read(sys, `/proc/${pid}/stat`);
  const match = /^(\d+) \((.*)\) (\S) (.*)/s.exec(stat);
  if (!match) return undefined;
  // fields[0] is field 4 of proc(5), ppid.
  const fields = match[4]!.trim().split(' ');
  const status = await read(sys, `/proc/${pid}/status`);
  const cmdline = await read(sys, `/proc/${pid}/cmdline`);
  const [ruid, euid] = ids(status, 'Uid');
  const [rgid, egid] = ids(status, 'Gid');
  return {
    pid,
    comm: match[2]!,
    state: match[3]!,
    ppid: Number(fields[0]),
    pgrp: Number(fields[1]),
    session: Number(fields[2]),
    tty: Number(fields[3]),
    tpgid: Number(fields[4]),
    userMs: ticksToMs(fields[10]),
    systemMs: ticksToMs(fields[11]),
    nice: Number(fields[15] ?? 0),
    threads: Number(fields[16] ?? 1),
    startMs: ticksToMs(fields[18]),
    vsize: Number(fields[19] ?? 0),
    rss: Number(fields[20] ?? 0) * PAGE_BYTES,
    ruid,
    euid,
    rgid,
    egid,
    argv: cmdline === '' ? [] : cmdline.replace(/\0$/, '').split('\0'),
    site: (await read(sys, `/proc/${pid}/site`)).trim(),
  };
}

/** Every process, by pid. Throws SysError when there is no /proc. */
export async function readProcesses(sys: Sys): Promise<ProcInfo[]> {
  const pids = (await listDirectory(sys, '/proc'))
    .map(({ name }) => name)
    .filter((name) => /^\d+$/.test(name));
  const processes: ProcInfo[] = [];
  for (const pid of pids.map(Number).sort((a, b) => a - b)) {
    const info = await readProcess(sys, pid);
    if (info) processes.push(info);
  }
  return processes;
}

/** Milliseconds since the system was booted. */
export async function uptimeMs(sys: Sys): Promise<number> {
  const text = await read(sys, '/proc/uptime');
  return Number(text.split(' ')[0] ?? 0) * 1000;
}

/** 'pts/0', 'tty', '?' … for a device number. */
export function ttyText(device: number): string {
  if (device === 0) return '?';
  const [major, minor] = [(device >>> 8) & 0xfff, (device & 0xff) | ((device >>> 12) & 0xfff00)];
  if (major === 136) return `pts/${minor}`;
  if (major === 5) return minor === 1 ? 'console' : 'tty';
  return major === 4 ? `tty${minor}` : '?';
}

/** The command line, or [comm] when there is none. */
export function commandText(info: ProcInfo): string {
  if (info.argv.length === 0) return info.state === 'Z' ? `[${info.comm}] <defunct>` : `[${info.comm}]`;
  return info.argv.join(' ').replace(/[\x00-\x1f]/g, '?');
}
