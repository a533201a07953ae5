/** ls: lists files and directories. The parts (options, entries, layouts, colours) are in ls/. */
import { isDirectory, isSymlink } from '../../subsystems/unix/constants.ts';
import type { DirEntry, Stat } from '../../subsystems/unix/sys.ts';
import { command, SysError } from './lib/command.ts';
import { globMatcher } from './lib/glob.ts';
import { loadNames, type Names } from './lib/names.ts';
import { joinPath } from './lib/path.ts';
import { quoteName } from './lib/quote.ts';
import { listDirectory } from './lib/walk.ts';
import { displayWidth } from './lib/width.ts';
import { type Zone, zoneOf } from './lib/zone.ts';
import { Colors } from './ls/color.ts';
import { type Entry, indicatorOf, shownName, sortEntries } from './ls/entry.ts';
import { type Cell, layout } from './ls/layout.ts';
import { blocksText, longPrefixes } from './ls/long.ts';
import { type LsContext, OPTIONS, type Settings, settingsOf } from './ls/options.ts';

class Lister {
  private readonly ctx: LsContext;
  private readonly settings: Settings;
  private readonly colors: Colors | undefined;
  private readonly zone: Zone;
  private readonly isIgnored: (name: string) => boolean;
  private readonly needsStat: boolean;
  private names: Names | undefined;
  private printedAny = false;

  constructor(ctx: LsContext, settings: Settings) {
    const { options: o } = ctx;
    this.ctx = ctx;
    this.settings = settings;
    this.colors = settings.color ? new Colors(ctx.sys.env) : undefined;
    this.zone = zoneOf(ctx.sys.env);
    this.needsStat =
      settings.format === 'long' ||
      settings.sort === 'time' ||
      settings.sort === 'size' ||
      o.size ||
      settings.color ||
      settings.indicator === 'classify' ||
      settings.follow === 'always' ||
      o.dirsFirst;
    this.isIgnored = ignorer(ctx);
  }

  /** One of the operands; undefined after a reported failure. */
  async operand(name: string): Promise<Entry | undefined> {
    const { follow } = this.settings;
    const { sys } = this.ctx;
    try {
      let stat: Stat | undefined;
      if (follow === 'always' || follow === 'operands') stat = await sys.stat(name);
      else if (follow === 'directories') stat = await this.directoryStat(name);
      return await this.complete(name, name, stat ?? (await sys.lstat(name)));
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      // A dangling link is listed itself when links are followed on the command line.
      const dangling =
        follow === 'operands' && error.code === 'ENOENT' ? await this.lstatOrNone(name) : undefined;
      if (dangling) return this.complete(name, name, dangling);
      await this.fail(`cannot access ${quoteName(name)}: ${error.message}`, 2);
      return undefined;
    }
  }

  private async lstatOrNone(path: string): Promise<Stat | undefined> {
    try {
      return await this.ctx.sys.lstat(path);
    } catch (error) {
      if (error instanceof SysError) return undefined;
      throw error;
    }
  }

  private async directoryStat(path: string): Promise<Stat | undefined> {
    try {
      const stat = await this.ctx.sys.stat(path);
      return isDirectory(stat.mode) ? stat : undefined;
    } catch (error) {
      if (error instanceof SysError) return undefined;
      throw error;
    }
  }

  /** Adds what a link leads to, when it will be shown. */
  private async complete(name: string, path: string, stat: Stat): Promise<Entry> {
    const entry: Entry = { name, path, mode: stat.mode, ino: stat.ino, stat };
    const { format } = this.settings;
    if (!isSymlink(stat.mode)) return entry;
    if (format === 'long') entry.target = await this.linkText(path);
    if (format === 'long' || this.settings.color || this.ctx.options.dirsFirst) {
      entry.targetMode = await this.targetMode(path);
    }
    return entry;
  }

  private async linkText(path: string): Promise<string> {
    return (
      (await this.ctx.attempt(
        () => `cannot read symbolic link ${quoteName(path)}`,
        () => this.ctx.sys.readlink(path),
      )) ?? ''
    );
  }

  private async targetMode(path: string): Promise<number | undefined> {
    try {
      return (await this.ctx.sys.stat(path)).mode;
    } catch (error) {
      if (error instanceof SysError) return undefined;
      throw error;
    }
  }

  private async fail(text: string, status: number): Promise<void> {
    await this.ctx.warn(text);
    this.ctx.status = Math.max(this.ctx.status, status);
  }

  private async member(dir: string, item: Omit<DirEntry, 'next'>): Promise<Entry | undefined> {
    const path = joinPath(dir, item.name);
    const bare: Entry = { name: item.name, path, mode: item.type, ino: item.ino, stat: undefined };
    if (!this.needsStat) return bare;
    try {
      const stat =
        this.settings.follow === 'always' ? await this.followed(path) : await this.ctx.sys.lstat(path);
      return await this.complete(item.name, path, stat);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      await this.fail(`cannot access ${quoteName(path)}: ${error.message}`, 1);
      return bare;
    }
  }

  private async followed(path: string): Promise<Stat> {
    return this.ctx.sys.stat(path);
  }

  private async readDirectory(path: string): Promise<Entry[] | undefined> {
    const { options: o } = this.ctx;
    const items: Omit<DirEntry, 'next'>[] = [];
    if (o.all || o.unsortedAll)
      items.push({ name: '.', ino: 0, type: 0o040000 }, { name: '..', ino: 0, type: 0o040000 });
    items.push(...(await listDirectory(this.ctx.sys, path)).filter((item) => !this.isIgnored(item.name)));
    const entries: Entry[] = [];
    for (const item of items) {
      const isDot = item.name === '.' || item.name === '..';
      if (isDot && o.inode && !this.needsStat)
        item.ino = (await this.ctx.sys.stat(joinPath(path, item.name))).ino;
      const entry = await this.member(path, item);
      if (entry) entries.push(entry);
    }
    return entries;
  }

  /** Prints a directory's contents (with its header when asked), then with -R those below. */
  async directory(
    path: string,
    header: boolean,
    isOperand: boolean,
    parents: readonly string[] = [],
  ): Promise<void> {
    const { ctx } = this;
    let entries: Entry[] | undefined;
    try {
      entries = await this.readDirectory(path);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      await this.fail(`cannot open directory ${quoteName(path)}: ${error.message}`, isOperand ? 2 : 1);
      return;
    }
    if (!entries) return;
    this.sort(entries);
    if (header) {
      if (this.printedAny) ctx.out.put('\n');
      ctx.out.put(`${shownName(path, this.settings)}:\n`);
    }
    this.printedAny = true;
    if (this.settings.format === 'long' || ctx.options.size) this.total(entries);
    await this.print(entries);
    if (!ctx.options.recursive) return;
    for (const entry of entries) {
      if (!isDirectory(entry.mode) || entry.name === '.' || entry.name === '..') continue;
      const id = entry.stat ? `${entry.stat.dev}:${entry.stat.ino}` : '';
      if (id !== '' && parents.includes(id)) {
        await this.fail(`${entry.path}: not listing already-listed directory`, 2);
        continue;
      }
      await this.directory(entry.path, true, false, [...parents, id]);
    }
  }

  private total(entries: readonly Entry[]): void {
    const blocks = entries.reduce((sum, entry) => sum + (entry.stat?.blocks ?? 0), 0);
    this.ctx.out.put(`total ${blocksText(blocks, this.settings)}${this.settings.end}`);
  }

  sort(entries: Entry[]): void {
    sortEntries(entries, this.settings, this.ctx.options.reverse, this.ctx.options.dirsFirst);
  }

  private nameCell(entry: Entry, pad: string): Cell {
    const name = pad + shownName(entry.name, this.settings);
    const mark = entry.target === undefined ? indicatorOf(entry.mode, this.settings.indicator) : '';
    const painted = this.colors ? this.colors.paint(name, entry) : name;
    return { text: painted + mark, width: displayWidth(name) + mark.length };
  }

  /** Names that need no quotes move one to the right when others have them, as on GNU's terminals. */
  private padding(entries: readonly Entry[]): (entry: Entry) => string {
    const { quoting, format } = this.settings;
    if (quoting !== 'shell-escape' || format === 'commas' || format === 'single') return () => '';
    const isQuoted = (entry: Entry): boolean => shownName(entry.name, this.settings) !== entry.name;
    if (!entries.some(isQuoted)) return () => '';
    return (entry) => (isQuoted(entry) ? '' : ' ');
  }

  async print(entries: readonly Entry[]): Promise<void> {
    const { options: o, out } = this.ctx;
    if (entries.length > 0) this.printedAny = true;
    const pad = this.padding(entries);
    if (this.settings.format === 'long') {
      await this.printLong(entries, pad);
      return;
    }
    const inodes = this.column(o.inode, entries, (entry) => (entry.ino > 0 ? String(entry.ino) : '?'));
    const blocks = this.column(o.size, entries, (entry) =>
      entry.stat ? blocksText(entry.stat.blocks, this.settings) : '?',
    );
    const cells = entries.map((entry, i) => {
      const before = `${inodes[i]}${blocks[i]}`;
      const name = this.nameCell(entry, pad(entry));
      return { text: before + name.text, width: before.length + name.width };
    });
    await out.write(layout(cells, this.settings));
  }

  private column(on: boolean, entries: readonly Entry[], text: (entry: Entry) => string): string[] {
    if (!on) return entries.map(() => '');
    const texts = entries.map(text);
    const width = this.settings.format === 'commas' ? 0 : Math.max(...texts.map((t) => t.length));
    return texts.map((t) => `${t.padStart(width)} `);
  }

  private async printLong(entries: readonly Entry[], pad: (entry: Entry) => string): Promise<void> {
    const { options: o, out, sys } = this.ctx;
    this.names ??= await loadNames(sys);
    const style = {
      settings: this.settings,
      names: this.names,
      zone: this.zone,
      nowMs: sys.now(),
      inode: o.inode,
      blocks: o.size,
      author: o.author,
    };
    const prefixes = longPrefixes(entries, style);
    for (const [i, entry] of entries.entries()) {
      const name = this.nameCell(entry, pad(entry)).text;
      await out.write(`${prefixes[i]}${name}${this.arrow(entry)}${this.settings.end}`);
    }
  }

  private arrow(entry: Entry): string {
    if (entry.target === undefined) return '';
    const mode = entry.targetMode ?? 0;
    const shown = shownName(entry.target, this.settings);
    const target: Entry = { name: entry.target, path: '', mode, ino: 0, stat: undefined };
    const painted = this.colors && entry.targetMode !== undefined ? this.colors.paint(shown, target) : shown;
    return ` -> ${painted}${indicatorOf(mode, this.settings.indicator)}`;
  }
}

/** Which names of a directory are left out. */
function ignorer({ options: o }: LsContext): (name: string) => boolean {
  const always = [...o.ignore, ...(o.noBackups ? ['*~', '.*~'] : [])].map((p) =>
    globMatcher(p, { period: true }),
  );
  const dots = o.all || o.almostAll || o.unsortedAll;
  const hidden = dots ? [] : o.hide.map((p) => globMatcher(p, { period: true }));
  return (name) =>
    (!dots && name.startsWith('.')) ||
    always.some((match) => match(name)) ||
    hidden.some((match) => match(name));
}

export default command(
  {
    name: 'ls',
    usage: '[OPTION]... [FILE]...',
    summary:
      'List information about the FILEs (the current directory by default).\nSort entries alphabetically if none of -cftuvSUX nor --sort is specified.',
    options: OPTIONS,
    usageStatus: 2,
    failStatus: 2,
  },
  async (ctx) => {
    const settings = await settingsOf(ctx);
    const lister = new Lister(ctx, settings);
    const operands = ctx.operands.length > 0 ? ctx.operands : ['.'];
    const entries: Entry[] = [];
    for (const name of operands) {
      const entry = await lister.operand(name);
      if (entry) entries.push(entry);
    }
    lister.sort(entries);
    const isListed = (entry: Entry): boolean => isDirectory(entry.mode) && !ctx.options.directory;
    const files = entries.filter((entry) => !isListed(entry));
    const directories = entries.filter(isListed);
    await lister.print(files);
    const header = operands.length > 1 || ctx.options.recursive;
    for (const entry of directories) {
      const id = entry.stat ? `${entry.stat.dev}:${entry.stat.ino}` : '';
      await lister.directory(entry.path, header, true, [id]);
    }
  },
);
