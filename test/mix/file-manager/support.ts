/**
 * A File Manager on a nucleus of its own, and users of it: actors with protection identifiers of their own.
 */
import { memoryVolume } from '../../../drivers/memfs-volume/volume.ts';
import type { Volume } from '../../../drivers/volume.ts';
import { type FileManager, startFileManager } from '../../../mix/file-manager/file-manager.ts';
import {
  ObjectProtocol,
  type ObjectReply,
  type ObjectRequest,
  type ObjectSpecs,
} from '../../../mix/protocols/object.ts';
import type { Thread } from '../../../nucleus/executive/thread.ts';
import type { Key } from '../../../nucleus/ids/capability.ts';
import type { UI } from '../../../nucleus/ids/ui.ts';
import { client } from '../../../nucleus/ipc/stubs.ts';
import { Nucleus } from '../../../nucleus/nucleus.ts';
import { O } from '../../../subsystems/unix/constants.ts';
import { isSysError } from '../../../subsystems/unix/errno.ts';
import type { Stat } from '../../../subsystems/unix/sys.ts';

type Name = keyof ObjectSpecs;

/** One user's view: short forms of the object operations, synchronous as they are on one site. */
export class User {
  readonly thread: Thread;
  private readonly nucleus: Nucleus;
  private readonly target: UI;
  umask = 0o022;

  constructor(nucleus: Nucleus, target: UI, uid: number, gid = uid) {
    this.nucleus = nucleus;
    this.target = target;
    const actor = nucleus.actorCreate(null, { name: `user${uid}`, pi: { uid, gid, domain: 0 } });
    this.thread = nucleus.threadCreate(actor);
  }

  call<N extends Name>(name: N, request: ObjectRequest<N>): ObjectReply<N> | Promise<ObjectReply<N>> {
    const stub = client(this.nucleus, ObjectProtocol)[name] as unknown as (
      thread: Thread,
      destination: { target: UI },
      request: ObjectRequest<N>,
    ) => ObjectReply<N> | Promise<ObjectReply<N>>;
    return stub(this.thread, { target: this.target }, request);
  }

  /** An operation that must not wait. */
  now<N extends Name>(name: N, request: ObjectRequest<N>): ObjectReply<N> {
    const reply = this.call(name, request);
    if (reply instanceof Promise) throw new Error(`${name} waited`);
    return reply;
  }

  private at(path: string): { path: string; links: number } {
    return { path: path.replace(/^\/+/, ''), links: 0 };
  }

  open(path: string, flags: number = O.RDONLY, mode = 0o666): Key {
    const reply = this.now('open', { ...this.at(path), flags, mode, umask: this.umask });
    if (!reply.key) throw new Error(`open ${path}: no key`);
    return reply.key;
  }

  close(key: Key): void {
    this.now('release', { key });
  }

  read(key: Key, max = 65536, offset = -1): string {
    return Buffer.from(this.now('read', { key, max, offset }).data).toString();
  }

  write(key: Key, text: string, offset = -1, limit = Number.POSITIVE_INFINITY): number {
    return this.now('write', { key, data: Buffer.from(text), offset, limit }).count;
  }

  /** Makes or replaces a file. */
  put(path: string, text: string, mode = 0o666): void {
    const key = this.open(path, O.WRONLY | O.CREAT | O.TRUNC, mode);
    if (text !== '') this.write(key, text);
    this.close(key);
  }

  get(path: string): string {
    const key = this.open(path);
    try {
      return this.read(key);
    } finally {
      this.close(key);
    }
  }

  stat(path: string, follow = true): Stat {
    return this.now('stat', { ...this.at(path), follow }).stat!;
  }

  access(path: string, mode: number): void {
    const { uid, gid } = this.thread.home.pi;
    this.now('access', { ...this.at(path), mode, uid, gid });
  }

  mkdir(path: string, mode = 0o777): void {
    this.now('mkdir', { ...this.at(path), mode, umask: this.umask });
  }

  mknod(path: string, mode: number, rdev = 0): void {
    this.now('mknod', { ...this.at(path), mode, umask: this.umask, rdev });
  }

  rmdir(path: string): void {
    this.now('rmdir', this.at(path));
  }

  unlink(path: string): void {
    this.now('unlink', this.at(path));
  }

  symlink(target: string, path: string): void {
    this.now('symlink', { ...this.at(path), target });
  }

  readlink(path: string): string {
    return this.now('readlink', this.at(path)).target!;
  }

  chmod(path: string, mode: number): void {
    this.now('chmod', { ...this.at(path), mode });
  }

  chown(path: string, uid: number, gid: number, follow = true): void {
    this.now('chown', { ...this.at(path), uid, gid, follow });
  }

  truncate(path: string, length: number): void {
    this.now('truncate', { ...this.at(path), length, limit: Number.POSITIVE_INFINITY });
  }

  utimens(path: string, atime: number | 'now' | 'omit', mtime: number | 'now' | 'omit'): void {
    this.now('utimens', { ...this.at(path), atime, mtime, follow: true });
  }

  /** Handle on the parent directory, and the last name (with its trailing slashes). */
  private parentOf(path: string): { key: Key; name: string } {
    const bare = path.replace(/\/+$/, '');
    const slash = bare.lastIndexOf('/');
    // As the Process Manager: who names something in a directory searches it.
    const key = this.open(`${bare.slice(0, Math.max(0, slash))}/.`, O.PATH | O.DIRECTORY);
    return { key, name: path.slice(slash + 1) };
  }

  rename(fromPath: string, toPath: string): void {
    const from = this.parentOf(fromPath);
    const to = this.parentOf(toPath);
    try {
      this.now('rename', { from: from.key, fromName: from.name, to: to.key, toName: to.name });
    } finally {
      this.close(from.key);
      this.close(to.key);
    }
  }

  link(fromPath: string, toPath: string): void {
    const object = this.open(fromPath, O.PATH | O.NOFOLLOW);
    const to = this.parentOf(toPath);
    try {
      this.now('link', { object, to: to.key, name: to.name });
    } finally {
      this.close(object);
      this.close(to.key);
    }
  }

  /** All names of a directory, '.' and '..' included, in the order they are read. */
  list(path: string, batch = 1024): string[] {
    const key = this.open(path, O.RDONLY | O.DIRECTORY);
    const names: string[] = [];
    for (;;) {
      const { entries } = this.now('readdir', { key, max: batch });
      if (entries.length === 0) break;
      names.push(...entries.map((entry) => entry.name));
    }
    this.close(key);
    return names;
  }
}

export interface Bench {
  readonly nucleus: Nucleus;
  readonly manager: FileManager;
  readonly volume: Volume;
  readonly root: User;
  readonly alice: User;
  readonly bob: User;
}

export function bench(volume: Volume = memoryVolume(), nucleus = new Nucleus({ site: 1 })): Bench {
  const manager = startFileManager(nucleus, { name: 'FM', volume });
  nucleus.onBug((bug) => {
    throw bug;
  });
  return {
    nucleus,
    manager,
    volume,
    root: new User(nucleus, manager.port, 0),
    alice: new User(nucleus, manager.port, 1000),
    bob: new User(nucleus, manager.port, 1001),
  };
}

/** The errno name that `fn` fails with, or 'ok'. */
export function errno(fn: () => unknown): string {
  try {
    fn();
    return 'ok';
  } catch (error) {
    if (isSysError(error)) return error.code;
    throw error;
  }
}
