/**
 * ELF programs before they run: the file and its interpreter, opened by the manager and checked. What is
 * opened here is one reference each, which `dropProgram` gives back.
 */
import { isPromise } from '../../../nucleus/awaitable.ts';
import type { Destination } from '../../../nucleus/ipc/message.ts';
import { Access } from '../../../nucleus/memory/site-memory.ts';
import { O } from '../../../subsystems/unix/constants.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import {
  ELF_HEADER_BYTES,
  ElfError,
  type ElfImage,
  elfHeader,
  parseElf,
  programHeaderBytes,
} from '../../../subsystems/unix/linux/elf.ts';
import type { ObjectReply } from '../../protocols/object.ts';
import type { OpenObject } from '../objects.ts';
import type { Process, UThread } from '../process.ts';
import { resolve, type Walk } from '../resolve.ts';

export interface ElfFile {
  readonly image: ElfImage;
  readonly object: OpenObject;
  readonly path: string;
  /** Its segment; a main program's file may not be written to while it is open here: ETXTBSY. */
  readonly source: ObjectReply<'segment'>;
}

export interface ElfProgram {
  readonly main: ElfFile;
  readonly interpreter: ElfFile | undefined;
}

/**
 * Throws what opening throws; ETXTBSY while the file is open for writing; ENOEXEC (ElfError) for what is no
 * program of this machine, ELIBBAD.
 */
export async function openProgram(t: UThread, path: string): Promise<ElfProgram> {
  const main = await openElf(t, path, true);
  try {
    const place = main.image.interpreter;
    if (!place) return { main, interpreter: undefined };
    const name = Buffer.from(await readAt(t, main.object, place.offset, place.bytes)).toString('utf8');
    const end = name.indexOf('\0');
    if (end <= 0) throw new ElfError('the interpreter has no proper name');
    return { main, interpreter: await openElf(t, name.slice(0, end), false) };
  } catch (error) {
    void t.process.pm.objects.drop(main.object);
    throw error;
  }
}

/** Gives the references up: the regions that map the files keep what they need. */
export function dropProgram({ pm }: Process, { main, interpreter }: ElfProgram): void {
  for (const file of [main, interpreter]) if (file) void pm.objects.drop(file.object);
}

async function openElf(t: UThread, path: string, execute: boolean): Promise<ElfFile> {
  const object = await openExecutable(t, path);
  try {
    const header = await readAt(t, object, 0, ELF_HEADER_BYTES);
    const { offset, count } = elfHeader(header);
    const headers = await readAt(t, object, offset, programHeaderBytes(count));
    const image = parseElf(header, headers);
    const request = { key: object.key!, access: Access.read, execute };
    const { pm } = t.process;
    const source = await pm.asManager(t.thread, () => pm.servers.segment(t.thread, object.dest, request));
    return { object, path, image, source };
  } catch (error) {
    void t.process.pm.objects.drop(object);
    throw error;
  }
}

/** The manager opens: a file may be executable without being readable. */
export async function openExecutable(t: UThread, path: string): Promise<OpenObject> {
  const { process, thread } = t;
  const { pm } = process;
  const open = (dest: Destination, walk: Walk) =>
    pm.servers.open(thread, dest, { ...walk, flags: O.RDONLY, mode: 0, umask: 0 });
  const opened = pm.asManager(thread, () => resolve(process, path, open));
  const { reply, port } = isPromise(opened) ? await opened : opened;
  if (reply.key === undefined || reply.kind !== 'file') throw new SysError('EACCES');
  return pm.objects.enter(port, reply.key, reply.kind, path);
}

const MESSAGE_BYTES = 65536;

/** Bytes of a file; fewer at its end. */
export async function readAt(
  t: UThread,
  object: OpenObject,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  const { pm } = t.process;
  const key = object.key!;
  const whole = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const max = Math.min(MESSAGE_BYTES, length - done);
    const { data } = await pm.asManager(t.thread, () =>
      pm.servers.read(t.thread, object.dest, { key, max, offset: offset + done }),
    );
    whole.set(data, done);
    done += data.length;
    if (data.length < max) break;
  }
  return whole.subarray(0, done);
}
