/**
 * Copying of files and trees: the engine of cp, and of mv between volumes.
 *
 * Invariants: a tree is never copied into itself; hard links within one run stay hard links when links are
 * preserved; holes are kept (blocks of zeros are skipped) when the source has holes; the attributes of a
 * directory
 * are set after its contents.
 */
import { isDirectory, isRegular, isSymlink, O, S } from '../../../subsystems/unix/constants.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import type { Fd, Stat, Sys } from '../../../subsystems/unix/sys.ts';
import { CHUNK_BYTES } from './io.ts';
import { currentUmask } from './mode.ts';
import { dirName, joinPath } from './path.ts';
import { quoteName } from './quote.ts';
import { listDirectory, statIfAny } from './walk.ts';

export interface CopyOptions {
  recursive: boolean;
  /** Which symbolic links are followed: none, those named as operands, all. */
  follow: 'never' | 'operands' | 'always';
  preserveMode: boolean;
  preserveOwner: boolean;
  preserveTimes: boolean;
  preserveLinks: boolean;
  /** Remove a destination that cannot be opened, and try again. */
  force: boolean;
  removeDestination: boolean;
  oneFileSystem: boolean;
  attributesOnly: boolean;
  /** Make hard or symbolic links instead of copies. */
  linkKind: 'copy' | 'hard' | 'symbolic';
  /** A file made in this run may be replaced by a later source (numbered backups keep both). */
  overwritesOwn: boolean;
  /** Special files are copied as such (with -R); otherwise they are read. */
  copySpecials: boolean;
  /** Called for every destination that exists: false leaves it alone. May move it away. */
  mayReplace(source: string, destination: string, from: Stat, to: Stat): Promise<boolean>;
  /** Called after each thing made. */
  made(source: string, destination: string): Promise<void>;
  /** Reports a failure; the run goes on. */
  fail(text: string): Promise<void>;
}

/** True when every byte is zero: the block may stay a hole. */
function isZero(block: Uint8Array): boolean {
  for (let i = 0; i < block.length; i++) if (block[i] !== 0) return false;
  return true;
}

/** Copies all of one descriptor to another; leaves holes when `sparse`. */
export async function copyData(sys: Sys, from: Fd, to: Fd, sparse: boolean): Promise<void> {
  let length = 0;
  let hole = false;
  for (;;) {
    const chunk = await sys.read(from, CHUNK_BYTES);
    if (chunk.length === 0) break;
    length += chunk.length;
    hole = sparse && isZero(chunk);
    if (hole) await sys.lseek(to, chunk.length, 1);
    else await sys.write(to, chunk);
  }
  if (hole) await sys.ftruncate(to, length);
}

export class Copier {
  private readonly sys: Sys;
  private readonly o: CopyOptions;
  /** dev:ino of a source → the destination that already holds it. */
  private readonly copied = new Map<string, string>();
  /** Directories made in this run, by dev:ino: never a source. */
  private readonly madeDirectories = new Set<string>();
  /** Files made in this run, by path: a later source must not replace them. */
  private readonly madeFiles = new Set<string>();
  /** The operand being copied, for the message about a copy into itself. */
  private operand = '';

  constructor(sys: Sys, options: CopyOptions) {
    this.sys = sys;
    this.o = options;
  }

  /** Copies one operand. True when all of it was copied. */
  async copy(source: string, destination: string): Promise<boolean> {
    this.operand = `${quoteName(source)}, into itself, ${quoteName(destination)}`;
    return this.one(source, destination, true, undefined);
  }

  private async guard(text: () => string, work: () => Promise<boolean>): Promise<boolean> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      await this.o.fail(`${text()}: ${error.message}`);
      return false;
    }
  }

  private async one(
    source: string,
    destination: string,
    isOperand: boolean,
    device: number | undefined,
  ): Promise<boolean> {
    const { sys, o } = this;
    const follow = o.follow === 'always' || (o.follow === 'operands' && isOperand);
    let stat: Stat;
    try {
      stat = follow ? await sys.stat(source) : await sys.lstat(source);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      await o.fail(`cannot stat ${quoteName(source)}: ${error.message}`);
      return false;
    }
    if (isDirectory(stat.mode)) {
      if (!o.recursive) {
        await o.fail(`-r not specified; omitting directory ${quoteName(source)}`);
        return false;
      }
      if (o.oneFileSystem && device !== undefined && stat.dev !== device) return true;
      return this.directory(source, destination, stat);
    }
    return this.file(source, destination, stat);
  }

  private async directory(source: string, destination: string, stat: Stat): Promise<boolean> {
    const { sys, o } = this;
    const key = `${stat.dev}:${stat.ino}`;
    if (this.madeDirectories.has(key)) {
      await o.fail(`cannot copy a directory, ${this.operand}`);
      return false;
    }
    const existing = await statIfAny(sys, destination, true);
    if (existing && !isDirectory(existing.mode)) {
      await o.fail(
        `cannot overwrite non-directory ${quoteName(destination)} with directory ${quoteName(source)}`,
      );
      return false;
    }
    if (existing && `${existing.dev}:${existing.ino}` === key) {
      await o.fail(`cannot copy a directory, ${this.operand}`);
      return false;
    }
    if (!existing) {
      const done = await this.guard(
        () => `cannot create directory ${quoteName(destination)}`,
        async () => {
          await sys.mkdir(destination, (stat.mode & 0o777) | 0o700);
          return true;
        },
      );
      if (!done) return false;
      const made = await sys.stat(destination);
      this.madeDirectories.add(`${made.dev}:${made.ino}`);
      await o.made(source, destination);
    }
    const all = await this.contents(source, destination, stat.dev);
    await this.directoryAttributes(destination, stat, existing !== undefined);
    return all;
  }

  private async contents(source: string, destination: string, device: number): Promise<boolean> {
    let all = true;
    const listed = await this.guard(
      () => `cannot access ${quoteName(source)}`,
      async () => {
        for (const { name } of await listDirectory(this.sys, source)) {
          if (!(await this.one(joinPath(source, name), joinPath(destination, name), false, device)))
            all = false;
        }
        return true;
      },
    );
    return all && listed;
  }

  private async directoryAttributes(destination: string, stat: Stat, existed: boolean): Promise<void> {
    if (!existed && !this.o.preserveMode) {
      const mode = stat.mode & 0o777 & ~currentUmask(this.sys);
      if ((stat.mode & 0o700) !== 0o700) await this.sys.chmod(destination, mode);
    }
    await this.attributes(destination, stat);
  }

  private async file(source: string, destination: string, stat: Stat): Promise<boolean> {
    const { sys, o } = this;
    const existing = await statIfAny(sys, destination, !isSymlink(stat.mode) || o.follow === 'always');
    const entry = existing ?? (await statIfAny(sys, destination, false));
    const writesThrough = o.linkKind === 'copy' && !isSymlink(stat.mode) && !o.removeDestination;
    if (!existing && entry && writesThrough) {
      await o.fail(`not writing through dangling symlink ${quoteName(destination)}`);
      return false;
    }
    if (entry) {
      const decision = await this.overExisting(source, destination, stat, entry);
      if (decision !== 'go') return decision === 'skip';
    }
    const key = `${stat.dev}:${stat.ino}`;
    const twin = o.preserveLinks && stat.nlink > 1 ? this.copied.get(key) : undefined;
    if (twin !== undefined && twin !== destination) return this.linkTwin(twin, destination, source);
    const done = await this.create(source, destination, stat);
    if (done) {
      this.copied.set(key, destination);
      this.madeFiles.add(destination);
    }
    return done;
  }

  /** Checks against what stands at the destination: 'skip' = leave it, 'stop' = reported failure. */
  private async overExisting(
    source: string,
    destination: string,
    from: Stat,
    to: Stat,
  ): Promise<'go' | 'skip' | 'stop'> {
    const { o, sys } = this;
    if (isDirectory(to.mode)) {
      await o.fail(`cannot overwrite directory ${quoteName(destination)} with non-directory`);
      return 'stop';
    }
    const same = from.dev === to.dev && from.ino === to.ino;
    if (same && o.linkKind === 'hard') return 'skip';
    if (same && !o.removeDestination) {
      await o.fail(`${quoteName(source)} and ${quoteName(destination)} are the same file`);
      return 'stop';
    }
    if (!o.overwritesOwn && this.madeFiles.has(destination)) {
      await o.fail(`will not overwrite just-created ${quoteName(destination)} with ${quoteName(source)}`);
      return 'stop';
    }
    if (!(await o.mayReplace(source, destination, from, to))) return 'skip';
    const special =
      isSymlink(from.mode) || o.linkKind !== 'copy' || (o.copySpecials && !isRegular(from.mode));
    if (o.removeDestination || special || (o.preserveLinks && to.nlink > 1)) {
      if (await statIfAny(sys, destination, false)) await sys.unlink(destination);
    }
    return 'go';
  }

  private async linkTwin(twin: string, destination: string, source: string): Promise<boolean> {
    return this.guard(
      () => `cannot create hard link ${quoteName(destination)} to ${quoteName(twin)}`,
      async () => {
        if (await statIfAny(this.sys, destination, false)) await this.sys.unlink(destination);
        await this.sys.link(twin, destination);
        await this.o.made(source, destination);
        return true;
      },
    );
  }

  private async create(source: string, destination: string, stat: Stat): Promise<boolean> {
    const { sys, o } = this;
    if (o.linkKind === 'hard') {
      return this.guard(
        () => `cannot create hard link ${quoteName(destination)} to ${quoteName(source)}`,
        () =>
          this.finished(
            source,
            destination,
            sys.link(source, destination, { follow: o.follow === 'always' }),
          ),
      );
    }
    if (o.linkKind === 'symbolic') {
      if (!source.startsWith('/') && dirName(destination) !== '.') {
        await o.fail(`${destination}: can make relative symbolic links only in current directory`);
        return false;
      }
      return this.guard(
        () => `cannot create symbolic link ${quoteName(destination)} to ${quoteName(source)}`,
        () => this.finished(source, destination, sys.symlink(source, destination)),
      );
    }
    if (isSymlink(stat.mode)) {
      return this.guard(
        () => `cannot create symbolic link ${quoteName(destination)}`,
        async () => {
          await sys.symlink(await sys.readlink(source), destination);
          await this.linkAttributes(destination, stat);
          return this.finished(source, destination, undefined);
        },
      );
    }
    if (!isRegular(stat.mode) && o.copySpecials) {
      return this.guard(
        () => `cannot create special file ${quoteName(destination)}`,
        async () => {
          await sys.mknod(destination, stat.mode, stat.rdev);
          await this.attributes(destination, stat);
          return this.finished(source, destination, undefined);
        },
      );
    }
    return this.regular(source, destination, stat);
  }

  private async finished(source: string, destination: string, work: void | Promise<void>): Promise<boolean> {
    await work;
    await this.o.made(source, destination);
    return true;
  }

  private async regular(source: string, destination: string, stat: Stat): Promise<boolean> {
    const { sys, o } = this;
    let from: Fd;
    try {
      from = await sys.open(source, O.RDONLY);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      await o.fail(`cannot open ${quoteName(source)} for reading: ${error.message}`);
      return false;
    }
    let to: Fd | undefined;
    try {
      to = await this.openDestination(destination, stat.mode & 0o777);
      if (to === undefined) return false;
      if (!o.attributesOnly) {
        const sparse = isRegular(stat.mode) && stat.size > 0 && stat.blocks * 512 < stat.size;
        await copyData(sys, from, to, sparse);
      }
      await sys.close(to);
      to = undefined;
      await this.attributes(destination, stat);
      await o.made(source, destination);
      return true;
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      await o.fail(`error copying ${quoteName(source)} to ${quoteName(destination)}: ${error.message}`);
      return false;
    } finally {
      await sys.close(from);
      if (to !== undefined) await sys.close(to);
    }
  }

  private async openDestination(path: string, mode: number): Promise<Fd | undefined> {
    const { sys, o } = this;
    const flags = O.WRONLY | O.CREAT | (o.attributesOnly ? 0 : O.TRUNC);
    try {
      return await sys.open(path, flags, mode);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      const exists = await statIfAny(sys, path, false);
      if (o.force && exists && error.code !== 'ENOENT' && !isDirectory(exists.mode)) {
        await sys.unlink(path);
        return sys.open(path, flags | O.EXCL, mode);
      }
      const reason = path.endsWith('/') && error.code === 'EISDIR' ? new SysError('ENOTDIR') : error;
      await o.fail(`cannot create regular file ${quoteName(path)}: ${reason.message}`);
      return undefined;
    }
  }

  private async linkAttributes(path: string, stat: Stat): Promise<void> {
    if (this.o.preserveOwner) await this.tryChown(path, stat, true);
    if (this.o.preserveTimes) await this.sys.utimens(path, stat.atimeMs, stat.mtimeMs, { noFollow: true });
  }

  /** Only root may give files away: others keep what they can, silently, as cp -p does. */
  private async tryChown(path: string, stat: Stat, link: boolean): Promise<boolean> {
    try {
      if (link) await this.sys.lchown(path, stat.uid, stat.gid);
      else await this.sys.chown(path, stat.uid, stat.gid);
      return true;
    } catch (error) {
      if (error instanceof SysError && (error.code === 'EPERM' || error.code === 'EINVAL')) return false;
      throw error;
    }
  }

  private async attributes(path: string, stat: Stat): Promise<void> {
    const { sys, o } = this;
    let owned = true;
    if (o.preserveOwner) owned = await this.tryChown(path, stat, false);
    if (o.preserveMode) {
      // Set-id bits must not survive on a file that changed hands.
      const bits = owned ? stat.mode & 0o7777 : stat.mode & 0o7777 & ~(S.ISUID | S.ISGID);
      await sys.chmod(path, bits);
    }
    if (o.preserveTimes) await sys.utimens(path, stat.atimeMs, stat.mtimeMs);
  }
}
