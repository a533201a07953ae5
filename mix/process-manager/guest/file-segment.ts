/**
 * Files as segments: the capability under which their mapper, the File Manager, serves an open file, and what
 * a mapping of it may do. A mapping keeps the open file for as long as regions show it.
 */
import type { Capability } from '../../../nucleus/ids/capability.ts';
import { Access } from '../../../nucleus/memory/site-memory.ts';
import { Device, Seal } from '../../../subsystems/unix/constants.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import type { Awaitable, Fd } from '../../../subsystems/unix/sys.ts';
import { andThen } from '../and-then.ts';
import { memoryFiles } from '../calls/storage.ts';
import { DELETED_LABEL, type OpenObject } from '../objects.ts';
import type { UThread } from '../process.ts';
import type { FileMapping } from './mapping.ts';
import type { ElfFile } from './program.ts';
import { asErrno } from './region-errors.ts';
import type { Space } from './space.ts';

const SHARED_ACCESS = Access.read | Access.write;
const ALL = Access.read | Access.write | Access.execute;

export interface FileSegment {
  readonly capability: Capability;
  readonly mapping: FileMapping;
}

/** undefined: the descriptor is /dev/zero, whose mappings are anonymous memory. */
export function segmentOf(
  t: UThread,
  space: Space,
  fd: Fd,
  { shared, protection }: { shared: boolean; protection: number },
): Awaitable<FileSegment | undefined> {
  const object = t.process.fds.object(fd);
  if (object.kind === 'path') throw new SysError('EBADF');
  if (object.kind === 'char') return zeroDevice(t, object);
  if (object.kind !== 'file' || object.key === undefined) throw new SysError('ENODEV');
  const writes = shared && (protection & Access.write) !== 0;
  const request = { key: object.key, access: writes ? Access.read | Access.write : Access.read };
  const reply = t.process.pm.servers.segment(t.thread, object.dest, request);
  return andThen(reply, ({ segment, dev, ino, writable }) => {
    const most = shared && !writable ? ALL & ~Access.write : ALL;
    const mapping = space.mapping(object, { dev, ino, shared, maxProtection: most });
    return { capability: segment, mapping };
  });
}

async function zeroDevice(t: UThread, object: OpenObject): Promise<undefined> {
  const { stat } = await t.process.pm.servers.fstat(t.thread, object.dest, { key: object.key! });
  if (stat.rdev !== Device.zero) throw new SysError('ENODEV');
  return undefined;
}

/**
 * Memory shared without a file, as a file without a name: other sites can ask its mapper, so a child there
 * shares it too. The caller drops the object once regions show it.
 */
export async function unnamedSegment(
  t: UThread,
  space: Space,
  bytes: number,
): Promise<FileSegment & { object: OpenObject }> {
  const { servers, objects } = t.process.pm;
  const port = memoryFiles(t.process.pm);
  const { key } = await servers.memfd(t.thread, { target: port }, { seals: Seal.SEAL, mode: 0o600 });
  const object = objects.enter(port, key, 'file', `/dev/zero${DELETED_LABEL}`);
  try {
    await servers.ftruncate(t.thread, object.dest, { key, length: bytes, limit: Number.POSITIVE_INFINITY });
    const { segment, dev, ino } = await servers.segment(t.thread, object.dest, {
      key,
      access: SHARED_ACCESS,
    });
    const mapping = space.mapping(object, { dev, ino, shared: true, maxProtection: ALL });
    return { capability: segment, mapping, object };
  } catch (error) {
    void objects.drop(object);
    throw error;
  }
}

/** A program's file, for mappings of it in a new space. */
export function programSegment(space: Space, { object, source }: ElfFile): FileSegment {
  const { segment, dev, ino } = source;
  return {
    capability: segment,
    mapping: space.mapping(object, { dev, ino, shared: false, maxProtection: ALL }),
  };
}

/** Maps part of a program as a private copy at a fixed place. */
export function mapPrivately(
  { vm, context }: Space,
  { capability, mapping }: FileSegment,
  where: { start: number; size: number; protection: number; offset: number },
): void {
  const { start, size, protection, offset } = where;
  const options = { start, size, protection, opaque: mapping };
  asErrno(() => vm.rgnInit(context, options, capability, offset));
}
