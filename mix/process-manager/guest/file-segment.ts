/**
 * Files as segments: the capability under which the File Manager maps an open file, and what a mapping of it
 * is allowed to be.
 */
import type { Capability } from '../../../nucleus/ids/capability.ts';
import type { MemoryContext } from '../../../nucleus/memory/context.ts';
import { Access } from '../../../nucleus/memory/site-memory.ts';
import { O } from '../../../subsystems/unix/constants.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import type { MapRequest } from '../../../subsystems/unix/linux/task.ts';
import type { OpenObject } from '../objects.ts';
import type { UThread } from '../process.ts';
import { readAt } from './program.ts';

export interface FileSegment {
  readonly capability: Capability;
  /** What /proc/PID/maps tells, and which protections the descriptor allows. */
  readonly mapping: {
    readonly label: string;
    readonly dev: number;
    readonly ino: number;
    readonly shared: boolean;
    readonly maxProtection: number;
  };
}

/** Throws EBADF, ENODEV for what is no file, EACCES for what the descriptor's mode does not allow. */
export async function fileSegment(t: UThread, request: MapRequest, fd: number): Promise<FileSegment> {
  const object = t.process.fds.object(fd);
  if (object.kind !== 'file' || object.key === undefined) throw new SysError('ENODEV');
  const { pm } = t.process;
  const { flags } = await pm.servers.getFlags(t.thread, object.dest, { key: object.key });
  const mode = flags & O.ACCMODE;
  const writes = request.shared && (request.protection & Access.write) !== 0;
  if (mode === O.WRONLY || (writes && mode !== O.RDWR)) throw new SysError('EACCES');
  throw new SysError('ENODEV');
}

/** Maps part of a file as a private copy at a fixed place. */
export async function mapPrivately(
  t: UThread,
  context: MemoryContext,
  object: OpenObject,
  where: { start: number; size: number; protection: number; offset: number },
): Promise<void> {
  const { vm } = t.process.pm.nucleus;
  const { start, size, protection, offset } = where;
  const bytes = await readAt(t, object, offset, size);
  vm.rgnAllocate(context, { start, size, protection: 3 });
  for (let at = 0; at < bytes.length; at += 4096) {
    context.site.u8.set(bytes.subarray(at, at + 4096), context.touch(start + at, 2));
  }
  vm.rgnSetProtect(context, start, size, protection);
}
