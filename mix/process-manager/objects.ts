/**
 * Open objects of a site: what descriptors, roots and working directories refer to.
 *
 * Invariant: for each capability {port, key} that any process of the site uses there is exactly one
 * OpenObject, and the site holds the object at its server exactly once: from the reply of the `open` (or the
 * `hold`) that brought it here until `drop` of the last reference sends `release`. A key of `undefined` names
 * a server's root, which needs no hold.
 */
import type { Awaitable } from '../../nucleus/awaitable.ts';
import { isPromise } from '../../nucleus/awaitable.ts';
import type { Key } from '../../nucleus/ids/capability.ts';
import type { UI } from '../../nucleus/ids/ui.ts';
import type { Destination } from '../../nucleus/ipc/message.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { ObjectKind } from '../protocols/object.ts';
import type { AsyncIo } from './async-io.ts';

/** Objects that processes of one site may have open at once: ENFILE. */
export const OPEN_OBJECTS_MAX = 65536;

/** Ends the label of a file that never had a name: it is reached through its descriptors alone. */
export const DELETED_LABEL = ' (deleted)';

/** Label of inotify objects: by it they are known from other event objects. */
export const INOTIFY_LABEL = 'anon_inode:inotify';

/** Label of pipe ends: they have no path. */
export const PIPE_LABEL = 'pipe';

export class OpenObject {
  readonly port: UI;
  readonly key: Key | undefined;
  readonly kind: ObjectKind;
  readonly dest: Destination;
  /** What /proc/PID/fd shows; also how a directory was opened. */
  label: string;
  refs = 1;
  /** Signal-driven I/O, once somebody asked for it. */
  async: AsyncIo | null = null;

  constructor(port: UI, key: Key | undefined, kind: ObjectKind, label: string) {
    this.port = port;
    this.key = key;
    this.kind = kind;
    this.label = label;
    this.dest = { target: port };
  }
}

/** An object as it travels to another site. */
export interface ObjectImage {
  readonly port: UI;
  readonly key?: Key | undefined;
  readonly kind: ObjectKind;
  readonly label: string;
}

export class ObjectTable {
  private readonly objects = new Map<string, OpenObject>();
  private readonly release: (object: OpenObject) => Awaitable<void>;

  constructor(release: (object: OpenObject) => Awaitable<void>) {
    this.release = release;
  }

  get size(): number {
    return this.objects.size;
  }

  /** Files an object that this site now holds, with one reference for the caller. Throws ENFILE. */
  enter(port: UI, key: Key | undefined, kind: ObjectKind, label: string): OpenObject {
    const name = port + (key ?? '');
    const known = this.objects.get(name);
    if (known) {
      known.refs += 1;
      return known;
    }
    const object = new OpenObject(port, key, kind, label);
    this.objects.set(name, object);
    if (this.objects.size > OPEN_OBJECTS_MAX) {
      void this.drop(object);
      throw new SysError('ENFILE');
    }
    return object;
  }

  /** An object that this site holds; not counted. */
  find(port: UI, key: Key | undefined): OpenObject | undefined {
    return this.objects.get(port + (key ?? ''));
  }

  /** By its key alone, which is unique wherever it is from. For the rare question only. */
  withKey(key: Key): OpenObject | undefined {
    for (const object of this.objects.values()) if (object.key === key) return object;
    return undefined;
  }

  knows(port: UI, key: Key | undefined): boolean {
    return this.objects.has(port + (key ?? ''));
  }

  /**
   * Gives up a reference; the last one tells the server. Never throws: an object of a lost server is gone
   * anyway.
   */
  drop(object: OpenObject): Awaitable<void> {
    object.refs -= 1;
    if (object.refs > 0) return;
    this.objects.delete(object.port + (object.key ?? ''));
    object.async?.stop();
    if (object.key === undefined) return;
    try {
      const released = this.release(object);
      if (isPromise(released)) return released.catch(() => {});
    } catch {
      // The server is gone, and the hold with it.
    }
  }
}

export const imageOf = ({ port, key, kind, label }: OpenObject): ObjectImage => ({ port, key, kind, label });
