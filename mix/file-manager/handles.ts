/**
 * Open objects: file descriptions, directory handles and O_PATH handles, named by unguessable keys.
 *
 * A handle lives while a site holds it: the site that opened it, and each that a descriptor travelled to. It
 * has everything that processes share about an open file: offset, status flags. Pinned handles (the root's,
 * and those of directories that hold a mount point) stay. Invariant: each handle is one user of its inode
 * (`remember`), so that an unlinked file lives while it is open.
 */
import type { Ino, Volume } from '../../drivers/volume.ts';
import type { Key } from '../../nucleus/ids/capability.ts';
import { newKey } from '../../nucleus/ids/capability.ts';
import type { SiteId } from '../../nucleus/ids/ui.ts';
import type { Nucleus } from '../../nucleus/nucleus.ts';
import { O } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { NamePlace } from './notices.ts';

/** Most open objects of one server: ENFILE. */
export const HANDLES_MAX = 262_144;

export interface Handle {
  readonly key: Key;
  readonly ino: Ino;
  readonly kind: 'file' | 'directory' | 'path';
  /** Access mode and status flags, as F_GETFL shows them. */
  flags: number;
  /** Next byte of a file; read position of a directory. */
  offset: number;
  readonly holders: Set<SiteId>;
  /** How many reasons there are to keep it whoever holds it. */
  pins: number;
  /** Something was written through it: the last close makes it durable. */
  dirty: boolean;
  /** The directory and name by which it was opened; none for '.', a root, and what never had a name. */
  place: NamePlace | undefined;
}

const isWriter = ({ kind, flags }: Handle): boolean => kind === 'file' && (flags & O.ACCMODE) !== O.RDONLY;

export class HandleTable {
  private readonly handles = new Map<Key, Handle>();
  /** How many handles a file is open for writing by. */
  private readonly writers = new Map<Ino, number>();
  private readonly nucleus: Nucleus;
  private readonly volume: Volume;

  constructor(nucleus: Nucleus, volume: Volume) {
    this.nucleus = nucleus;
    this.volume = volume;
  }

  /** Handles that somebody holds (the pinned ones do not count). */
  get inUse(): number {
    let count = 0;
    for (const handle of this.handles.values()) if (handle.pins === 0) count += 1;
    return count;
  }

  open(ino: Ino, kind: Handle['kind'], flags: number, holder: SiteId | null, place?: NamePlace): Handle {
    if (this.handles.size >= HANDLES_MAX) throw new SysError('ENFILE');
    this.volume.remember(ino);
    const handle: Handle = {
      key: newKey(this.nucleus.random),
      ino,
      kind,
      flags,
      offset: 0,
      holders: new Set(holder === null ? [] : [holder]),
      pins: holder === null ? 1 : 0,
      dirty: false,
      place,
    };
    this.handles.set(handle.key, handle);
    if (isWriter(handle)) this.writers.set(ino, (this.writers.get(ino) ?? 0) + 1);
    return handle;
  }

  /** A name moved: what was opened by it follows. Looks at all; asked only while somebody watches. */
  moved(ino: Ino, from: NamePlace, to: NamePlace): void {
    for (const handle of this.handles.values()) {
      const { place } = handle;
      if (handle.ino !== ino || place?.name !== from.name || place.directory !== from.directory) continue;
      handle.place = to;
    }
  }

  /** Whether any file is open for writing. */
  get hasWriters(): boolean {
    return this.writers.size > 0;
  }

  hasWriter(ino: Ino): boolean {
    return this.writers.has(ino);
  }

  /** Whether anything refers to an inode. For the rare question only: it looks at all. */
  hasOpen(ino: Ino): boolean {
    for (const handle of this.handles.values()) if (handle.ino === ino) return true;
    return false;
  }

  /** How often a file is open, places not counted. For the rare question only: it looks at all. */
  openCount(ino: Ino): number {
    let count = 0;
    for (const handle of this.handles.values()) if (handle.ino === ino && handle.kind === 'file') count += 1;
    return count;
  }

  /** Throws EBADF for an unknown key. */
  get(key: Key): Handle {
    const handle = this.handles.get(key);
    if (!handle) throw new SysError('EBADF');
    return handle;
  }

  /** A handle that is more than a place: EBADF for O_PATH. */
  opened(key: Key): Handle {
    const handle = this.get(key);
    if (handle.kind === 'path') throw new SysError('EBADF');
    return handle;
  }

  readable(key: Key): Handle {
    const handle = this.opened(key);
    if ((handle.flags & O.ACCMODE) === O.WRONLY) throw new SysError('EBADF');
    return handle;
  }

  writable(key: Key): Handle {
    const handle = this.opened(key);
    if ((handle.flags & O.ACCMODE) === O.RDONLY) throw new SysError('EBADF');
    return handle;
  }

  hold(key: Key, site: SiteId): void {
    this.get(key).holders.add(site);
  }

  /** Ends a site's hold. Returns the handle when that was the last one: it is closed. */
  release(key: Key, site: SiteId): Handle | undefined {
    const handle = this.get(key);
    handle.holders.delete(site);
    return this.ended(handle);
  }

  pin(key: Key): void {
    this.get(key).pins += 1;
  }

  /** Ends one reason to stay. Returns the handle when that closed it. */
  unpin(key: Key): Handle | undefined {
    const handle = this.get(key);
    handle.pins -= 1;
    return this.ended(handle);
  }

  private ended(handle: Handle): Handle | undefined {
    const { key } = handle;
    if (handle.pins > 0 || handle.holders.size > 0) return undefined;
    this.handles.delete(key);
    if (isWriter(handle)) {
      const left = (this.writers.get(handle.ino) ?? 1) - 1;
      if (left > 0) this.writers.set(handle.ino, left);
      else this.writers.delete(handle.ino);
    }
    return handle;
  }

  /** The inode's user goes, after whatever the last close had to do. */
  retire(handle: Handle): void {
    this.volume.forget(handle.ino);
  }

  /** Drops every hold of a lost site. Returns the handles that this closed. */
  siteLost(site: SiteId): Handle[] {
    const closed: Handle[] = [];
    for (const handle of [...this.handles.values()]) {
      if (!handle.holders.has(site)) continue;
      const gone = this.release(handle.key, site);
      if (gone) closed.push(gone);
    }
    return closed;
  }
}
