/**
 * tail -f and -F: looks again and again for what was appended, by descriptor or by name. Ends only by a
 * signal, by --pid, or without files.
 */

import { isRegular, O } from '../../subsystems/unix/constants.ts';
import { choose } from './lib/choice.ts';
import { Fatal, isSysError } from './lib/command.ts';
import { CHUNK_BYTES, type Input } from './lib/io.ts';
import { quote, quoteName } from './lib/quote.ts';
import type { TailContext } from './tail.ts';

interface Followed {
  name: string;
  /** -1 while the file is missing (following by name). */
  fd: number;
  ino: number;
  offset: number;
  regular: boolean;
}

/** Words of --follow. */
const FOLLOW = { descriptor: 'descriptor', name: 'name' } as const;

const DEFAULT_INTERVAL_S = 0.1;

export class Follower {
  private readonly ctx: TailContext;
  private readonly headers: boolean;
  private readonly byName: boolean;
  private readonly files: Followed[] = [];
  private readonly names: readonly string[];
  private last: string | undefined;

  constructor(ctx: TailContext, names: readonly string[], headers: boolean) {
    this.ctx = ctx;
    this.headers = headers;
    this.names = names;
    const { follow, retryName } = ctx.options;
    const how = typeof follow === 'string' ? choose('tail', FOLLOW, follow, '--follow') : 'descriptor';
    this.byName = retryName || how === 'name';
  }

  header(name: string): void {
    const shown = name === '-' ? 'standard input' : name;
    this.ctx.out.put(`${this.last === undefined ? '' : '\n'}==> ${shown} <==\n`);
    this.last = name;
  }

  /** Remembers an input whose tail was printed; the descriptor is duplicated, since the caller closes it. */
  async add(input: Input): Promise<void> {
    const { follow, retryName } = this.ctx.options;
    if (follow === undefined && !retryName) return;
    const { sys } = this.ctx;
    const stat = await sys.fstat(input.fd);
    const regular = isRegular(stat.mode);
    if (input.isStdin && !regular) return;
    const offset = regular ? await sys.lseek(input.fd, 0, 1) : 0;
    this.files.push({ name: input.name, fd: sys.dup(input.fd), ino: stat.ino, offset, regular });
  }

  async run(): Promise<void> {
    const { sys, options, out } = this.ctx;
    const interval = Number(options.interval ?? DEFAULT_INTERVAL_S);
    if (!(interval >= 0)) throw new Fatal(`invalid number of seconds: ${quote(options.interval ?? '')}`);
    this.addMissing();
    if (this.files.length === 0) {
      if (this.names.every((name) => name === '-')) return;
      await this.ctx.error('no files remaining');
      return;
    }
    for (;;) {
      await out.flush();
      const alive = await this.writerAlive();
      for (const file of this.files) await this.look(file);
      await out.flush();
      if (!alive) return;
      await sys.sleep(interval * 1000);
    }
  }

  /** Names that could not be opened yet: -F waits for them. */
  private addMissing(): void {
    if (!this.ctx.options.retryName && !this.ctx.options.retry) return;
    for (const name of this.names) {
      if (name === '-' || this.files.some((file) => file.name === name)) continue;
      this.files.push({ name, fd: -1, ino: 0, offset: 0, regular: true });
    }
  }

  private async writerAlive(): Promise<boolean> {
    const { pid } = this.ctx.options;
    if (pid === undefined) return true;
    try {
      await this.ctx.sys.kill(Number(pid), 0);
      return true;
    } catch (error) {
      if (!isSysError(error)) throw error;
      return error.code === 'EPERM';
    }
  }

  private async look(file: Followed): Promise<void> {
    if (file.name !== '-' && (this.byName || file.fd < 0)) await this.reopen(file);
    if (file.fd < 0) return;
    const { sys } = this.ctx;
    if (file.regular) {
      const { size } = await sys.fstat(file.fd);
      if (size < file.offset) {
        await this.ctx.warn(`${file.name}: file truncated`);
        file.offset = await sys.lseek(file.fd, 0, 0);
      }
    }
    for (;;) {
      const chunk = await sys.read(file.fd, CHUNK_BYTES);
      if (chunk.length === 0) return;
      if (this.headers && this.last !== file.name) this.header(file.name);
      file.offset += chunk.length;
      await this.ctx.out.write(chunk);
      if (!file.regular) await this.ctx.out.flush();
    }
  }

  /** Follows the name: another file under it is opened from its start. */
  private async reopen(file: Followed): Promise<void> {
    const { sys } = this.ctx;
    try {
      const stat = await sys.stat(file.name);
      if (file.fd >= 0 && stat.ino === file.ino) return;
      const fd = await sys.open(file.name, O.RDONLY);
      await this.ctx.warn(
        file.fd >= 0
          ? `${quoteName(file.name)} has been replaced;  following new file`
          : `${quoteName(file.name)} has appeared;  following new file`,
      );
      if (file.fd >= 0) await sys.close(file.fd);
      Object.assign(file, { fd, ino: stat.ino, offset: 0, regular: isRegular(stat.mode) });
    } catch (error) {
      if (!isSysError(error)) throw error;
      if (file.fd < 0) return;
      await this.ctx.warn(`${quoteName(file.name)} has become inaccessible: ${error.message}`);
      await sys.close(file.fd);
      file.fd = -1;
    }
  }
}
