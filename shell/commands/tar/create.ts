/** tar -c and -r: walks the operands and packs them. Hard links and modes, owners, times are kept. */
import { type Pack, pack } from 'tar-stream';
import {
  isCharDevice,
  isDirectory,
  isFifo,
  isRegular,
  isSymlink,
  majorOf,
  minorOf,
  O,
} from '../../../subsystems/unix/constants.ts';
import type { Stat } from '../../../subsystems/unix/sys.ts';
import { Fatal, SysError } from '../lib/command.ts';
import { parseDate } from '../lib/dateparse.ts';
import { CHUNK_BYTES } from '../lib/io.ts';
import { parseMode } from '../lib/mode.ts';
import type { Names } from '../lib/names.ts';
import { joinPath } from '../lib/path.ts';
import { compareNames, listDirectory } from '../lib/walk.ts';
import { zoneOf } from '../lib/zone.ts';
import type { Headers } from './list.ts';
import { safeName } from './names.ts';
import type { TarContext } from './options.ts';

export interface CreateRules {
  names: Names;
  isExcluded: (name: string) => boolean;
  /** Called for every member that was added. */
  added: (header: Headers) => Promise<void>;
  /** dev:ino of the archive itself, which is never its own member. */
  archiveId: string | undefined;
}

interface Stream {
  once(event: 'drain' | 'close', listener: () => void): unknown;
}

/** Resolves when the sink takes more, or when the archive's reader has gone. */
function drained(sink: Stream, packer: Stream): Promise<void> {
  return new Promise((resolve) => {
    sink.once('drain', () => resolve());
    packer.once('close', () => resolve());
  });
}

export class Creator {
  private readonly ctx: TarContext;
  private readonly rules: CreateRules;
  private readonly packer: Pack = pack();
  /** dev:ino → first member name, for hard links. */
  private readonly links = new Map<string, string>();
  private readonly warned = new Set<string>();
  private device: number | undefined;

  constructor(ctx: TarContext, rules: CreateRules) {
    this.ctx = ctx;
    this.rules = rules;
  }

  /** The archive's bytes; the members are added while they are read. */
  async *bytes(operands: AsyncIterable<string>): AsyncGenerator<Uint8Array, void, void> {
    let failure: unknown;
    const filling = this.fill(operands).catch((error: unknown) => {
      failure = error;
      this.packer.destroy();
    });
    try {
      for await (const chunk of this.packer) yield chunk as Uint8Array;
    } catch (error) {
      if (failure === undefined) throw error;
    } finally {
      this.packer.destroy();
      await filling;
    }
    if (failure !== undefined) throw failure;
  }

  private async fill(operands: AsyncIterable<string>): Promise<void> {
    for await (const path of operands) {
      this.device = undefined;
      await this.add(path);
    }
    this.packer.finalize();
  }

  private async add(path: string): Promise<void> {
    const { ctx, rules } = this;
    if (rules.isExcluded(path)) return;
    let stat: Stat;
    try {
      stat = ctx.options.follow ? await ctx.sys.stat(path) : await ctx.sys.lstat(path);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      await ctx.error(`${path}: Cannot stat: ${error.message}`);
      return;
    }
    const id = `${stat.dev}:${stat.ino}`;
    if (id === rules.archiveId) {
      await ctx.warn(`${path}: file is the archive; not dumped`);
      return;
    }
    this.device ??= stat.dev;
    if (ctx.options.oneFileSystem && stat.dev !== this.device) return;
    const header = await this.header(path, stat);
    if (!header) return;
    if (header.type === 'file') await this.file(path, header, id);
    else await this.entry(header);
    if (isDirectory(stat.mode) && !ctx.options.noRecursion) await this.children(path);
  }

  private async children(path: string): Promise<void> {
    try {
      const entries = await listDirectory(this.ctx.sys, path);
      if (this.ctx.options.sort === 'name') entries.sort((a, b) => compareNames(a.name, b.name));
      for (const { name } of entries) await this.add(joinPath(path, name));
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      await this.ctx.error(`${path}: Cannot open: ${error.message}`);
    }
  }

  /** The name in the archive, with the message about what was removed from it (once per prefix). */
  private async memberName(path: string, what: string): Promise<string> {
    if (this.ctx.options.absolute) return path;
    const { name, removed } = safeName(path);
    const key = what + removed;
    if (removed !== '' && !this.warned.has(key)) {
      this.warned.add(key);
      await this.ctx.warn(`Removing leading \`${removed}' from ${what}`);
    }
    return name === '' ? './' : name;
  }

  private async header(path: string, stat: Stat): Promise<Headers | undefined> {
    const { options: o, sys } = this.ctx;
    const name = await this.memberName(path, 'member names');
    const { names } = this.rules;
    const uid = o.owner === undefined ? stat.uid : (names.uid(o.owner) ?? stat.uid);
    const gid = o.group === undefined ? stat.gid : (names.gid(o.group) ?? stat.gid);
    const base: Headers = {
      name,
      mode: this.mode(stat),
      uid,
      gid,
      mtime: new Date(this.mtimeMs(stat)),
      ...(o.numericOwner ? {} : { uname: names.userName(uid) ?? '', gname: names.groupName(gid) ?? '' }),
    };
    if (isDirectory(stat.mode))
      return { ...base, name: name.endsWith('/') ? name : `${name}/`, type: 'directory', size: 0 };
    if (isSymlink(stat.mode))
      return { ...base, type: 'symlink', linkname: await sys.readlink(path), size: 0 };
    const first = stat.nlink > 1 ? this.links.get(`${stat.dev}:${stat.ino}`) : undefined;
    if (first !== undefined) {
      return { ...base, type: 'link', linkname: await this.memberName(first, 'hard link targets'), size: 0 };
    }
    if (isFifo(stat.mode)) return { ...base, type: 'fifo', size: 0 };
    if (isCharDevice(stat.mode)) {
      return {
        ...base,
        type: 'character-device',
        size: 0,
        devmajor: majorOf(stat.rdev),
        devminor: minorOf(stat.rdev),
      };
    }
    if (isRegular(stat.mode)) return { ...base, type: 'file', size: stat.size };
    await this.ctx.warn(`${path}: socket ignored`);
    return undefined;
  }

  private mode(stat: Stat): number {
    const { mode } = this.ctx.options;
    const bits = stat.mode & 0o7777;
    if (mode === undefined) return bits;
    const change = parseMode(mode);
    if (!change) throw new Fatal(`Invalid mode given on option`);
    return change(bits, isDirectory(stat.mode), 0);
  }

  private mtimeMs(stat: Stat): number {
    const { options: o, sys } = this.ctx;
    if (o.mtime === undefined) return stat.mtimeMs;
    const ms = parseDate(o.mtime, sys.now(), zoneOf(sys.env));
    if (ms === undefined) throw new Fatal(`Invalid mtime given: '${o.mtime}'`);
    return ms;
  }

  private async entry(header: Headers): Promise<void> {
    this.packer.entry(header);
    await this.rules.added(header);
  }

  private async file(path: string, header: Headers, id: string): Promise<void> {
    const { sys } = this.ctx;
    const fd = await this.ctx.attempt(
      () => `${path}: Cannot open`,
      () => sys.open(path, O.RDONLY),
    );
    if (fd === undefined) return;
    this.links.set(id, path);
    await this.rules.added(header);
    const size = header.size ?? 0;
    const sink = this.packer.entry(header);
    let left = size;
    try {
      while (left > 0) {
        const chunk = await sys.read(fd, Math.min(left, CHUNK_BYTES));
        // A file that shrank is filled up with zeros: the header has promised its size.
        const data = chunk.length > 0 ? chunk : new Uint8Array(Math.min(left, CHUNK_BYTES));
        if (chunk.length === 0 && left <= CHUNK_BYTES)
          await this.ctx.error(`${path}: File shrank by ${left} bytes; padding with zeros`);
        left -= data.length;
        if (!sink.write(data)) await drained(sink, this.packer);
        if (this.packer.destroyed) return;
      }
    } finally {
      await sys.close(fd);
    }
    const closed = new Promise<void>((resolve) => sink.once('close', () => resolve()));
    sink.end(undefined);
    await closed;
  }
}
