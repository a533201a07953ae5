/**
 * Copies between descriptors inside the system: sendfile, copy_file_range, splice, tee.
 *
 * Data is read by pieces and written out; `progress` counts what has arrived, so an interrupted copy tells
 * how far it came, and one that goes on after a stop goes on from there. What is read of a pipe cannot be put
 * back: a piece is taken only when the other side has room for it.
 */
import type { Awaitable } from '../../../nucleus/awaitable.ts';
import { isKError } from '../../../nucleus/errors.ts';
import { O, Poll, Seek } from '../../../subsystems/unix/constants.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import type { CopyKind, CopyOptions, Fd } from '../../../subsystems/unix/sys.ts';
import type { OpenObject } from '../objects.ts';
import { poll } from '../poll.ts';
import type { UThread } from '../process.ts';
import { askObject } from '../terminal.ts';
import { transferCalls } from './transfer.ts';

/** Bytes of a piece between files, and towards or from a stream. */
const FILE_PIECE = 262144;
const STREAM_PIECE = 65536;
/** What a pipe that polls as writable takes for certain (PIPE_BUF). */
const CERTAIN_PIECE = 4096;

/** One side of a copy; `offset` undefined: the description's own. */
interface Side {
  readonly fd: Fd;
  readonly object: OpenObject;
  readonly offset: number | undefined;
}

const isPipe = ({ object }: Side): boolean => object.kind === 'pipe';

export const copyCalls = {
  copyData: (
    t: UThread,
    kind: CopyKind,
    from: Fd,
    to: Fd,
    length: number,
    options: CopyOptions = {},
  ): Awaitable<number> => {
    const source: Side = { fd: from, object: t.process.fds.object(from), offset: options.fromOffset };
    const target: Side = { fd: to, object: t.process.fds.object(to), offset: options.toOffset };
    for (const { object, offset } of [source, target]) checkSide(object, offset);
    if (!(length >= 0)) throw new SysError('EINVAL');
    return run(t, kind, source, target, length, options.nonblocking === true);
  },
};

function checkSide({ kind }: OpenObject, offset: number | undefined): void {
  if (kind === 'path') throw new SysError('EBADF');
  if (offset === undefined) return;
  if (kind !== 'file' && kind !== 'char') throw new SysError('ESPIPE');
  if (!Number.isSafeInteger(offset) || offset < 0) throw new SysError('EINVAL');
}

async function run(
  t: UThread,
  kind: CopyKind,
  from: Side,
  to: Side,
  length: number,
  nonblocking: boolean,
): Promise<number> {
  await judge(t, kind, from, to, length);
  if (length === 0) return 0;
  const never = nonblocking || (await isNonblocking(t, from)) || (await isNonblocking(t, to));
  if (kind === 'tee') return tee(t, from, to, length, never);
  return isPipe(from)
    ? await fromPipe(t, from, to, length, never)
    : await fromFile(t, from, to, length, never);
}

async function flagsOf(t: UThread, { object }: Side): Promise<number> {
  return (await t.process.pm.servers.getFlags(t.thread, object.dest, { key: object.key! })).flags;
}

async function isNonblocking(t: UThread, side: Side): Promise<boolean> {
  return isPipe(side) && ((await flagsOf(t, side)) & O.NONBLOCK) !== 0;
}

/** Throws EBADF for a side that is not open for what it has to do. */
async function checkAccess(t: UThread, side: Side, refused: number): Promise<void> {
  const { kind } = side.object;
  if (kind !== 'file' && kind !== 'pipe' && kind !== 'char') return;
  if (((await flagsOf(t, side)) & O.ACCMODE) === refused) throw new SysError('EBADF');
}

/** What bytes can flow from or to beside a pipe; the rest is refused before anything waits. */
function checkStream({ kind }: OpenObject): void {
  if (kind === 'directory') throw new SysError('EBADF');
  if (!STREAMS.includes(kind)) throw new SysError('EINVAL');
}

/** What each of the calls refuses. */
async function judge(t: UThread, kind: string, from: Side, to: Side, length: number): Promise<void> {
  await checkAccess(t, from, O.WRONLY);
  await checkAccess(t, to, O.RDONLY);
  const appends = to.object.kind === 'file' && ((await flagsOf(t, to)) & O.APPEND) !== 0;
  if (kind === 'splice' || kind === 'tee') {
    if (!isPipe(from) && !isPipe(to)) throw new SysError('EINVAL');
    for (const { object } of [from, to]) checkStream(object);
    if (kind === 'tee' && !(isPipe(from) && isPipe(to))) throw new SysError('EINVAL');
    if (isPipe(from) && isPipe(to) && (await samePipe(t, from, to))) throw new SysError('EINVAL');
    if (appends) throw new SysError('EINVAL');
    return;
  }
  for (const { object } of kind === 'range' ? [from, to] : [from]) {
    if (object.kind === 'directory' && kind === 'range') throw new SysError('EISDIR');
    if (object.kind !== 'file') throw new SysError('EINVAL');
  }
  if (appends) throw new SysError(kind === 'range' ? 'EBADF' : 'EINVAL');
  if (kind === 'range') await checkOverlap(t, from, to, length);
}

const STREAMS: readonly OpenObject['kind'][] = ['pipe', 'file', 'char', 'socket', 'tty', 'ptm'];

async function samePipe(t: UThread, from: Side, to: Side): Promise<boolean> {
  if (from.object.port !== to.object.port) return false;
  const [one, other] = [await statOf(t, from), await statOf(t, to)];
  return one.ino === other.ino;
}

async function statOf(t: UThread, { object }: Side): Promise<{ dev: number; ino: number }> {
  return (await t.process.pm.servers.fstat(t.thread, object.dest, { key: object.key! })).stat;
}

/** A range may not be copied onto itself: EINVAL. */
async function checkOverlap(t: UThread, from: Side, to: Side, length: number): Promise<void> {
  if (from.object.port !== to.object.port) return;
  const [one, other] = [await statOf(t, from), await statOf(t, to)];
  if (one.dev !== other.dev || one.ino !== other.ino) return;
  const [start, end] = [await positionOf(t, from), await positionOf(t, to)];
  if (Math.abs(start - end) < length) throw new SysError('EINVAL');
}

async function positionOf(t: UThread, { fd, offset }: Side): Promise<number> {
  return offset ?? (await transferCalls.lseek(t, fd, 0, Seek.CUR));
}

/** The source is a file: what the target does not take stays where it is. */
async function fromFile(
  t: UThread,
  from: Side,
  to: Side,
  length: number,
  nonblocking: boolean,
): Promise<number> {
  let done = t.progress;
  const most = to.object.kind === 'file' ? FILE_PIECE : STREAM_PIECE;
  while (done < length) {
    const room = isPipe(to) ? await roomOf(t, to, nonblocking ? 0 : -1) : most;
    if (room === 0) return ended(done, 'EAGAIN');
    const wanted = Math.min(length - done, room);
    const data = await readAt(t, from, wanted, done);
    if (data.length === 0) break;
    const { count, error } = await write(t, to, data, done);
    done += count;
    t.progress = done;
    if (from.offset === undefined && count < data.length) {
      await transferCalls.lseek(t, from.fd, count - data.length, Seek.CUR);
    }
    if (error !== undefined) return failedAt(t, done, error);
    // A pipe takes what it has room for, and no more is waited for.
    if (count < data.length || isPipe(to)) break;
  }
  return done;
}

/** What the first pipe holds goes to the second as well, as far as there is room. */
async function tee(t: UThread, from: Side, to: Side, length: number, never: boolean): Promise<number> {
  const waits = never ? 0 : -1;
  if (!(await isReady(t, from, Poll.IN, waits))) throw new SysError('EAGAIN');
  const room = await roomOf(t, to, waits);
  if (room === 0) throw new SysError('EAGAIN');
  const data = (await askObject(t, from.object, 'PEEK', Math.min(length, room))) as Uint8Array;
  if (data.length === 0) return 0;
  const { count, error } = await write(t, to, data, 0);
  return error === undefined ? count : failedAt(t, count, error);
}

/** What a pipe takes now, waiting as long as said until it takes something; 0 when it does not. */
async function roomOf(t: UThread, to: Side, timeoutMs: number): Promise<number> {
  if (!(await isReady(t, to, Poll.OUT, timeoutMs))) return 0;
  const ask = async (request: string): Promise<number> =>
    Number(await askObject(t, to.object, request, null));
  const room = (await ask('F_GETPIPE_SZ')) - (await ask('FIONREAD'));
  return Math.max(CERTAIN_PIECE, room);
}

/** The source is a pipe: one piece that fits for certain at a time, as long as there is more at once. */
async function fromPipe(
  t: UThread,
  from: Side,
  to: Side,
  length: number,
  nonblocking: boolean,
): Promise<number> {
  let done = t.progress;
  const toFile = to.object.kind === 'file';
  while (done < length) {
    const waits = done === 0 && !nonblocking ? -1 : 0;
    if (!(await isReady(t, from, Poll.IN, waits))) return ended(done, 'EAGAIN');
    if (!toFile && !(await isReady(t, to, Poll.OUT, waits))) return ended(done, 'EAGAIN');
    const data = await transferCalls.read(
      t,
      from.fd,
      Math.min(length - done, toFile ? STREAM_PIECE : CERTAIN_PIECE),
    );
    if (data.length === 0) break;
    const { count, error } = await write(t, to, data, done);
    done += count;
    t.progress = done;
    if (error !== undefined) return failedAt(t, done, error);
  }
  return done;
}

function ended(done: number, error: 'EAGAIN'): number {
  if (done === 0) throw new SysError(error);
  return done;
}

/** An interruption is the trap's to judge; other errors come after what was done. */
function failedAt(t: UThread, done: number, error: unknown): number {
  t.progress = done;
  if (done === 0 || isKError(error, 'K_EABORT')) throw error;
  return done;
}

async function isReady(t: UThread, { fd }: Side, events: number, timeoutMs: number): Promise<boolean> {
  const [revents] = await poll(t, [{ fd, events }], timeoutMs);
  return revents !== 0;
}

function readAt(t: UThread, { fd, offset }: Side, max: number, done: number): Awaitable<Uint8Array> {
  return offset === undefined
    ? transferCalls.read(t, fd, max)
    : transferCalls.pread(t, fd, max, offset + done);
}

/** Writes a piece; how much went out, also when it failed. */
async function write(
  t: UThread,
  { fd, offset }: Side,
  data: Uint8Array,
  done: number,
): Promise<{ count: number; error?: unknown }> {
  t.progress = 0;
  try {
    const count = await (offset === undefined
      ? transferCalls.write(t, fd, data, true)
      : transferCalls.pwrite(t, fd, data, offset + done));
    return { count };
  } catch (error) {
    return { count: t.progress, error };
  }
}
