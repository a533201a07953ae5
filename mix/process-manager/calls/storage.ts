/** What Linux adds to files: flock, fallocate, syncfs, memfd_create and seals. */
import type { Awaitable } from '../../../nucleus/awaitable.ts';
import type { UI } from '../../../nucleus/ids/ui.ts';
import { Flock, Memfd, Seal } from '../../../subsystems/unix/constants.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import { Sig } from '../../../subsystems/unix/signals.ts';
import type { Fd } from '../../../subsystems/unix/sys.ts';
import { MEMORY_FILES } from '../../protocols/process.ts';
import { andThen } from '../and-then.ts';
import { asVoid, type Manager } from '../manager.ts';
import { DELETED_LABEL, type OpenObject } from '../objects.ts';
import type { UThread } from '../process.ts';
import { post } from '../signals.ts';
import { giveWay } from '../trap.ts';

/** Longest name of a memfd, bytes: EINVAL. */
const MEMFD_NAME_MAX = 249;

const KINDS = { [Flock.SH]: 'shared', [Flock.EX]: 'exclusive', [Flock.UN]: 'unlock' } as const;

/** Throws EBADF for a descriptor that is none, or only a place (O_PATH). */
function opened(t: UThread, fd: Fd): { object: OpenObject; key: NonNullable<OpenObject['key']> } {
  const object = t.process.fds.object(fd);
  if (object.kind === 'path' || object.key === undefined) throw new SysError('EBADF');
  return { object, key: object.key };
}

/** The File Manager of this site's memory; the root's where a system was put together without one. */
export function memoryFiles({ nucleus, options }: Manager): UI {
  return nucleus.ipc.groups.membersOf(MEMORY_FILES.ui)[0] ?? options.root;
}

function demandUnsealed(seals: number): void {
  if (seals & Seal.SEAL) throw new SysError('EPERM');
}

/** By guests of this site: a memfd is seldom anywhere else. */
function isMappedForWriting(pm: Manager, dev: number, ino: number): boolean {
  for (const { image } of pm.processes.values()) {
    if (image?.guest?.space.mayWriteTo(dev, ino)) return true;
  }
  return false;
}

export const storageCalls = {
  flock: (t: UThread, fd: Fd, operation: number): Awaitable<void> => {
    const { object, key } = opened(t, fd);
    const kind = KINDS[(operation & ~Flock.NB) as keyof typeof KINDS];
    if (kind === undefined) throw new SysError('EINVAL');
    const wait = (operation & Flock.NB) === 0 && kind !== 'unlock';
    if (wait) giveWay(t);
    return asVoid(t.process.pm.servers.flock(t.thread, object.dest, { key, kind, wait }));
  },
  fallocate: (t: UThread, fd: Fd, mode: number, offset: number, length: number): Awaitable<void> => {
    const { object, key } = opened(t, fd);
    if (mode < 0 || offset < 0 || length <= 0) throw new SysError(mode < 0 ? 'EOPNOTSUPP' : 'EINVAL');
    if (object.kind === 'pipe') throw new SysError('ESPIPE');
    if (object.kind === 'directory') throw new SysError('EISDIR');
    if (object.kind !== 'file') throw new SysError('ENODEV');
    const limit = t.process.limits.fsize.soft;
    if (offset + length > limit) {
      post(t.process, Sig.XFSZ);
      throw new SysError('EFBIG');
    }
    const request = { key, mode, offset, length, limit };
    return asVoid(t.process.pm.servers.allocate(t.thread, object.dest, request));
  },
  syncfs: (t: UThread, fd: Fd): Awaitable<void> => {
    const { object } = opened(t, fd);
    return asVoid(t.process.pm.servers.sync(t.thread, object.dest, {}));
  },
  memfdCreate: (t: UThread, name: string, flags: number): Awaitable<Fd> => {
    const known = Memfd.CLOEXEC | Memfd.ALLOW_SEALING | Memfd.NOEXEC_SEAL | Memfd.EXEC;
    const both = Memfd.NOEXEC_SEAL | Memfd.EXEC;
    if (flags & ~known || (flags & both) === both) throw new SysError('EINVAL');
    if (Buffer.byteLength(name) > MEMFD_NAME_MAX) throw new SysError('EINVAL');
    const { pm, fds, limits } = t.process;
    const port = memoryFiles(pm);
    const noExecute = (flags & Memfd.NOEXEC_SEAL) !== 0;
    const sealable = noExecute || (flags & Memfd.ALLOW_SEALING) !== 0;
    const seals = (noExecute ? Seal.EXEC : 0) | (sealable ? 0 : Seal.SEAL);
    const made = pm.servers.memfd(t.thread, { target: port }, { seals, mode: noExecute ? 0o666 : 0o777 });
    return andThen(made, ({ key }) => {
      const object = pm.objects.enter(port, key, 'file', `/memfd:${name}${DELETED_LABEL}`);
      return fds.add(object, (flags & Memfd.CLOEXEC) !== 0, limits.nofile.soft);
    });
  },
  addSeals: (t: UThread, fd: Fd, seals: number): Awaitable<void> => {
    const { object, key } = opened(t, fd);
    const { pm } = t.process;
    if (seals < 0) throw new SysError('EINVAL');
    const add = (): Awaitable<void> => asVoid(pm.servers.seals(t.thread, object.dest, { key, add: seals }));
    if (seals === 0) return andThen(storageCalls.getSeals(t, fd), demandUnsealed);
    if (!(seals & Seal.WRITE)) return add();
    return andThen(pm.servers.fstat(t.thread, object.dest, { key }), ({ stat }) => {
      if (isMappedForWriting(pm, stat.dev, stat.ino)) throw new SysError('EBUSY');
      return add();
    });
  },
  getSeals: (t: UThread, fd: Fd): Awaitable<number> => {
    const { object, key } = opened(t, fd);
    const reply = t.process.pm.servers.seals(t.thread, object.dest, { key, add: 0 });
    return andThen(reply, ({ seals }) => seals);
  },
};
