/**
 * `system.fs`: the subset of node:fs/promises that tools use, on the files of the system. Every call is
 * ordinary system calls of a host process that runs as the system's user, so rights apply; relative paths
 * start at the system's working directory. Errors are FileErrors; each call takes an AbortSignal.
 */
import { Access, isDirectory, O } from '../../subsystems/unix/constants.ts';
import type { DirEntry, Fd } from '../../subsystems/unix/sys.ts';
import { type Abortable, abortable } from './abort.ts';
import { isFileError, named } from './file-error.ts';
import { Dirent, Stats } from './file-stats.ts';
import type { Host } from './host.ts';
import { CHUNK_BYTES } from './streams.ts';

export type Encoding = 'utf8' | 'utf-8';
export interface ReadOptions extends Abortable {
  encoding?: Encoding | null;
}
export interface WriteOptions extends Abortable {
  /** Permission bits of a created file, under umask 022. Default 0o666. */
  mode?: number;
  /** 'w' replaces, 'a' appends, 'wx' and 'ax' fail when the file exists. Default 'w'. */
  flag?: 'w' | 'a' | 'wx' | 'ax';
}
export interface MakeOptions extends Abortable {
  recursive?: boolean;
  mode?: number;
}
export interface RemoveOptions extends Abortable {
  recursive?: boolean;
  /** A missing path is no error. */
  force?: boolean;
}
type Time = number | Date;

const WRITE_FLAGS: Readonly<Record<string, number>> = {
  w: O.WRONLY | O.CREAT | O.TRUNC,
  a: O.WRONLY | O.CREAT | O.APPEND,
  wx: O.WRONLY | O.CREAT | O.EXCL,
  ax: O.WRONLY | O.CREAT | O.EXCL | O.APPEND,
};

const encoder = new TextEncoder();
const join = (directory: string, name: string): string => `${directory.replace(/\/+$/, '')}/${name}`;
/** node's times are seconds or Dates. */
const toMs = (time: Time): number => (typeof time === 'number' ? time * 1000 : time.getTime());

function checkPath(path: unknown): asserts path is string {
  if (typeof path !== 'string' || path === '' || path.includes('\0')) {
    throw new TypeError(`path: expected a non-empty string without NUL, not ${JSON.stringify(path)}`);
  }
}

export class Files {
  private readonly host: Host;

  constructor(host: Host) {
    this.host = host;
  }

  /** Checks the path, names the failing call, ends with the signal. */
  private async run<T>(
    syscall: string,
    path: string,
    options: Abortable | undefined,
    work: () => T | Promise<T>,
  ): Promise<T> {
    checkPath(path);
    options?.signal?.throwIfAborted();
    return abortable(named(syscall, path, work), options?.signal);
  }

  private async withOpen<T>(
    path: string,
    flags: number,
    mode: number,
    use: (fd: Fd) => Promise<T>,
  ): Promise<T> {
    const fd = await this.host.sys.open(path, flags | O.CLOEXEC, mode);
    try {
      return await use(fd);
    } finally {
      await this.host.closeAll([fd]);
    }
  }

  readFile(path: string, options: Encoding | (ReadOptions & { encoding: Encoding })): Promise<string>;
  readFile(path: string, options?: ReadOptions | null): Promise<Buffer>;
  readFile(path: string, options?: ReadOptions | Encoding | null): Promise<string | Buffer> {
    const { encoding, signal } =
      typeof options === 'string' ? { encoding: options } : { signal: undefined, ...options };
    return this.run('open', path, { signal }, () =>
      this.withOpen(path, O.RDONLY, 0, async (fd) => {
        const bytes = await this.host.readAll(fd);
        const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        return encoding ? buffer.toString('utf8') : buffer;
      }),
    );
  }

  writeFile(path: string, data: string | Uint8Array, options: WriteOptions = {}): Promise<void> {
    const flags = WRITE_FLAGS[options.flag ?? 'w'];
    if (flags === undefined) throw new TypeError(`flag: unknown: ${options.flag}`);
    const bytes = typeof data === 'string' ? encoder.encode(data) : data;
    if (!(bytes instanceof Uint8Array)) throw new TypeError('data: expected a string or a Uint8Array');
    return this.run('open', path, options, () =>
      this.withOpen(path, flags, options.mode ?? 0o666, async (fd) => {
        for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
          options.signal?.throwIfAborted();
          await this.host.sys.write(fd, bytes.subarray(at, at + CHUNK_BYTES));
        }
      }),
    );
  }

  appendFile(path: string, data: string | Uint8Array, options: WriteOptions = {}): Promise<void> {
    return this.writeFile(path, data, { flag: 'a', ...options });
  }

  mkdir(path: string, options: MakeOptions = {}): Promise<void> {
    const { recursive, mode = 0o777 } = options;
    return this.run('mkdir', path, options, () =>
      recursive ? this.makePath(path, mode) : this.host.sys.mkdir(path, mode),
    );
  }

  private async makePath(path: string, mode: number): Promise<void> {
    const parts = path.split('/').filter((part) => part !== '');
    let prefix = path.startsWith('/') ? '' : '.';
    for (const part of parts) {
      prefix += `/${part}`;
      try {
        await named('mkdir', path, () => this.host.sys.mkdir(prefix, mode));
      } catch (error) {
        if (!isFileError(error, 'EEXIST')) throw error;
        if (!(await this.stat(prefix)).isDirectory()) throw error;
      }
    }
  }

  readdir(path: string, options: Abortable & { withFileTypes: true }): Promise<Dirent[]>;
  readdir(path: string, options?: Abortable & { withFileTypes?: false }): Promise<string[]>;
  readdir(path: string, options?: Abortable & { withFileTypes?: boolean }): Promise<string[] | Dirent[]> {
    return this.run('scandir', path, options, async () => {
      const entries = await this.entries(path);
      return options?.withFileTypes
        ? entries.map(({ name, type }) => new Dirent(name, path, type))
        : entries.map(({ name }) => name);
    });
  }

  private async entries(path: string): Promise<DirEntry[]> {
    return this.withOpen(path, O.RDONLY | O.DIRECTORY, 0, async (fd) => {
      const all: DirEntry[] = [];
      for (;;) {
        const batch = await this.host.sys.readdir(fd);
        if (batch.length === 0) break;
        all.push(...batch.filter(({ name }) => name !== '.' && name !== '..'));
      }
      return all.sort((a, b) => (a.name < b.name ? -1 : 1));
    });
  }

  stat(path: string, options?: Abortable): Promise<Stats> {
    return this.run('stat', path, options, async () => new Stats(await this.host.sys.stat(path)));
  }

  lstat(path: string, options?: Abortable): Promise<Stats> {
    return this.run('lstat', path, options, async () => new Stats(await this.host.sys.lstat(path)));
  }

  /** Rejects when the file is not there or the rights (R_OK, W_OK, X_OK bits) are missing. */
  access(path: string, mode: number = Access.F_OK, options?: Abortable): Promise<void> {
    return this.run('access', path, options, () => this.host.sys.access(path, mode, { effective: true }));
  }

  rm(path: string, options: RemoveOptions = {}): Promise<void> {
    return this.run('rm', path, options, async () => {
      try {
        const directory = isDirectory((await this.host.sys.lstat(path)).mode);
        if (directory && options.recursive) await this.removeTree(path, options.signal);
        else await this.host.sys.unlink(path);
      } catch (error) {
        const gone = options.force && (error as { code?: string }).code === 'ENOENT';
        if (!gone) throw error;
      }
    });
  }

  private async removeTree(path: string, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    for (const { name, type } of await this.entries(path)) {
      const inner = join(path, name);
      if (isDirectory(type)) await this.removeTree(inner, signal);
      else await this.host.sys.unlink(inner);
    }
    await this.host.sys.rmdir(path);
  }

  unlink(path: string, options?: Abortable): Promise<void> {
    return this.run('unlink', path, options, () => this.host.sys.unlink(path));
  }

  rmdir(path: string, options?: Abortable): Promise<void> {
    return this.run('rmdir', path, options, () => this.host.sys.rmdir(path));
  }

  rename(from: string, to: string, options?: Abortable): Promise<void> {
    checkPath(to);
    return this.run('rename', from, options, () => this.host.sys.rename(from, to));
  }

  /** Copies bytes and permission bits. */
  copyFile(from: string, to: string, options?: Abortable): Promise<void> {
    checkPath(to);
    const { sys } = this.host;
    return this.run('copyfile', from, options, () =>
      this.withOpen(from, O.RDONLY, 0, async (source) => {
        const { mode } = await sys.fstat(source);
        await this.withOpen(to, WRITE_FLAGS.w!, mode & 0o777, async (target) => {
          for (;;) {
            options?.signal?.throwIfAborted();
            const chunk = await sys.read(source, CHUNK_BYTES);
            if (chunk.length === 0) break;
            await sys.write(target, chunk);
          }
        });
      }),
    );
  }

  link(existing: string, path: string, options?: Abortable): Promise<void> {
    checkPath(existing);
    return this.run('link', path, options, () => this.host.sys.link(existing, path));
  }

  symlink(target: string, path: string, options?: Abortable): Promise<void> {
    return this.run('symlink', path, options, () => this.host.sys.symlink(target, path));
  }

  readlink(path: string, options?: Abortable): Promise<string> {
    return this.run('readlink', path, options, () => this.host.sys.readlink(path));
  }

  chmod(path: string, mode: number, options?: Abortable): Promise<void> {
    return this.run('chmod', path, options, () => this.host.sys.chmod(path, mode));
  }

  chown(path: string, uid: number, gid: number, options?: Abortable): Promise<void> {
    return this.run('chown', path, options, () => this.host.sys.chown(path, uid, gid));
  }

  truncate(path: string, length = 0, options?: Abortable): Promise<void> {
    return this.run('truncate', path, options, () => this.host.sys.truncate(path, length));
  }

  /** Times in seconds or as Dates. */
  utimes(path: string, atime: Time, mtime: Time, options?: Abortable): Promise<void> {
    return this.run('utime', path, options, () => this.host.sys.utimens(path, toMs(atime), toMs(mtime)));
  }

  /** Makes a directory whose name starts with `prefix` and ends in six random characters. */
  mkdtemp(prefix: string, options?: Abortable): Promise<string> {
    return this.run('mkdtemp', prefix, options, async () => {
      for (;;) {
        const path = prefix + Buffer.from(this.host.sys.getrandom(8)).toString('base64url').slice(0, 6);
        try {
          await this.host.sys.mkdir(path, 0o700);
          return path;
        } catch (error) {
          if ((error as { code?: string }).code !== 'EEXIST') throw error;
        }
      }
    });
  }
}
