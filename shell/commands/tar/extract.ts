/**
 * tar -x and -t: reads members and makes them. Attributes of directories are set at the end, when nothing
 * is added any more.
 */
import { type Extract, extract } from 'tar-stream';
import { isDirectory, makedev, O, S } from '../../../subsystems/unix/constants.ts';
import { SysError } from '../lib/command.ts';
import { currentUmask } from '../lib/mode.ts';
import type { Names } from '../lib/names.ts';
import { dirName } from '../lib/path.ts';
import { removeTree } from '../lib/remove.ts';
import { statIfAny } from '../lib/walk.ts';
import type { Headers } from './list.ts';
import { safeName } from './names.ts';
import type { TarContext } from './options.ts';

type Entry = Extract extends AsyncIterable<infer Member> ? Member : never;

/** The members of an archive, in order. Each one's data must be consumed before the next. */
export async function* members(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Entry, void, void> {
  const unpacker = extract();
  let failure: unknown;
  const feed = async (): Promise<void> => {
    try {
      for await (const chunk of chunks) {
        if (unpacker.destroyed) return;
        if (!unpacker.write(chunk)) {
          await new Promise<void>((resolve) => {
            unpacker.once('drain', resolve);
            unpacker.once('close', resolve);
          });
        }
      }
      unpacker.end(undefined);
    } catch (error) {
      failure = error;
      unpacker.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  };
  const feeding = feed();
  try {
    for await (const entry of unpacker) {
      yield entry;
      entry.resume();
    }
  } catch (error) {
    throw failure ?? error;
  } finally {
    unpacker.destroy();
    await feeding;
  }
}

interface Later {
  path: string;
  header: Headers;
}

export class Extractor {
  private readonly ctx: TarContext;
  private readonly names: Names;
  private readonly umask: number;
  private readonly directories: Later[] = [];
  private readonly warned = new Set<string>();
  private readonly asRoot: boolean;

  constructor(ctx: TarContext, names: Names) {
    this.ctx = ctx;
    this.names = names;
    this.asRoot = ctx.sys.geteuid() === 0;
    const exact = ctx.options.permissions || (this.asRoot && !ctx.options.noSamePermissions);
    this.umask = exact ? 0 : currentUmask(ctx.sys);
  }

  /** The path to make, without what would lead outside. */
  private async local(name: string, what: string): Promise<string> {
    if (this.ctx.options.absolute) return name;
    const { name: safe, removed } = safeName(name);
    if (removed !== '' && !this.warned.has(what + removed)) {
      this.warned.add(what + removed);
      await this.ctx.warn(`Removing leading \`${removed}' from ${what}`);
    }
    return safe === '' ? '.' : safe;
  }

  /** Makes one member under `name`. */
  async make(header: Headers, name: string, data: AsyncIterable<Uint8Array>): Promise<void> {
    const { ctx } = this;
    const path = (await this.local(name, 'member names')).replace(/(?<=.)\/+$/, '');
    if (ctx.options.toStdout) {
      if (header.type === 'file' || header.type === 'contiguous-file')
        for await (const chunk of data) await ctx.out.write(chunk);
      return;
    }
    try {
      if (!(await this.clear(path, header))) return;
      await this.create(path, header, data);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      const verb =
        header.type === 'directory'
          ? 'Cannot mkdir'
          : header.type === 'symlink'
            ? `Cannot create symlink to '${header.linkname}'`
            : header.type === 'link'
              ? `Cannot hard link to '${header.linkname}'`
              : 'Cannot open';
      ctx.status = 2;
      await ctx.warn(`${path}: ${verb}: ${error.message}`);
    }
  }

  /** Makes room; false when what is there stays. */
  private async clear(path: string, header: Headers): Promise<boolean> {
    const { sys, options: o } = this.ctx;
    const existing = await statIfAny(sys, path, false);
    if (!existing) {
      await this.parents(path);
      return true;
    }
    if (isDirectory(existing.mode) && header.type === 'directory') return true;
    if (o.skipOld) return false;
    if (o.keepOld) throw new SysError('EEXIST');
    if (isDirectory(existing.mode)) await sys.rmdir(path);
    else if (!(o.overwrite && header.type === 'file')) await removeTree(sys, path);
    return true;
  }

  private async parents(path: string): Promise<void> {
    const parent = dirName(path);
    if (parent === '.' || parent === '/' || (await statIfAny(this.ctx.sys, parent, true))) return;
    await this.parents(parent);
    await this.ctx.sys.mkdir(parent, 0o777);
  }

  private async create(path: string, header: Headers, data: AsyncIterable<Uint8Array>): Promise<void> {
    const { sys } = this.ctx;
    switch (header.type) {
      case 'directory':
        if (!(await statIfAny(sys, path, true))) await sys.mkdir(path, 0o700);
        this.directories.push({ path, header });
        return;
      case 'symlink':
        await sys.symlink(header.linkname ?? '', path);
        await this.owner(path, header, true);
        if (!this.ctx.options.touch)
          await sys.utimens(path, 'now', header.mtime?.getTime() ?? 'now', { noFollow: true });
        return;
      case 'link':
        await sys.link(await this.local(header.linkname ?? '', 'hard link targets'), path);
        return;
      case 'fifo':
        await sys.mknod(path, S.IFIFO | 0o600);
        break;
      case 'character-device':
        await sys.mknod(path, S.IFCHR | 0o600, makedev(header.devmajor ?? 0, header.devminor ?? 0));
        break;
      default:
        await this.file(path, data);
    }
    await this.attributes({ path, header });
  }

  private async file(path: string, data: AsyncIterable<Uint8Array>): Promise<void> {
    const { sys } = this.ctx;
    const fd = await sys.open(path, O.WRONLY | O.CREAT | O.TRUNC, 0o600);
    try {
      for await (const chunk of data) await sys.write(fd, chunk);
    } finally {
      await sys.close(fd);
    }
  }

  private async owner(path: string, header: Headers, link: boolean): Promise<void> {
    const { sys, options: o } = this.ctx;
    if (o.noSameOwner || !(this.asRoot || o.sameOwner)) return;
    const uid =
      (!o.numericOwner && header.uname && this.names.findUser(header.uname)?.uid) || (header.uid ?? -1);
    const gid = (!o.numericOwner && header.gname && this.names.gid(header.gname)) || (header.gid ?? -1);
    if (link) await sys.lchown(path, uid, gid);
    else await sys.chown(path, uid, gid);
  }

  private async attributes({ path, header }: Later): Promise<void> {
    const { sys, options: o } = this.ctx;
    await this.owner(path, header, false);
    await sys.chmod(path, (header.mode ?? 0o644) & 0o7777 & ~this.umask);
    if (!o.touch && header.mtime) await sys.utimens(path, 'now', header.mtime.getTime());
  }

  /** Directories get their modes and times, the deepest first. */
  async finish(): Promise<void> {
    for (const later of this.directories.reverse()) {
      await this.ctx.attempt(
        () => `${later.path}: Cannot change mode`,
        () => this.attributes(later),
      );
    }
  }
}
