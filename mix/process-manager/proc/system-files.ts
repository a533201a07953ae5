/** The files of /proc that tell of the site as a whole. */
import { LINUX_NAME } from '../../../subsystems/unix/linux/linux-name.ts';
import { busyMs, loadOf, memoryOf } from '../load.ts';
import type { Manager } from '../manager.ts';
import { mountsText } from './mounts.ts';
import { file, type Node } from './nodes.ts';
import { sysDirectory } from './sys-tree.ts';
import { sysvipcDirectory } from './sysvipc.ts';

const KIB = 1024;
const TICKS = 100;

export function systemFiles(pm: Manager): Record<string, () => Node> {
  const text =
    (content: () => string | Promise<string>): (() => Node) =>
    () =>
      file(content);
  return {
    cpuinfo: text(() => CPU_TEXT),
    filesystems: text(() =>
      ['memfs', 'host', 'durable', 'devpts', 'proc'].map((name) => `nodev\t${name}\n`).join(''),
    ),
    loadavg: text(() => loadText(pm)),
    meminfo: text(memoryText),
    mounts: text(() => mountsText(pm)),
    stat: text(() => statText(pm)),
    sys: () => sysDirectory(pm),
    sysvipc: () => sysvipcDirectory(pm),
    uptime: text(() => uptimeText(pm)),
    version: text(
      () =>
        `${LINUX_NAME.sysname} version ${LINUX_NAME.release} (${pm.names.nodename}) ${LINUX_NAME.version}\n`,
    ),
  };
}

/** The one processor that a site emulates, as Linux describes it on riscv64. */
const CPU_TEXT = [
  'processor\t: 0',
  'hart\t\t: 0',
  'isa\t\t: rv64imafdc_zicntr_zicsr_zifencei',
  'mmu\t\t: sv39',
  'uarch\t\t: chorus,interpreter',
  '',
  '',
].join('\n');

const seconds = (ms: number): string => (ms / 1000).toFixed(2);

function uptimeText(pm: Manager): string {
  const upMs = pm.upMs;
  return `${seconds(upMs)} ${seconds(Math.max(0, upMs - busyMs(pm)))}\n`;
}

function loadText(pm: Manager): string {
  const load = loadOf(pm).toFixed(2);
  const running = [...pm.processes.values()].filter(({ image }) => image.busy.size === 0).length;
  return `${load} ${load} ${load} ${running}/${pm.processes.size} ${pm.forks}\n`;
}

function memoryText(): string {
  const { rss } = process.memoryUsage();
  const { totalBytes, freeBytes } = memoryOf();
  const rows: [string, number][] = [
    ['MemTotal', totalBytes],
    ['MemFree', freeBytes],
    ['MemAvailable', freeBytes],
    ['Buffers', 0],
    ['Cached', 0],
    ['Active', rss],
    ['SwapTotal', 0],
    ['SwapFree', 0],
  ];
  return rows
    .map(([name, bytes]) => `${`${name}:`.padEnd(16)}${String(Math.floor(bytes / KIB)).padStart(8)} kB\n`)
    .join('');
}

function statText(pm: Manager): string {
  const upMs = pm.upMs;
  const busy = Math.floor((busyMs(pm) * TICKS) / 1000);
  const idle = Math.max(0, Math.floor((upMs * TICKS) / 1000) - busy);
  const cpu = `${busy} 0 0 ${idle} 0 0 0 0 0 0`;
  const { calls, sends } = pm.nucleus.ipc.counters;
  const lines = [
    `cpu  ${cpu}`,
    `cpu0 ${cpu}`,
    `ctxt ${calls + sends}`,
    `btime ${Math.floor(pm.bootedMs / 1000)}`,
  ];
  return `${[...lines, `processes ${pm.forks}`, 'procs_running 1', 'procs_blocked 0'].join('\n')}\n`;
}
