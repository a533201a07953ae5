/** Which files grep searches: operands, directories of -r and -R, --include and --exclude. */
import { isDirectory, isRegular, isSymlink, O } from '../../subsystems/unix/constants.ts';
import type { GrepContext } from './grep.ts';
import type { Printer } from './grep-print.ts';
import { SysError } from './lib/command.ts';
import { globMatcher } from './lib/glob.ts';
import { readChunks } from './lib/io.ts';

/** A glob matches the whole name or, at the command line, any trailing part of the path. */
function nameTest(globs: readonly string[]): (path: string) => boolean {
  const tests = globs.map((glob) => globMatcher(glob));
  return (path) => {
    const base = path.replace(/\/+$/, '').split('/').at(-1) ?? path;
    return tests.some((test) => test(path) || test(base));
  };
}

class Search {
  private readonly ctx: GrepContext;
  private readonly printer: Printer;
  private readonly recursive: boolean;
  private readonly included: ((path: string) => boolean) | undefined;
  private readonly excluded: (path: string) => boolean;
  private readonly excludedDir: (path: string) => boolean;

  constructor(ctx: GrepContext, recursive: boolean, printer: Printer) {
    this.ctx = ctx;
    this.printer = printer;
    this.recursive = recursive;
    const { include, exclude, excludeDir } = ctx.options;
    this.included = include.length > 0 ? nameTest(include) : undefined;
    this.excluded = nameTest(exclude);
    this.excludedDir = nameTest(excludeDir.map((glob) => glob.replace(/\/+$/, '')));
  }

  async operand(name: string): Promise<void> {
    if (name === '-') return this.file(0, this.ctx.options.label ?? '(standard input)');
    await this.guarded(name, async () => {
      const stat = await this.ctx.sys.stat(name);
      if (isDirectory(stat.mode)) return this.directory(name, name, true);
      if (this.skipsFile(name)) return;
      if (!isRegular(stat.mode) && this.ctx.options.devices === 'skip') return;
      await this.path(name);
    });
  }

  /** `shown` is the prefix of the names printed. */
  async directory(path: string, shown: string, isOperand: boolean): Promise<void> {
    const { sys, options } = this.ctx;
    if (options.directories === 'skip') return;
    if (!this.recursive) throw new SysError('EISDIR');
    if (this.excludedDir(path) && !(isOperand && path === '.')) return;
    const fd = await sys.open(path, O.RDONLY | O.DIRECTORY);
    const names: string[] = [];
    for (let batch = await sys.readdir(fd); batch.length > 0; batch = await sys.readdir(fd)) {
      for (const { name } of batch) if (name !== '.' && name !== '..') names.push(name);
    }
    await sys.close(fd);
    for (const name of names) {
      const child = path.endsWith('/') ? path + name : `${path}/${name}`;
      const text = shown === '' ? name : shown.endsWith('/') ? shown + name : `${shown}/${name}`;
      await this.guarded(text, () => this.entry(child, text));
      if (this.printer.done) return;
    }
  }

  private async entry(path: string, shown: string): Promise<void> {
    const { sys, options } = this.ctx;
    let stat = await sys.lstat(path);
    if (isSymlink(stat.mode)) {
      if (!options.dereference) return;
      stat = await sys.stat(path);
    }
    if (isDirectory(stat.mode)) return this.directory(path, shown, false);
    if (this.skipsFile(shown)) return;
    if (!isRegular(stat.mode) && options.devices !== 'read') return;
    await this.path(path, shown);
  }

  private skipsFile(name: string): boolean {
    return this.excluded(name) || (this.included !== undefined && !this.included(name));
  }

  private async path(path: string, shown = path): Promise<void> {
    const fd = await this.ctx.sys.open(path, O.RDONLY);
    try {
      await this.file(fd, shown);
    } finally {
      await this.ctx.sys.close(fd);
    }
  }

  private file(fd: number, name: string): Promise<void> {
    const { sys } = this.ctx;
    return this.printer.search(
      readChunks(sys, fd, () => this.printer.beforeRead()),
      name,
    );
  }

  /** Reports a SysError as grep does; -s keeps it quiet but not its exit status. */
  private async guarded(name: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      if (this.ctx.options.silent) this.ctx.status = 2;
      else {
        this.printer.settle();
        await this.ctx.error(`${name}: ${error.message}`);
      }
    }
  }
}

/** Searches every operand; with -r and none, the current directory. */
export async function searchFiles(ctx: GrepContext, recursive: boolean, printer: Printer): Promise<void> {
  const search = new Search(ctx, recursive, printer);
  if (ctx.operands.length === 0 && recursive) return search.directory('.', '', true);
  for (const name of ctx.operands.length > 0 ? ctx.operands : ['-']) {
    await search.operand(name);
    if (printer.done) return;
  }
}
