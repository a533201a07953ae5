/** The root of /proc: the site's files, and a directory for every process of every site. */
import { type Awaitable, isPromise } from '../../../nucleus/awaitable.ts';
import { S } from '../../../subsystems/unix/constants.ts';
import type { ProcessInfo } from '../info.ts';
import { infoWithLabels } from '../info.ts';
import { locatePid } from '../locate.ts';
import type { Manager } from '../manager.ts';
import { chorusDirectory } from './chorus-files.ts';
import { type Directory, fixed, link, type Node } from './nodes.ts';
import { processDirectory } from './process-files.ts';
import { systemFiles } from './system-files.ts';

export function rootDirectory(pm: Manager): Directory {
  const files = fixed({ ...systemFiles(pm), chorus: () => chorusDirectory(pm) });
  return {
    ...files,
    names: async () => {
      const named = await files.names();
      const pids = await allPids(pm);
      const processes = pids.map((pid) => ({ name: String(pid), type: S.IFDIR }));
      return [...processes, { name: 'self', type: S.IFLNK }, ...named];
    },
    find: (name, pid) => {
      if (name === 'self') return pid > 0 ? link(String(pid)) : undefined;
      if (/^[1-9]\d{0,9}$/.test(name)) return findProcess(pm, Number(name));
      return files.find(name, pid);
    },
  };
}

async function allPids(pm: Manager): Promise<number[]> {
  const others = await pm.askOthers((thread, dest) => pm.peers.list(thread, dest, {}));
  return [...pm.processes.keys(), ...others.flatMap(({ pids }) => pids)].sort((a, b) => a - b);
}

function findProcess(pm: Manager, pid: number): Awaitable<Node | undefined> {
  const process = pm.processes.get(pid);
  if (!process) return findRemote(pm, pid);
  const info = infoWithLabels(process);
  const made = (ready: ProcessInfo): Node => processDirectory(pm, ready);
  return isPromise(info) ? info.then(made) : made(info);
}

async function findRemote(pm: Manager, pid: number): Promise<Node | undefined> {
  try {
    const dest = await locatePid(pm, pid);
    const { info } = await pm.withThread((thread) => pm.peers.info(thread, dest, { pid }));
    return processDirectory(pm, info as ProcessInfo);
  } catch {
    // No such process, or its site is lost: there is no such directory.
    return undefined;
  }
}
