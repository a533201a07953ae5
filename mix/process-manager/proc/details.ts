/**
 * Files of /proc/PID that cost something, or are large: computed when they are read, by the manager of the
 * process' site. Those of other sites come in pieces.
 */
import { type Awaitable, isPromise } from '../../../nucleus/awaitable.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import type { Pid } from '../../../subsystems/unix/sys.ts';
import { andThen } from '../and-then.ts';
import type { MemoryFile } from '../guest/memory-map.ts';
import { locatePid } from '../locate.ts';
import type { Manager } from '../manager.ts';
import type { Process } from '../process.ts';
import { descriptorInfo } from './descriptor-info.ts';

/** What one message brings. */
const PIECE_BYTES = 32768;
const NOTHING = new Uint8Array(0);
const MEMORY_FILES: ReadonlySet<string> = new Set([
  'smaps',
  'smaps_rollup',
  'pagemap',
] satisfies MemoryFile[]);
const FDINFO = /^fdinfo\/(\d{1,9})$/;

/** Of a process of this site. Throws ENOENT, EINVAL. */
export function detailHere(
  process: Process,
  name: string,
  offset: number,
  max: number,
): Awaitable<Uint8Array> {
  if (MEMORY_FILES.has(name)) {
    return process.image.guest?.memoryFile(name as MemoryFile, offset, max) ?? NOTHING;
  }
  const cut = (text: string): Uint8Array => new TextEncoder().encode(text).subarray(offset, offset + max);
  if (name === 'io') return cut(ioText(process));
  const fd = FDINFO.exec(name)?.[1];
  if (fd === undefined) throw new SysError('ENOENT');
  return andThen(descriptorInfo(process, Number(fd)), cut);
}

/** Of any process. Throws ESRCH where it has ended. */
export function detailPiece(
  pm: Manager,
  pid: Pid,
  name: string,
  offset: number,
  max: number,
): Awaitable<Uint8Array> {
  const process = pm.find(pid);
  if (process) return detailHere(process, name, offset, max);
  return andThen(locatePid(pm, pid), (dest) => {
    const request = { pid, name, offset, max: Math.min(max, PIECE_BYTES) };
    return andThen(
      pm.withThread((thread) => pm.peers.detail(thread, dest, request)),
      ({ data }) => data,
    );
  });
}

/** All of it, as text. */
export function detailText(pm: Manager, pid: Pid, name: string): Awaitable<Uint8Array> {
  const process = pm.find(pid);
  return process ? detailHere(process, name, 0, Number.MAX_SAFE_INTEGER) : remoteText(pm, pid, name);
}

async function remoteText(pm: Manager, pid: Pid, name: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for (let offset = 0; ; ) {
    const piece = detailPiece(pm, pid, name, offset, PIECE_BYTES);
    const data = isPromise(piece) ? await piece : piece;
    pieces.push(data);
    offset += data.length;
    if (data.length < PIECE_BYTES) return Buffer.concat(pieces);
  }
}

/** proc(5): what went through read and write. Of devices below there is nothing to tell. */
function ioText({ io }: Process): string {
  const { readBytes, writtenBytes, reads, writes } = io;
  const rows = { rchar: readBytes, wchar: writtenBytes, syscr: reads, syscw: writes };
  const none = { read_bytes: 0, write_bytes: 0, cancelled_write_bytes: 0 };
  return Object.entries({ ...rows, ...none })
    .map(([name, count]) => `${name}: ${count}\n`)
    .join('');
}
