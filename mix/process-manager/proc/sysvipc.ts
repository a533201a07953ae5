/** /proc/sysvipc: what System V IPC there is in the system, in Linux's formats, as ipcs(1) reads them. */
import type { IpcKind, IpcPermissions } from '../../../subsystems/unix/ipc.ts';
import { ipcSiteOf } from '../../protocols/ipc.ts';
import { ipcIds } from '../calls/ipc.ts';
import { ipcManagerOf } from '../ipc-use.ts';
import type { Manager } from '../manager.ts';
import { type Directory, file, fixed } from './nodes.ts';

const HEADERS: Readonly<Record<IpcKind, string>> = {
  msg: '       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime\n',
  sem: '       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n',
  shm: '       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap\n',
};

type Column = readonly [value: number, width: number];

const line = (columns: readonly (Column | string)[]): string =>
  `${columns.map((column) => (typeof column === 'string' ? column : String(column[0]).padStart(column[1]))).join(' ')}\n`;

const time = (ms: number): Column => [Math.floor(ms / 1000), 10];

/** Key, identifier and mode; the owners. */
const begin = ({ key, mode }: IpcPermissions, id: number): (Column | string)[] => [
  [key, 10],
  [id, 10],
  ` ${mode.toString(8).padStart(4)}`,
];
const owners = ({ uid, gid, cuid, cgid }: IpcPermissions): Column[] =>
  [uid, gid, cuid, cgid].map((value) => [value, 5] as const);

async function row(pm: Manager, kind: IpcKind, id: number): Promise<string> {
  const manager = ipcManagerOf(ipcSiteOf(id));
  const asked = { id, any: true };
  return pm.withThread(async (thread) => {
    if (kind === 'msg') {
      const q = await pm.ipc.queueStat(thread, manager, asked);
      const { permissions: p } = q;
      const sizes: Column[] = [
        [q.bytes, 10],
        [q.count, 10],
        [q.lastSender, 5],
        [q.lastReceiver, 5],
      ];
      return line([
        ...begin(p, id),
        ...sizes,
        ...owners(p),
        ...[q.sendMs, q.receiveMs, q.changeMs].map(time),
      ]);
    }
    if (kind === 'sem') {
      const {
        permissions: p,
        count,
        operationMs,
        changeMs,
      } = await pm.ipc.semaphoreStat(thread, manager, asked);
      return line([...begin(p, id), [count, 10], ...owners(p), time(operationMs), time(changeMs)]);
    }
    const m = await pm.ipc.memoryStat(thread, manager, asked);
    const { permissions: p } = m;
    const sizes: Column[] = [
      [m.bytes, 21],
      [m.creator, 5],
      [m.lastUser, 5],
      [m.attaches, 6],
    ];
    const times = [m.attachMs, m.detachMs, m.changeMs].map(time);
    return line([...begin(p, id), ...sizes, ...owners(p), ...times, [m.bytes, 21], [0, 21]]);
  });
}

async function table(pm: Manager, kind: IpcKind): Promise<string> {
  const rows = await Promise.all(
    // One that went meanwhile has no row.
    (await ipcIds(pm, kind)).map((id) => row(pm, kind, id).catch(() => '')),
  );
  return HEADERS[kind] + rows.join('');
}

export function sysvipcDirectory(pm: Manager): Directory {
  return fixed({
    msg: () => file(() => table(pm, 'msg')),
    sem: () => file(() => table(pm, 'sem')),
    shm: () => file(() => table(pm, 'shm')),
  });
}
