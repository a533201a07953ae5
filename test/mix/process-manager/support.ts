/**
 * A booted system of one or more sites in this process, with the programs of a test in /bin, and a host
 * process to act through.
 */
import { memoryVolume } from '../../../drivers/memfs-volume/volume.ts';
import { mountTree } from '../../../mix/boot/mount.ts';
import { startDeviceManager } from '../../../mix/device-manager/device-manager.ts';
import { startFileManager } from '../../../mix/file-manager/file-manager.ts';
import { type ProcessManager, startProcessManager } from '../../../mix/process-manager/process-manager.ts';
import { ObjectProtocol } from '../../../mix/protocols/object.ts';
import { PROCESS_MANAGERS } from '../../../mix/protocols/process.ts';
import type { UI } from '../../../nucleus/ids/ui.ts';
import { client } from '../../../nucleus/ipc/stubs.ts';
import { joinTransport, sitesReady } from '../../../nucleus/join.ts';
import { Nucleus } from '../../../nucleus/nucleus.ts';
import { InProcessHub } from '../../../nucleus/transport/inprocess.ts';
import { Device, O, S } from '../../../subsystems/unix/constants.ts';
import type { Fd, Pid, Program, ProgramTable, Sys, WaitResult } from '../../../subsystems/unix/sys.ts';

export interface TestWorld {
  readonly managers: ProcessManager[];
  readonly nuclei: Nucleus[];
  readonly sys: Sys;
  /** Runs a program as a child of the host process; its standard output goes to /tmp/out. */
  run(argv: string[], site?: number): Promise<{ status: number; out: string }>;
  /** The site is gone for the others, all of a sudden. */
  lose(site: number): Promise<void>;
  close(): Promise<void>;
}

/** Lets tests start programs: the child of the host process becomes `argv`, writing to `output`. */
export const hostProgram: Program = {
  name: '.host',
  main: () => 0,
  entries: {
    start: async (sys: Sys, { argv, output }: { argv: string[]; output: Fd }): Promise<number> => {
      for (const fd of [0, 1, 2]) await sys.dup2(output, fd);
      return sys.exec(`/bin/${argv[0]}`, argv);
    },
  },
};

type Link = { close(): Promise<void> };

export async function bootWorld(programs: readonly Program[], siteCount = 1): Promise<TestWorld> {
  const table: ProgramTable = new Map(
    [...programs, hostProgram].map((program) => [program.name, async () => program]),
  );
  const nuclei = Array.from({ length: siteCount }, (_, i) => new Nucleus({ site: i + 1 }));
  const bugs: unknown[] = [];
  for (const nucleus of nuclei) nucleus.onBug((bug) => bugs.push(bug));
  const links = await join(nuclei);
  const root = startFileManager(nuclei[0]!, { name: 'FM', volume: memoryVolume({}) }).port;
  const devices = nuclei.map((nucleus, i) => startDeviceManager(nucleus, { terminals: i === 0 }));
  const managers = nuclei.map((nucleus, i) => {
    return startProcessManager(nucleus, { root, programs: table, nodename: nucleus.name, init: i === 0 });
  });
  const members = (nucleus: Nucleus): number => nucleus.ipc.allMembers(PROCESS_MANAGERS.ui).length;
  await until(() => nuclei.every((nucleus) => members(nucleus) === siteCount));
  const sys = managers[0]!.hostProcess('test', { program: hostProgram });
  await sys.umask(0);
  for (const name of ['/bin', '/tmp', '/dev']) await sys.mkdir(name, 0o777);
  const boot = nuclei[0]!.threadCreate(nuclei[0]!.kernel, { name: 'boot' });
  const mount = (path: string, port: UI, type: string): Promise<void> =>
    mountTree(client(nuclei[0]!, ObjectProtocol), boot, root, path, { port, source: type, type });
  await mount('/proc', managers[0]!.procPort, 'proc');
  await mount('/dev/pts', devices[0]!.ptsPort, 'devpts');
  await sys.mknod('/dev/tty', S.IFCHR | 0o666, Device.tty);
  for (const { name } of programs) {
    const fd = await sys.open(`/bin/${name}`, O.WRONLY | O.CREAT, 0o755);
    await sys.write(fd, new TextEncoder().encode(`\x7fNATIVE ${name}\n`));
    await sys.close(fd);
  }
  const close = async (): Promise<void> => {
    for (const manager of managers) await manager.shutdown();
    for (const link of links) await link.close();
    if (bugs.length > 0) throw bugs[0];
  };
  const lose = async (site: number): Promise<void> => links[site - 1]!.close();
  return { managers, nuclei, sys, run: (argv, site) => run(sys, argv, site), lose, close };
}

async function join(nuclei: readonly Nucleus[]): Promise<Link[]> {
  if (nuclei.length === 1) return [];
  const hub = new InProcessHub();
  const joined = nuclei.map((nucleus) => joinTransport(nucleus, hub.join(nucleus.site)));
  const numbers = nuclei.map(({ site }) => site);
  await Promise.all(joined.map((sites) => sitesReady(sites, numbers, 5000)));
  return joined;
}

async function run(sys: Sys, argv: string[], site?: number): Promise<{ status: number; out: string }> {
  const output = await sys.open('/tmp/out', O.RDWR | O.CREAT | O.TRUNC, 0o666);
  sys.csite(site ?? 1);
  const pid = await sys.fork('start', { argv, output });
  const { status } = await waitFor(sys, pid);
  const out = new TextDecoder().decode(await sys.pread(output, 1024 * 1024, 0));
  await sys.close(output);
  return { status, out };
}

export async function waitFor(sys: Sys, pid: Pid, options = 0): Promise<WaitResult> {
  const result = await sys.waitpid(pid, options);
  if (!result) throw new Error('waitpid returned nothing');
  return result;
}

/** Polls a condition until it holds. */
export async function until(condition: () => boolean | Promise<boolean>, deadlineMs = 5000): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error('condition did not come true');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export const print = (sys: Sys, text: string): Promise<number> | number =>
  sys.write(1, new TextEncoder().encode(text));
