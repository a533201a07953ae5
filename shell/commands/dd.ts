/** dd: copies with blocks, conversions and offsets, and reports records. */
import { O } from '../../subsystems/unix/constants.ts';
import type { Fd } from '../../subsystems/unix/sys.ts';
import { type Context, command, Fatal, SysError, UsageError } from './lib/command.ts';
import { humanRate, parseFactors } from './lib/dd-size.ts';
import { concat, encode } from './lib/io.ts';
import { quote, quoteName } from './lib/quote.ts';

const CONVERSIONS = [
  'lcase',
  'ucase',
  'swab',
  'sync',
  'noerror',
  'notrunc',
  'excl',
  'nocreat',
  'fsync',
  'fdatasync',
  'sparse',
  'block',
  'unblock',
];
const FLAGS = [
  'append',
  'direct',
  'directory',
  'dsync',
  'sync',
  'fullblock',
  'nonblock',
  'noatime',
  'nocache',
  'noctty',
  'nofollow',
  'count_bytes',
  'skip_bytes',
  'seek_bytes',
];
const STATUS = ['none', 'noxfer', 'progress'];
/** Largest block: one buffer of it is held. */
const BLOCK_LIMIT_BYTES = 256 * 1024 * 1024;

interface Plan {
  input: string | undefined;
  output: string | undefined;
  ibs: number;
  obs: number;
  /** bs= was given: short reads become short writes. */
  joined: boolean;
  cbs: number;
  count: number;
  countBytes: boolean;
  skipBytes: number;
  seekBytes: number;
  conv: Set<string>;
  iflag: Set<string>;
  oflag: Set<string>;
  status: string;
}

function size(text: string, operand: string, min: number): number {
  const value = parseFactors(text);
  if (value === undefined || value < min) throw new Fatal(`invalid number: ${quote(text)}`);
  if (/bs$/.test(operand) && value > BLOCK_LIMIT_BYTES)
    throw new Fatal(`memory exhausted by input buffer of size ${value} bytes`);
  return value;
}

function words(text: string, allowed: readonly string[], what: string): Set<string> {
  const list = text.split(',');
  const wrong = list.find((word) => !allowed.includes(word));
  if (wrong !== undefined) throw new UsageError(`invalid ${what}: ${quote(wrong)}`);
  return new Set(list);
}

function planOf(operands: readonly string[]): Plan {
  const given = new Map<string, string>();
  for (const operand of operands) {
    const match = /^(if|of|bs|ibs|obs|cbs|count|skip|iseek|seek|oseek|conv|iflag|oflag|status)=(.*)$/s.exec(
      operand,
    );
    if (!match) throw new UsageError(`unrecognized operand ${quote(operand)}`);
    given.set(match[1]!, match[2]!);
  }
  const number = (name: string, fallback: number, min: number): number =>
    given.has(name) ? size(given.get(name)!, name, min) : fallback;
  const flags = (name: string, allowed: readonly string[], what: string): Set<string> =>
    given.has(name) ? words(given.get(name)!, allowed, what) : new Set();
  const bs = number('bs', 0, 1);
  const ibs = bs || number('ibs', 512, 1);
  const obs = bs || number('obs', 512, 1);
  const iflag = flags('iflag', FLAGS, 'input flag');
  const oflag = flags('oflag', FLAGS, 'output flag');
  const bytes = (name: string): boolean =>
    /B$/.test(given.get(name) ?? '') && !/[kKMGTP]B$/.test(given.get(name) ?? '');
  const skipName = given.has('iseek') ? 'iseek' : 'skip';
  const seekName = given.has('oseek') ? 'oseek' : 'seek';
  const status = given.get('status') ?? '';
  if (status !== '' && !STATUS.includes(status))
    throw new UsageError(`invalid status level: ${quote(status)}`);
  return {
    input: given.get('if'),
    output: given.get('of'),
    ibs,
    obs,
    joined: bs > 0,
    cbs: number('cbs', 0, 1),
    count: number('count', Number.POSITIVE_INFINITY, 0),
    countBytes: iflag.has('count_bytes') || bytes('count'),
    skipBytes: number(skipName, 0, 0) * (iflag.has('skip_bytes') || bytes(skipName) ? 1 : ibs),
    seekBytes: number(seekName, 0, 0) * (oflag.has('seek_bytes') || bytes(seekName) ? 1 : obs),
    conv: flags('conv', CONVERSIONS, 'conversion'),
    iflag,
    oflag,
    status,
  };
}

/** conv=ucase,lcase,swab on a block, in place. */
function convert(block: Uint8Array, conv: Set<string>): void {
  if (conv.has('ucase')) {
    for (let i = 0; i < block.length; i++) if (block[i]! >= 97 && block[i]! <= 122) block[i]! -= 32;
  }
  if (conv.has('lcase')) {
    for (let i = 0; i < block.length; i++) if (block[i]! >= 65 && block[i]! <= 90) block[i]! += 32;
  }
  if (!conv.has('swab')) return;
  for (let i = 0; i + 1 < block.length; i += 2) [block[i], block[i + 1]] = [block[i + 1]!, block[i]!];
}

const [NEWLINE, SPACE] = [10, 32];

/** conv=block and unblock: lines to records of `cbs` bytes and back. */
class Records {
  private rest: Uint8Array = new Uint8Array(0);
  private readonly cbs: number;
  private readonly unblock: boolean;
  truncated = 0;

  constructor(cbs: number, unblock: boolean) {
    this.cbs = cbs;
    this.unblock = unblock;
  }

  convert(block: Uint8Array, last: boolean): Uint8Array {
    const data = concat([this.rest, block]);
    const pieces: Uint8Array[] = [];
    let at = 0;
    for (;;) {
      const end = this.unblock
        ? at + this.cbs <= data.length
          ? at + this.cbs
          : -1
        : data.indexOf(NEWLINE, at);
      if (end < 0) break;
      pieces.push(this.record(data.subarray(at, end)));
      at = this.unblock ? end : end + 1;
    }
    this.rest = data.slice(at);
    if (last && this.rest.length > 0) pieces.push(this.record(this.rest));
    return concat([new Uint8Array(0), ...pieces]);
  }

  private record(line: Uint8Array): Uint8Array {
    if (this.unblock) {
      let end = line.length;
      while (end > 0 && line[end - 1] === SPACE) end--;
      return concat([line.subarray(0, end), Uint8Array.of(NEWLINE)]);
    }
    if (line.length > this.cbs) this.truncated++;
    const record = new Uint8Array(this.cbs).fill(SPACE);
    record.set(line.subarray(0, this.cbs));
    return record;
  }
}

class Dd {
  private readonly ctx: Context;
  private readonly plan: Plan;
  private pending: Uint8Array[] = [];
  private pendingBytes = 0;
  private readonly records: Records | undefined;
  private readonly input = { full: 0, partial: 0 };
  private readonly output = { full: 0, partial: 0 };
  private bytes = 0;

  constructor(ctx: Context, plan: Plan) {
    this.ctx = ctx;
    this.plan = plan;
    const blocks = plan.conv.has('block') || plan.conv.has('unblock');
    if (blocks && plan.cbs > 0) this.records = new Records(plan.cbs, plan.conv.has('unblock'));
  }

  async openInput(): Promise<Fd> {
    const { input, iflag } = this.plan;
    if (input === undefined) return 0;
    const flags =
      O.RDONLY | (iflag.has('nonblock') ? O.NONBLOCK : 0) | (iflag.has('directory') ? O.DIRECTORY : 0);
    return this.opened(input, flags);
  }

  private async opened(path: string, flags: number): Promise<Fd> {
    try {
      return await this.ctx.sys.open(path, flags, 0o666);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      throw new Fatal(`failed to open ${quoteName(path)}: ${error.message}`);
    }
  }

  async openOutput(): Promise<Fd> {
    const { output, conv, oflag, seekBytes } = this.plan;
    const { sys } = this.ctx;
    if (output === undefined) {
      if (seekBytes > 0) await this.seek(1, seekBytes, 'standard output');
      return 1;
    }
    const flags =
      O.WRONLY |
      (conv.has('nocreat') ? 0 : O.CREAT) |
      (conv.has('excl') ? O.EXCL : 0) |
      (oflag.has('append') ? O.APPEND : 0) |
      (conv.has('notrunc') || seekBytes > 0 ? 0 : O.TRUNC);
    const fd = await this.opened(output, flags);
    if (seekBytes > 0) {
      if (!conv.has('notrunc'))
        await this.ctx.attempt(
          () => `failed to truncate to ${seekBytes} bytes in output file ${quoteName(output)}`,
          () => sys.ftruncate(fd, seekBytes),
        );
      await this.seek(fd, seekBytes, output);
    }
    return fd;
  }

  private async seek(fd: Fd, offset: number, name: string): Promise<void> {
    try {
      await this.ctx.sys.lseek(fd, offset, 1);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      throw new Fatal(`${quoteName(name)}: cannot seek: ${error.message}`);
    }
  }

  /** Skips input by seeking, or by reading when it cannot seek. */
  async skip(fd: Fd): Promise<void> {
    const { skipBytes, input } = this.plan;
    const { sys } = this.ctx;
    if (skipBytes === 0) return;
    const name = quoteName(input ?? 'standard input');
    try {
      const at = await sys.lseek(fd, skipBytes, 1);
      const { size: length, mode } = await sys.fstat(fd);
      if ((mode & 0o170000) === 0o100000 && at > length)
        await this.ctx.warn(`${name}: cannot skip to specified offset`);
    } catch (error) {
      if (!(error instanceof SysError) || error.code !== 'ESPIPE') throw error;
      let left = skipBytes;
      while (left > 0) {
        const chunk = await sys.read(fd, Math.min(left, 65536));
        if (chunk.length === 0) {
          await this.ctx.warn(`${name}: cannot skip to specified offset`);
          return;
        }
        left -= chunk.length;
      }
    }
  }

  /** One input block; short only at the end, or (without fullblock) when the read was short. */
  private async block(fd: Fd, want: number): Promise<Uint8Array> {
    const { sys } = this.ctx;
    const first = await sys.read(fd, want);
    if (!this.plan.iflag.has('fullblock') || first.length === 0) return first;
    const parts = [first];
    let length = first.length;
    while (length < want) {
      const more = await sys.read(fd, want - length);
      if (more.length === 0) break;
      parts.push(more);
      length += more.length;
    }
    return concat(parts);
  }

  async copy(from: Fd, to: Fd): Promise<void> {
    const { plan } = this;
    let left = plan.countBytes ? plan.count : plan.count * plan.ibs;
    let blocks = plan.countBytes ? Number.POSITIVE_INFINITY : plan.count;
    while (left > 0 && blocks > 0) {
      const want = Math.min(plan.ibs, left);
      const read = await this.tryRead(from, want);
      if (read === undefined || read.length === 0) break;
      blocks--;
      left -= read.length;
      if (read.length === plan.ibs) this.input.full++;
      else this.input.partial++;
      await this.pass(read, to);
    }
    if (this.records) await this.write(this.records.convert(new Uint8Array(0), true), to);
    if (this.pendingBytes > 0) await this.drain(to, this.pendingBytes);
    if (plan.conv.has('fsync') || plan.conv.has('fdatasync')) await this.ctx.sys.fsync(to);
  }

  private async tryRead(fd: Fd, want: number): Promise<Uint8Array | undefined> {
    try {
      return await this.block(fd, want);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      await this.ctx.error(
        `error reading ${quoteName(this.plan.input ?? 'standard input')}: ${error.message}`,
      );
      return undefined;
    }
  }

  private async pass(read: Uint8Array, to: Fd): Promise<void> {
    const { plan } = this;
    let block = read;
    if (plan.conv.has('sync') && block.length < plan.ibs) {
      const padded = new Uint8Array(plan.ibs).fill(this.records ? SPACE : 0);
      padded.set(block);
      block = padded;
    }
    convert(block, plan.conv);
    if (this.records) block = this.records.convert(block, false);
    await this.write(block, to);
  }

  private async write(block: Uint8Array, to: Fd): Promise<void> {
    const { plan } = this;
    if (plan.joined && !this.records) {
      if (block.length > 0) await this.emit(to, block);
      return;
    }
    if (block.length === 0) return;
    this.pending.push(block);
    this.pendingBytes += block.length;
    while (this.pendingBytes >= plan.obs) await this.drain(to, plan.obs);
  }

  private async drain(to: Fd, length: number): Promise<void> {
    const all = concat(this.pending);
    await this.emit(to, all.subarray(0, length));
    const rest = all.subarray(length);
    this.pending = rest.length > 0 ? [rest] : [];
    this.pendingBytes = rest.length;
  }

  private async emit(to: Fd, block: Uint8Array): Promise<void> {
    try {
      await this.ctx.sys.write(to, block);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      throw new Fatal(`error writing ${quoteName(this.plan.output ?? 'standard output')}: ${error.message}`);
    }
    if (block.length === this.plan.obs) this.output.full++;
    else this.output.partial++;
    this.bytes += block.length;
  }

  async report(elapsedMs: number): Promise<void> {
    const { plan, input, output } = this;
    if (plan.status === 'none') return;
    let text = `${input.full}+${input.partial} records in\n${output.full}+${output.partial} records out\n`;
    const cut = this.records?.truncated ?? 0;
    if (cut > 0) text += `${cut} truncated record${cut === 1 ? '' : 's'}\n`;
    if (plan.status !== 'noxfer') text += `${humanRate(this.bytes, elapsedMs)}\n`;
    await this.ctx.sys.write(2, encode(text));
  }
}

export default command(
  {
    name: 'dd',
    usage: ['[OPERAND]...', 'OPTION'],
    summary:
      'Copy a file, converting and formatting according to the operands:\n  bs=BYTES cbs=BYTES conv=CONVS count=N ibs=BYTES if=FILE iflag=FLAGS\n  obs=BYTES of=FILE oflag=FLAGS seek=N skip=N status=LEVEL',
    options: {},
    raw: true,
  },
  async (ctx) => {
    const plan = planOf(ctx.operands);
    const dd = new Dd(ctx as unknown as Context, plan);
    const startMs = ctx.sys.monotonic();
    const from = await dd.openInput();
    const to = await dd.openOutput();
    await dd.skip(from);
    try {
      await dd.copy(from, to);
    } finally {
      await dd.report(ctx.sys.monotonic() - startMs);
    }
  },
);
