/**
 * The File Manager as mapper: files that processes map are segments, their pages are in the local caches of
 * the sites, and this manager says who may read and write which (many readers or one writer per page). It
 * serves the mapper protocol on a port of its own, which is made when the first file is mapped.
 *
 * Coherence. Reads and changes by message go through `read` and `change`: what caches have changed is
 * written back before the bytes are looked at, and no cache keeps a copy of what a message changes. A file
 * that no cache holds pays one look into an empty table.
 *
 * Life. A segment, and with it the inode, stays while an open file was asked for it (a site keeps the file
 * open as long as its regions show it) or a cache holds pages. Caches keep pages after that, for the next
 * who maps the file: most of the files of IDLE_MAX such segments. A file without a name and without users
 * is over: its pages are dropped, not written back.
 *
 * A manager with swap space is a default mapper too: temporary segments are files without names.
 */
import type { Ino, Volume } from '../../drivers/volume.ts';
import type { Actor } from '../../nucleus/actors/actor.ts';
import { type Awaitable, isPromise } from '../../nucleus/awaitable.ts';
import { type Capability, type Key, newKey } from '../../nucleus/ids/capability.ts';
import type { UI } from '../../nucleus/ids/ui.ts';
import { serve } from '../../nucleus/ipc/stubs.ts';
import { type Change, SegmentServer, type SegmentStore } from '../../nucleus/memory/coherence.ts';
import { MapperFault, MapperProtocol } from '../../nucleus/memory/mapper-protocol.ts';
import type { Nucleus } from '../../nucleus/nucleus.ts';
import { S } from '../../subsystems/unix/constants.ts';
import { Errno, SysError } from '../../subsystems/unix/errno.ts';
import type { Handle, HandleTable } from './handles.ts';

/** Segments that only caches keep: more than these, and the oldest are taken back from them. */
const IDLE_MAX = 512;
/** Covers every page of every file. */
const ALL_BYTES = 2 ** 43;

export interface FileSegment {
  readonly key: Key;
  readonly ino: Ino;
  /** Bytes of swap space promised; 0 for a file's segment. */
  readonly swapBytes: number;
  /** Open files that were asked for it. */
  readonly users: Set<Handle>;
  /** Some cache may have written to pages: the last close writes back. */
  written: boolean;
  /** Ends when the changes made so far are done: a change of size must know the size before. */
  busy: Promise<void> | undefined;
}

export interface SegmentsOptions {
  readonly nucleus: Nucleus;
  readonly actor: Actor;
  readonly volume: Volume;
  readonly handles: HandleTable;
  /** Bytes of swap space; 0: no default mapper. */
  readonly swapBytes: number;
  /** Throws SysError when a file must not be written to. */
  readonly demandWritable: (ino: Ino) => void;
  /** Bytes were changed through a mapping. */
  readonly onWritten: (ino: Ino) => void;
}

export class Segments {
  private readonly options: SegmentsOptions;
  private readonly volume: Volume;
  private readonly byIno = new Map<Ino, FileSegment>();
  private readonly byKey = new Map<Key, FileSegment>();
  /** Kept by caches alone, oldest first. */
  private readonly idle = new Set<FileSegment>();
  private served: { server: SegmentServer; port: UI } | null = null;
  private swapUsed = 0;

  constructor(options: SegmentsOptions) {
    this.options = options;
    this.volume = options.volume;
  }

  /** The port of the mapper protocol. */
  get port(): UI {
    return this.mapper.port;
  }

  private get mapper(): { server: SegmentServer; port: UI } {
    if (this.served) return this.served;
    const { nucleus, actor } = this.options;
    const server = new SegmentServer(nucleus, actor, this.store(), () => this.port);
    this.served = { server, port: serve(nucleus, actor, MapperProtocol, server.operations).ui };
    return this.served;
  }

  // --- files -----------------------------------------------------------------------------------------------

  /** The segment of an open file, which becomes one of its users. */
  of(handle: Handle): { file: FileSegment; capability: Capability } {
    const { ino } = handle;
    let file = this.byIno.get(ino);
    if (!file) {
      file = this.enter(ino, 0);
      this.byIno.set(ino, file);
    }
    file.users.add(handle);
    this.idle.delete(file);
    return { file, capability: { ui: this.port, key: file.key } };
  }

  private enter(ino: Ino, swapBytes: number): FileSegment {
    this.volume.remember(ino);
    const key = newKey(this.options.nucleus.random);
    const file: FileSegment = { key, ino, swapBytes, users: new Set(), written: false, busy: undefined };
    this.byKey.set(key, file);
    return file;
  }

  private drop(file: FileSegment): void {
    if (!this.byKey.delete(file.key)) return;
    this.idle.delete(file);
    if (file.swapBytes === 0) this.byIno.delete(file.ino);
    this.swapUsed -= file.swapBytes;
    this.volume.forget(file.ino);
  }

  /** The segment of a file of which caches hold pages. */
  held(ino: Ino): FileSegment | undefined {
    if (this.byIno.size === 0) return undefined;
    const file = this.byIno.get(ino);
    return file && this.mapper.server.isHeld(file.key) ? file : undefined;
  }

  /** Looks at bytes when what caches changed of them is here. Throws SysError. */
  read<T>(ino: Ino, offset: number, size: number, work: () => T): Awaitable<T> {
    const file = this.held(ino);
    return file ? asSysErrors(() => this.mapper.server.read(file.key, offset, size, work)) : work();
  }

  /** Everything that caches changed of a file is in the volume when this ends. */
  writeBack(ino: Ino): Awaitable<void> {
    return this.read(ino, 0, ALL_BYTES, () => {});
  }

  /** The same for all files. */
  writeBackAll(): Awaitable<void> {
    const files = [...this.byIno.values()].filter((file) => file.written);
    if (files.length === 0) return undefined;
    return Promise.all(files.map((file) => this.writeBack(file.ino))).then(() => {});
  }

  /** Caches give up what they have of a file; what they changed is written back. */
  takeBack(ino: Ino): Awaitable<void> {
    return this.change(
      ino,
      () => ({ offset: 0, size: ALL_BYTES }),
      () => {},
    );
  }

  /** Changes bytes, or the size, when no cache has a copy. `plan` is told the size then. Throws SysError. */
  change<T>(ino: Ino, plan: (size: number) => Change, work: () => T): Awaitable<T> {
    const file = this.held(ino);
    if (!file) return work();
    const step = (): Awaitable<T> => this.changeNow(file, plan, work);
    const { busy } = file;
    const done = busy ? busy.then(step) : step();
    if (!isPromise(done)) return done;
    const over = (): void => {
      if (file.busy === ended) file.busy = undefined;
    };
    const ended = done.then(over, over);
    file.busy = ended;
    return done;
  }

  private changeNow<T>(file: FileSegment, plan: (size: number) => Change, work: () => T): Awaitable<T> {
    const { server } = this.mapper;
    const size = (): number => this.volume.attributes(file.ino).size;
    const before = size();
    const change = plan(before);
    const changed = asSysErrors(() => server.change(file.key, change, work));
    // A write that ran out of space ends before it was planned to.
    const checked = (result: T): Awaitable<T> => {
      const end = size();
      if (!change.resize || end === change.resize.to) return result;
      const again = { offset: end, size: 0, resize: { from: change.resize.to, to: end } };
      return asSysErrors(() => server.change(file.key, again, () => result));
    };
    return isPromise(changed) ? changed.then(checked) : checked(changed);
  }

  /** An open file is closed for good. What was written through its mappings is in the volume after this. */
  closed(handle: Handle): Awaitable<void> {
    if (this.byIno.size === 0) return undefined;
    const file = this.byIno.get(handle.ino);
    if (!file) return undefined;
    file.users.delete(handle);
    if (this.isOver(file.ino)) return this.end(file);
    if (file.users.size > 0) return undefined;
    if (!file.written) {
      this.rest(file);
      return undefined;
    }
    file.written = false;
    handle.dirty = true;
    const rest = (): void => this.rest(file);
    const done = this.writeBack(file.ino);
    if (isPromise(done)) return done.then(rest, rest);
    rest();
    return undefined;
  }

  /** A name of the file went. */
  unlinked(ino: Ino): void {
    if (this.byIno.size === 0) return;
    const file = this.byIno.get(ino);
    if (file && this.isOver(ino)) void this.end(file);
  }

  private isOver(ino: Ino): boolean {
    return this.volume.attributes(ino).nlink === 0 && !this.options.handles.hasOpen(ino);
  }

  /** Nobody can see the file again. */
  private end(file: FileSegment): Awaitable<void> {
    const gone = (): void => {
      if (!this.mapper.server.isHeld(file.key)) this.drop(file);
    };
    const done = this.mapper.server.destroy(file.key);
    if (isPromise(done)) return done.then(gone, gone);
    gone();
    return undefined;
  }

  /** Nobody has the file open: only caches keep the segment. */
  private rest(file: FileSegment): void {
    if (file.users.size > 0 || !this.byKey.has(file.key)) return;
    const { server } = this.mapper;
    if (!server.isHeld(file.key)) {
      this.drop(file);
      return;
    }
    this.idle.add(file);
    if (this.idle.size <= IDLE_MAX) return;
    const [oldest] = this.idle;
    if (!oldest) return;
    this.idle.delete(oldest);
    const taken = server.change(oldest.key, { offset: 0, size: ALL_BYTES }, () => {});
    if (isPromise(taken)) taken.catch(() => {});
  }

  /** The volume goes: what caches changed is written back, as far as their sites can be reached. */
  async close(): Promise<void> {
    for (const { ino } of [...this.byIno.values()]) {
      try {
        await this.takeBack(ino);
      } catch {
        // A full volume loses what does not fit, as it does when the system goes down.
      }
    }
  }

  // --- what the mapper's helper asks -----------------------------------------------------------------------

  private store(): SegmentStore {
    const { volume } = this;
    return {
      pull: (key, offset, size) => {
        const { ino } = this.find(key);
        const data = asFaults(() => volume.read(ino, offset, size));
        return { data, end: volume.attributes(ino).size };
      },
      push: (key, offset, data) => this.push(this.find(key), offset, data),
      check: (key, access) => {
        const file = this.find(key);
        if ((access & 2) === 0) return;
        if (file.swapBytes === 0) asFaults(() => this.options.demandWritable(file.ino));
        file.written = true;
      },
      released: (key) => {
        const file = this.byKey.get(key);
        if (file && file.users.size === 0) this.drop(file);
      },
      ...(this.options.swapBytes === 0 ? {} : { create: (size: number) => this.createTemporary(size) }),
    };
  }

  private find(key: Key): FileSegment {
    const file = this.byKey.get(key);
    if (!file) throw new MapperFault(Errno.ESTALE);
    return file;
  }

  /** Pages end with the file: what lies behind is nobody's. */
  private push({ ino, swapBytes }: FileSegment, offset: number, data: Uint8Array): void {
    asFaults(() => {
      const { size } = this.volume.attributes(ino);
      const bytes = data.subarray(0, Math.max(0, size - offset));
      if (bytes.length === 0) return;
      if (this.volume.write(ino, offset, bytes) < bytes.length) throw new SysError('ENOSPC');
      if (swapBytes === 0) this.options.onWritten(ino);
    });
  }

  private createTemporary(size: number): Key {
    if (this.swapUsed + size > this.options.swapBytes) throw new MapperFault(Errno.ENOMEM);
    return asFaults(() => {
      const ino = this.volume.createUnnamed({ mode: S.IFREG | 0o600, uid: 0, gid: 0 }, false);
      const file = this.enter(ino, size);
      this.swapUsed += size;
      this.volume.truncate(ino, size);
      return file.key;
    });
  }
}

/** To the nucleus, this manager's errors are numbers. */
function asFaults<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof SysError ? new MapperFault(error.errno) : error;
  }
}

/** What a cache could not write back is an error of the call that asked for it. */
function asSysErrors<T>(work: () => Awaitable<T>): Awaitable<T> {
  const translate = (error: unknown): never => {
    throw error instanceof MapperFault ? new SysError(error.diag) : error;
  };
  try {
    const done = work();
    return isPromise(done) ? done.catch(translate) : done;
  } catch (error) {
    return translate(error);
  }
}
