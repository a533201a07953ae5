/** Sockets: addresses, messages with control data and options, translated. */
import { type Awaitable, isPromise } from '../../../nucleus/awaitable.ts';
import { isKError } from '../../../nucleus/errors.ts';
import { isSysError, SysError } from '../errno.ts';
import {
  MSG,
  type ReceivedMessage,
  type SendOptions,
  type SocketAddress,
  type SocketOption,
} from '../sockets.ts';
import { checkBuffer, done } from './answers.ts';
import type { Caller, LinuxCalls } from './caller.ts';
import { USER_END } from './flags.ts';
import { readTimespec, readVector, type Segment } from './structs.ts';
import {
  ADDRESS_MAX,
  addressStruct,
  controlStruct,
  type MessageHeader,
  MMSGHDR_BYTES,
  optionName,
  optionStruct,
  readAddress,
  readControl,
  readHeader,
  readOption,
  rightsRoom,
} from './structs-socket.ts';

/** Most bytes that one send takes out of memory; a longer one is short. */
const SEND_MAX = 32 * 1024 * 1024;
/** Most bytes that one receive asks for. */
const RECEIVE_MAX = 1024 * 1024;
/** Messages of one sendmmsg or recvmmsg. */
const MESSAGES_MAX = 1024;

function then<T, R>(value: Awaitable<T>, use: (value: T) => Awaitable<R>): Awaitable<R> {
  return isPromise(value) ? value.then(use) : use(value);
}

const word = (value: number): Uint8Array => new Uint8Array(Int32Array.of(value).buffer);

// --- addresses as results

/** Where a call puts an address; checked before it does anything. Throws EINVAL, EFAULT. */
interface AddressPlace {
  readonly va: number;
  readonly lengthVa: number;
  readonly room: number;
}

function addressPlace(c: Caller, index: number): AddressPlace | null {
  const va = c.ptr(index);
  if (va === 0) return null;
  const lengthVa = c.ptr(index + 1);
  const room = c.memory.i32(lengthVa);
  if (room < 0) throw new SysError('EINVAL');
  c.memory.prepareWrite(lengthVa, 4);
  if (room > 0) c.memory.prepareWrite(va, 1);
  return { va, lengthVa, room: Math.min(room, ADDRESS_MAX) };
}

/** As much of the address as there is room for, and its whole length. */
function putAddress(
  c: Caller,
  place: AddressPlace | null,
  address: SocketAddress | undefined,
): Awaitable<void> {
  if (!place) return;
  const bytes = addressStruct(address);
  return then(store(c, place.va, bytes.subarray(0, place.room)), () =>
    store(c, place.lengthVa, word(bytes.length)),
  );
}

function store(c: Caller, va: number, bytes: Uint8Array): Awaitable<void> {
  if (bytes.length > 0) return c.memory.store(va, bytes);
}

function tellName(c: Caller, name: (fd: number) => Awaitable<SocketAddress>): Awaitable<number> {
  const fd = c.int(0);
  c.sys.getCloexec(fd);
  const place = addressPlace(c, 1);
  if (!place) throw new SysError('EFAULT');
  return then(name(fd), (address) => then(putAddress(c, place, address), () => 0));
}

function accept(c: Caller, flags: number): Awaitable<number> {
  return then(c.sys.accept(c.int(0), flags), ({ fd, address }) => {
    try {
      return then(putAddress(c, addressPlace(c, 1), address), () => fd);
    } catch (error) {
      return then(c.sys.close(fd), () => {
        throw error;
      });
    }
  });
}

function socketpair(c: Caller): Awaitable<number> {
  const va = c.ptr(3);
  c.memory.prepareWrite(va, 8);
  return then(c.sys.socketpair(c.int(0), c.int(1), c.int(2)), ([first, second]) =>
    then(store(c, va, new Uint8Array(Int32Array.of(first, second).buffer)), () => 0),
  );
}

// --- sending

interface Outgoing {
  readonly data: Uint8Array;
  readonly options: SendOptions;
}

function gather(c: Caller, segments: readonly Segment[]): Uint8Array {
  let total = 0;
  for (const { length } of segments) total += length;
  const whole = new Uint8Array(Math.min(total, SEND_MAX));
  let at = 0;
  for (const { va, length } of segments) {
    const size = Math.min(length, whole.length - at);
    whole.set(c.memory.read(va, size), at);
    at += size;
  }
  return whole;
}

/** A message to send, wholly taken out of memory. */
function outgoing(c: Caller, va: number, flags: number): Outgoing {
  const header = readHeader(c.memory, va);
  const control = readControl(c.memory, header.control, header.controlLength);
  const to = header.nameLength > 0 ? readAddress(c.memory, header.name, header.nameLength) : undefined;
  const data = gather(c, readVector(c.memory, header.vector, header.count));
  return {
    data,
    options: { ...control, flags, give: true, ...(to ? { to } : {}) },
  };
}

function sendto(c: Caller): Awaitable<number> {
  const [fd, va, length, flags, name, nameLength] = [
    c.int(0),
    c.ptr(1),
    c.ptr(2),
    c.uint(3),
    c.ptr(4),
    c.int(5),
  ];
  c.sys.getCloexec(fd);
  if (va + length > USER_END) throw new SysError('EFAULT');
  const to = name === 0 ? undefined : readAddress(c.memory, name, nameLength);
  const data = c.memory.read(va, Math.min(length, SEND_MAX));
  return c.sys.sendmsg(fd, data, { flags, give: true, ...(to ? { to } : {}) });
}

function sendmsg(c: Caller): Awaitable<number> {
  c.sys.getCloexec(c.int(0));
  const { data, options } = outgoing(c, c.ptr(1), c.uint(2));
  return c.sys.sendmsg(c.int(0), data, options);
}

/** Everything is read before the first is sent: what was sent must not be sent again. */
function sendmmsg(c: Caller): Awaitable<number> {
  const [fd, va, flags] = [c.int(0), c.ptr(1), c.uint(3)];
  c.sys.getCloexec(fd);
  const messages: Outgoing[] = [];
  let bytes = 0;
  for (let i = 0; i < Math.min(c.uint(2), MESSAGES_MAX) && bytes < SEND_MAX; i++) {
    const at = va + i * MMSGHDR_BYTES;
    const message = outgoing(c, at, flags);
    c.memory.prepareWrite(at + MMSGHDR_BYTES - 8, 4);
    messages.push(message);
    bytes += message.data.length;
  }
  return sendAll(c, fd, va, messages);
}

async function sendAll(c: Caller, fd: number, va: number, messages: readonly Outgoing[]): Promise<number> {
  for (const [i, { data, options }] of messages.entries()) {
    try {
      const count = await c.sys.sendmsg(fd, data, options);
      await c.memory.store(va + i * MMSGHDR_BYTES + MMSGHDR_BYTES - 8, word(count));
    } catch (error) {
      if (i === 0 || !(isSysError(error) || isKError(error))) throw error;
      return i;
    }
  }
  return messages.length;
}

// --- receiving

function scatter(
  c: Caller,
  segments: readonly Segment[],
  data: Uint8Array,
  first = 0,
  from = 0,
): Awaitable<void> {
  let at = from;
  for (let i = first; i < segments.length && at < data.length; i++) {
    const { va, length } = segments[i]!;
    const end = Math.min(data.length, at + length);
    const wait = c.memory.store(va, data.subarray(at, end));
    if (isPromise(wait)) return wait.then(() => scatter(c, segments, data, i + 1, end));
    at = end;
  }
}

/** recv(2)'s result: with MSG_TRUNC the length of the whole datagram. */
const counted = ({ data, length }: ReceivedMessage, flags: number): number =>
  flags & MSG.TRUNC ? length : data.length;

function recvfrom(c: Caller): Awaitable<number> {
  const [fd, va, length, flags] = [c.int(0), c.ptr(1), c.ptr(2), c.uint(3)];
  c.sys.getCloexec(fd);
  if (va + length > USER_END) throw new SysError('EFAULT');
  const place = addressPlace(c, 4);
  checkBuffer(c, fd, va, length);
  return then(c.sys.recvmsg(fd, Math.min(length, RECEIVE_MAX), { flags }), (message) =>
    then(store(c, va, message.data), () =>
      then(putAddress(c, place, message.from), () => counted(message, flags)),
    ),
  );
}

interface Incoming {
  readonly header: MessageHeader;
  readonly segments: readonly Segment[];
  readonly max: number;
}

/** A message to receive: its header read, its places checked. */
function incoming(c: Caller, va: number): Incoming {
  const header = readHeader(c.memory, va);
  const segments = readVector(c.memory, header.vector, header.count);
  let max = 0;
  for (const { length } of segments) max += length;
  if (segments[0]) c.memory.prepareWrite(segments[0].va, 1);
  c.memory.prepareWrite(va + 8, 48);
  return { header, segments, max: Math.min(max, RECEIVE_MAX) };
}

function receive(
  c: Caller,
  fd: number,
  { header, segments, max }: Incoming,
  flags: number,
): Awaitable<number> {
  const controlRoom = header.control === 0 ? 0 : header.controlLength;
  const options = { flags, rightsMax: rightsRoom(controlRoom) };
  return then(c.sys.recvmsg(fd, max, options), async (message) => {
    const control = controlStruct(controlRoom, message);
    for (const excess of control.excess) await c.sys.close(excess);
    await scatter(c, segments, message.data);
    await store(c, header.control, control.bytes);
    const name = addressStruct(message.from);
    await store(c, header.name, name.subarray(0, header.nameLength));
    const told = new Uint8Array(48);
    const view = new DataView(told.buffer);
    view.setUint32(0, header.name === 0 ? 0 : name.length, true);
    const flagsTold = message.flags | (control.cut ? MSG.CTRUNC : 0) | (flags & MSG.CMSG_CLOEXEC);
    await c.memory.store(header.va + 8, told.subarray(0, 4));
    view.setUint32(0, control.bytes.length, true);
    view.setUint32(4, 0, true);
    view.setUint32(8, flagsTold, true);
    await c.memory.store(header.va + 40, told.subarray(0, 12));
    return counted(message, flags);
  });
}

function recvmsg(c: Caller): Awaitable<number> {
  c.sys.getCloexec(c.int(0));
  return receive(c, c.int(0), incoming(c, c.ptr(1)), c.uint(2));
}

function recvmmsg(c: Caller): Awaitable<number> {
  const [fd, va, flags, timeout] = [c.int(0), c.ptr(1), c.uint(3), c.ptr(4)];
  c.sys.getCloexec(fd);
  const limitMs = timeout === 0 ? -1 : readTimespec(c.memory, timeout);
  const messages: Incoming[] = [];
  for (let i = 0; i < Math.min(c.uint(2), MESSAGES_MAX); i++) {
    messages.push(incoming(c, va + i * MMSGHDR_BYTES));
    c.memory.prepareWrite(va + i * MMSGHDR_BYTES + MMSGHDR_BYTES - 8, 4);
  }
  return receiveAll(c, fd, messages, flags, limitMs);
}

/** The time limit is looked at after each message only, as on Linux (recvmmsg(2), BUGS). */
async function receiveAll(
  c: Caller,
  fd: number,
  messages: readonly Incoming[],
  flags: number,
  limitMs: number,
): Promise<number> {
  const deadlineMs = c.sys.monotonic() + limitMs;
  const first = flags & ~MSG.WAITFORONE;
  const later = flags & MSG.WAITFORONE ? first | MSG.DONTWAIT : first;
  for (const [i, message] of messages.entries()) {
    try {
      const count = await receive(c, fd, message, i === 0 ? first : later);
      await c.memory.store(message.header.va + MMSGHDR_BYTES - 8, word(count));
    } catch (error) {
      if (i === 0 || !(isSysError(error) || isKError(error))) throw error;
      return i;
    }
    if (limitMs >= 0 && c.sys.monotonic() >= deadlineMs) return i + 1;
  }
  return messages.length;
}

// --- options

function getsockopt(c: Caller): Awaitable<number> {
  const [fd, level, va, lengthVa] = [c.int(0), c.int(1), c.ptr(3), c.ptr(4)];
  const name = optionName(level, c.int(2));
  c.sys.getCloexec(fd);
  const room = c.memory.i32(lengthVa);
  if (room < 0) throw new SysError('EINVAL');
  c.memory.prepareWrite(lengthVa, 4);
  if (room > 0) c.memory.prepareWrite(va, Math.min(room, 4));
  return then(c.sys.getsockopt(fd, level, name), (value: SocketOption) => {
    const bytes = optionStruct(level, name, value).subarray(0, room);
    return then(store(c, va, bytes), () => then(store(c, lengthVa, word(bytes.length)), () => 0));
  });
}

function setsockopt(c: Caller): Awaitable<number> {
  const [fd, level, va, length] = [c.int(0), c.int(1), c.ptr(3), c.int(4)];
  const name = optionName(level, c.int(2));
  c.sys.getCloexec(fd);
  if (length < 0) throw new SysError('EINVAL');
  return done(c.sys.setsockopt(fd, level, name, readOption(c.memory, level, name, va, length)));
}

export const socketCalls: LinuxCalls = {
  socket: (c) => c.sys.socket(c.int(0), c.int(1), c.int(2)),
  socketpair,
  bind: (c) => done(c.sys.bind(c.int(0), readAddress(c.memory, c.ptr(1), c.int(2)))),
  listen: (c) => done(c.sys.listen(c.int(0), c.int(1))),
  accept: (c) => accept(c, 0),
  accept4: (c) => accept(c, c.int(3)),
  connect: (c) => done(c.sys.connect(c.int(0), readAddress(c.memory, c.ptr(1), c.int(2)))),
  getsockname: (c) => tellName(c, (fd) => c.sys.getsockname(fd)),
  getpeername: (c) => tellName(c, (fd) => c.sys.getpeername(fd)),
  sendto,
  sendmsg,
  sendmmsg,
  recvfrom,
  recvmsg,
  recvmmsg,
  shutdown: (c) => done(c.sys.shutdown(c.int(0), c.int(1))),
  getsockopt,
  setsockopt,
};
