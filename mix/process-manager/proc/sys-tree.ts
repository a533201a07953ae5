/**
 * /proc/sys: the bounds and names of the system that programs look up there, each as the manager that keeps
 * it has it. All are constants of this system, so none can be written.
 */
import { REGIONS_MAX } from '../../../nucleus/memory/region-calls.ts';
import { Limits } from '../../../subsystems/unix/constants.ts';
import { IpcLimits } from '../../../subsystems/unix/ipc.ts';
import { LINUX_NAME } from '../../../subsystems/unix/linux/linux-name.ts';
import { NGROUPS_MAX } from '../calls/credentials.ts';
import { PROCESSES_MAX } from '../limits.ts';
import type { Manager } from '../manager.ts';
import { type Directory, file, fixed, type Node } from './nodes.ts';

/** A pid is {site 13, number 16}. */
const PID_MAX = 2 ** 29;
const PAGE_BYTES = 4096;

type Value = string | number;

interface Tree {
  readonly [name: string]: Value | (() => Value) | Tree;
}

function directoryOf(tree: Tree): Directory {
  const entries: Record<string, () => Node> = {};
  for (const [name, value] of Object.entries(tree)) entries[name] = () => nodeOf(value);
  return fixed(entries);
}

function nodeOf(value: Tree[string]): Node {
  if (typeof value === 'object') return directoryOf(value);
  return file(() => `${typeof value === 'function' ? value() : value}\n`);
}

export function sysDirectory(pm: Manager): Directory {
  const { SEMMSL, SEMMNS, SEMOPM, SEMMNI } = IpcLimits;
  return directoryOf({
    fs: {
      'file-max': Limits.OPEN_OBJECTS_MAX,
      inotify: {
        max_queued_events: Limits.INOTIFY_QUEUE_MAX,
        max_user_instances: Limits.INOTIFY_OBJECTS_MAX,
        max_user_watches: Limits.INOTIFY_WATCHES_MAX,
      },
      'lease-break-time': Limits.LEASE_BREAK_SECONDS,
      'leases-enable': 1,
      mqueue: {
        msg_default: IpcLimits.MQ_MESSAGES,
        msg_max: IpcLimits.MQ_MESSAGES_MAX,
        msgsize_default: IpcLimits.MQ_BYTES,
        msgsize_max: IpcLimits.MQ_BYTES_MAX,
      },
      nr_open: Limits.NOFILE_MAX,
      'pipe-max-size': Limits.PIPE_SIZE_MAX,
      // 0: no bound of its own for a user.
      'pipe-user-pages-hard': 0,
      'pipe-user-pages-soft': 0,
    },
    kernel: {
      core_pattern: 'core',
      domainname: () => pm.names.domainname,
      hostname: () => pm.names.nodename,
      msgmax: IpcLimits.MSGMAX,
      msgmnb: IpcLimits.MSGMNB,
      msgmni: IpcLimits.MSGMNI,
      ngroups_max: NGROUPS_MAX,
      osrelease: LINUX_NAME.release,
      ostype: LINUX_NAME.sysname,
      pid_max: PID_MAX,
      printk: '4\t4\t1\t7',
      // The pool is always full.
      random: { entropy_avail: 256, poolsize: 256 },
      sem: `${SEMMSL}\t${SEMMNS}\t${SEMOPM}\t${SEMMNI}`,
      shmall: IpcLimits.SHMMAX / PAGE_BYTES,
      shmmax: IpcLimits.SHMMAX,
      shmmni: IpcLimits.SHMMNI,
      tainted: 0,
      'threads-max': PROCESSES_MAX,
      version: LINUX_NAME.version,
    },
    vm: { max_map_count: REGIONS_MAX, overcommit_memory: 1 },
  });
}
