/**
 * Seals of memfd files (memfd_create(2), F_ADD_SEALS in fcntl(2)): what can never again be done to a file,
 * whoever has it open. Only files made by `memfd` have them; all others answer EINVAL.
 */
import type { Ino, Volume } from '../../drivers/volume.ts';
import { isPromise } from '../../nucleus/awaitable.ts';
import { O, S, Seal } from '../../subsystems/unix/constants.ts';
import { isSysError, SysError } from '../../subsystems/unix/errno.ts';
import type { Handle } from './handles.ts';
import { credentialsOf, type FileServer, type Operations } from './state.ts';

const WRITE_SEALS = Seal.WRITE | Seal.FUTURE_WRITE;
const ALL = Seal.SEAL | Seal.SHRINK | Seal.GROW | Seal.WRITE | Seal.FUTURE_WRITE | Seal.EXEC;
const ANY_EXECUTE = 0o111;

export class SealTable {
  private readonly seals = new Map<Ino, number>();

  make(ino: Ino, seals: number): void {
    this.seals.set(ino, seals);
  }

  /** Throws EINVAL for a file that cannot be sealed. */
  of(ino: Ino): number {
    const seals = this.seals.get(ino);
    if (seals === undefined) throw new SysError('EINVAL');
    return seals;
  }

  add(ino: Ino, seals: number): number {
    const all = this.of(ino) | seals;
    this.seals.set(ino, all);
    return all;
  }

  /** After a user of the inode went: numbers may be used again. */
  forgetIfGone(volume: Volume, ino: Ino): void {
    if (!this.seals.has(ino)) return;
    try {
      volume.attributes(ino);
    } catch (error) {
      if (!isSysError(error, 'ESTALE')) throw error;
      this.seals.delete(ino);
    }
  }

  isWriteSealed(ino: Ino): boolean {
    return this.seals.size > 0 && ((this.seals.get(ino) ?? 0) & WRITE_SEALS) !== 0;
  }

  /** Throws EPERM for contents that must not change. */
  demandWritable(ino: Ino): void {
    if (this.isWriteSealed(ino)) throw new SysError('EPERM');
  }

  /** Throws EPERM for a change of size that is sealed. */
  demandSize(ino: Ino, from: number, to: number): void {
    if (this.seals.size === 0 || from === to) return;
    if ((this.seals.get(ino) ?? 0) & (to > from ? Seal.GROW : Seal.SHRINK)) throw new SysError('EPERM');
  }

  /** Throws EPERM when execute permission is sealed as it is. */
  demandMode(ino: Ino, from: number, to: number): void {
    if (this.seals.size === 0 || ((from ^ to) & ANY_EXECUTE) === 0) return;
    if ((this.seals.get(ino) ?? 0) & Seal.EXEC) throw new SysError('EPERM');
  }
}

export function sealOperations(server: FileServer): Operations {
  const { volume, handles, seals } = server;
  return {
    memfd: ({ seals: initial, mode }, context) => {
      const { uid, gid } = credentialsOf(context);
      const ino = volume.createUnnamed({ mode: S.IFREG | (mode & 0o777), uid, gid }, false);
      const handle = handles.open(ino, 'file', O.RDWR, context.srcSite);
      seals.make(ino, initial & ALL);
      return { key: handle.key };
    },
    seals: ({ key, add }) => {
      const handle = handles.opened(key);
      if (add === 0) return { seals: seals.of(handle.ino) };
      const all = addSeals(server, handle, add);
      // What mappings may still do ends with a write seal: they have to ask again.
      const taken = add & Seal.WRITE ? server.segments.takeBack(handle.ino) : undefined;
      return isPromise(taken) ? taken.then(() => ({ seals: all })) : { seals: all };
    },
  };
}

function addSeals({ seals }: FileServer, handle: Handle, wanted: number): number {
  if ((handle.flags & O.ACCMODE) === O.RDONLY) throw new SysError('EPERM');
  if (wanted & ~ALL) throw new SysError('EINVAL');
  if (seals.of(handle.ino) & Seal.SEAL) throw new SysError('EPERM');
  return seals.add(handle.ino, wanted);
}
