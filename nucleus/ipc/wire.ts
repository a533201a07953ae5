/**
 * The packets that nuclei exchange: one table. A packet's position in the table is its number on the wire,
 * its schema is both its encoding and the check of what a foreign site sends; anything else is malformed and
 * dropped.
 *
 * Messages inside packets: null when empty, a typed one is [protocol name, operation number, tuple], a raw
 * one [null, annex, body]. Results: null when empty, [1, tuple], or [0, annex, body]. Reply codes: 0, a
 * negative nucleus error, or a positive fault of the protocol.
 */
import { isKError, KError, kerrorFromCode } from '../errors.ts';
import { type ProtectionId, SYSTEM_PI } from '../ids/capability.ts';
import type { SiteId, UI } from '../ids/ui.ts';
import type { NucleusLimits } from '../limits.ts';
import { type Packed, packedBytes, packPacket } from './frame.ts';
import { EMPTY_MESSAGE, type Message, type MessageHead, type TypedCall } from './message.ts';
import type { Protocol } from './protocol.ts';
import {
  bool,
  int,
  list,
  opaque,
  opt,
  rec,
  type Schema,
  SchemaError,
  str,
  type TypeOf,
  ui,
  uint,
} from './schema.ts';

/** Groups told of in one packet; a longer directory is sent in several. */
export const GROUPS_PER_PACKET = 256;

const pi = list(uint, 3);

/** A message on its way to a port: target, call number (0: ipcSend), and what the head needs. */
export interface Post {
  readonly target: UI;
  readonly call: number;
  readonly srcPort: UI | null;
  readonly srcSite: SiteId;
  readonly transId: number;
  readonly actorPi: ProtectionId;
  readonly portPi: ProtectionId;
  /** The message in its wire form. */
  readonly message: unknown;
}

/** A protection identifier; the system's own, the most frequent, is nothing. */
const packPi = ({ uid, gid, domain }: ProtectionId): number[] | null =>
  uid === 0 && gid === 0 && domain === 0 ? null : [uid, gid, domain];

function unpackPi(wire: unknown): ProtectionId {
  if (wire === null) return SYSTEM_PI;
  const [uid, gid, domain] = pi.unpack(wire);
  return { uid: uid ?? 0, gid: gid ?? 0, domain: domain ?? 0 };
}

const piSchema: Schema<ProtectionId> = { label: 'pi', pack: packPi, unpack: unpackPi };

const count = (wire: unknown): number => {
  if (!Number.isSafeInteger(wire) || (wire as number) < 0) throw new SchemaError('uint');
  return wire as number;
};

/** Written out, as is `replySchema`: every call between sites passes these two. */
const postSchema: Schema<Post> = {
  label: 'post',
  pack: (post) => [
    post.target,
    post.call,
    post.srcPort,
    post.srcSite,
    post.transId,
    packPi(post.actorPi),
    post.portPi === post.actorPi ? 0 : packPi(post.portPi),
    post.message,
  ],
  unpack: (wire) => {
    if (!Array.isArray(wire) || wire.length !== 8) throw new SchemaError('post');
    const actorPi = unpackPi(wire[5]);
    return {
      target: ui.unpack(wire[0]),
      call: count(wire[1]),
      srcPort: wire[2] === null ? null : ui.unpack(wire[2]),
      srcSite: count(wire[3]),
      transId: count(wire[4]),
      actorPi,
      portPi: wire[6] === 0 ? actorPi : unpackPi(wire[6]),
      message: wire[7],
    };
  },
};

interface Reply {
  readonly call: number;
  readonly code: number;
  readonly result: unknown;
}

const replySchema: Schema<Reply> = {
  label: 'reply',
  pack: (reply) => [reply.call, reply.code, reply.result],
  unpack: (wire) => {
    if (!Array.isArray(wire) || wire.length !== 3) throw new SchemaError('reply');
    return { call: count(wire[0]), code: int.unpack(wire[1]), result: wire[2] };
  },
};

const siteSchema = rec({ site: uint, name: str(256), address: str(1024) });

const SCHEMAS = {
  /** First packet of a session: who is there, and which other sites it knows. */
  intro: rec({ name: str(256), address: str(1024), sites: list(siteSchema, 8192) }),
  /** The local members of groups; `last` ends the directory, and makes the site up. */
  groups: rec({ groups: list(rec({ group: ui, ports: list(ui) }), GROUPS_PER_PACKET), last: bool }),
  groupChange: rec({ group: ui, port: ui, present: bool }),
  /** Sites that the sender has lately come to know. */
  news: rec({ sites: list(siteSchema, 8192) }),
  /** A message for a port. */
  post: postSchema,
  /** End of a call: code 0 with a result, or an error. */
  reply: replySchema,
  /** The client of a call gave up. */
  abort: rec({ call: uint }),
  /** "Not here": a post comes back, with the site the port went to if that is known. */
  bounce: rec({ hint: opt(uint), post: opaque }),
  /** Asks for `markAck` once everything sent before for this port was delivered or came back. */
  mark: rec({ target: ui }),
  markAck: rec({ target: ui }),
  locate: rec({ query: uint, target: ui }),
  /** Answer: here, or not here and perhaps where it went. */
  located: rec({ query: uint, here: bool, hint: opt(uint) }),
  /** Migration, first phase: the port and the messages that follow it. */
  migrate: rec({
    id: uint,
    port: ui,
    actor: ui,
    pi: piSchema,
    groups: list(ui, 4096),
    queue: list(postSchema, 65536),
  }),
  /** The destination would take it (0), or not. */
  prepared: rec({ id: uint, code: int }),
  /** Second phase: from here on the port is the destination's; or the migration is called off. */
  commit: rec({ id: uint, go: bool }),
  /** The port is installed: its local identifier there, or an error. */
  installed: rec({ id: uint, code: int, li: uint }),
};

type Schemas = typeof SCHEMAS;
export type PacketName = keyof Schemas;
export type Packets = { readonly [N in PacketName]: TypeOf<Schemas[N]> };
export type SiteRecord = TypeOf<typeof siteSchema>;

const NAMES = Object.keys(SCHEMAS) as PacketName[];
const NUMBERS = Object.fromEntries(NAMES.map((name, number) => [name, number])) as Record<PacketName, number>;
const UNTYPED = SCHEMAS as unknown as Record<PacketName, Schema<unknown>>;

/** Encodes a packet. Throws K_EINVAL when a value in it cannot travel. */
export function pack<N extends PacketName>(name: N, value: Packets[N]): Packed {
  const tuple = UNTYPED[name].pack(value) as unknown[];
  try {
    return packPacket(NUMBERS[name], tuple);
  } catch {
    throw new KError('K_EINVAL');
  }
}

export type PacketHandlers<C> = { readonly [N in PacketName]: (context: C, packet: Packets[N]) => void };

/** Decodes, checks and hands on one packet. Throws SchemaError. */
export function dispatch<C>(
  handlers: PacketHandlers<C>,
  context: C,
  kind: number,
  tuple: readonly unknown[],
): void {
  const name = NAMES[kind];
  if (name === undefined) throw new SchemaError('packet');
  const handler = handlers[name] as (context: C, packet: unknown) => void;
  handler(context, UNTYPED[name].unpack(tuple));
}

export function packetName(kind: number): string {
  return NAMES[kind] ?? 'unknown';
}

// --- messages
// --------------------------------------------------------------------------------------------------

/**
 * An upper bound of a tuple's encoded size without its byte strings; infinite when only the encoder can tell.
 */
function roughBytes(value: unknown): number {
  if (typeof value === 'string') return value.length * 3 + 5;
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return 9;
  if (!Array.isArray(value)) return Number.POSITIVE_INFINITY;
  let sum = 5;
  for (let i = 0; i < value.length; i++) sum += roughBytes(value[i]);
  return sum;
}

/** Bytes in the byte strings of a tuple. */
function rawFieldBytes(value: unknown): number {
  if (value instanceof Uint8Array) return value.length;
  if (!Array.isArray(value)) return 0;
  let sum = 0;
  for (let i = 0; i < value.length; i++) sum += rawFieldBytes(value[i]);
  return sum;
}

const withoutBytes = (value: unknown): unknown =>
  value instanceof Uint8Array ? null : Array.isArray(value) ? value.map(withoutBytes) : value;

/** A body of 64 KiB, and as much again in byte strings. Throws K_ESIZE. */
function checkSize(tuple: unknown, limits: NucleusLimits): void {
  if (rawFieldBytes(tuple) > limits.bodyBytes) throw new KError('K_ESIZE');
  if (roughBytes(tuple) <= limits.bodyBytes) return;
  if (packedBytes(withoutBytes(tuple)) > limits.bodyBytes) throw new KError('K_ESIZE');
}

function packTuple(schema: Schema<unknown>, value: unknown, limits: NucleusLimits): unknown {
  let tuple: unknown;
  try {
    tuple = schema.pack(value);
  } catch {
    throw new KError('K_EINVAL');
  }
  try {
    checkSize(tuple, limits);
  } catch (error) {
    throw isKError(error) ? error : new KError('K_EINVAL');
  }
  return tuple;
}

export function encodeMessage(message: Message, limits: NucleusLimits): unknown {
  const { call } = message;
  if (message === EMPTY_MESSAGE) return null;
  if (!call) return [null, message.annex ?? null, message.body ?? null];
  return [call.protocol.name, call.op.number, packTuple(call.op.request, call.value, limits)];
}

function decodeRaw(annex: unknown, body: unknown, limits: NucleusLimits): Message {
  const fits = (value: unknown, max: number): boolean =>
    value === null || value === undefined || (value instanceof Uint8Array && value.length <= max);
  if (!fits(annex, limits.annexBytes) || !fits(body, limits.bodyBytes)) throw new KError('K_EFAULT');
  if (annex == null && body == null) return EMPTY_MESSAGE;
  return { annex: (annex as Uint8Array | null) ?? undefined, body: (body as Uint8Array | null) ?? undefined };
}

/** Throws K_EFAULT for what no protocol known here declares. */
export function decodeMessage(
  wire: unknown,
  protocols: ReadonlyMap<string, Protocol>,
  limits: NucleusLimits,
): Message {
  if (wire === null) return EMPTY_MESSAGE;
  if (!Array.isArray(wire) || wire.length !== 3) throw new KError('K_EFAULT');
  const [name, second, third] = wire as unknown[];
  if (name === null) return decodeRaw(second, third, limits);
  const protocol = typeof name === 'string' ? protocols.get(name) : undefined;
  const op = protocol && typeof second === 'number' ? protocol.operations[second] : undefined;
  if (!protocol || !op) throw new KError('K_EFAULT');
  try {
    return { call: { protocol, op, value: op.request.unpack(third) } };
  } catch {
    throw new KError('K_EFAULT');
  }
}

/** The reply packet of a call: `error` or a result. */
export function encodeReply(
  call: number,
  request: Message,
  error: Error | null,
  reply: Message,
  limits: NucleusLimits,
): Packed {
  if (error) return pack('reply', { call, code: errorCode(error, request.call), result: null });
  try {
    return pack('reply', { call, code: 0, result: encodeResult(reply, request.call, limits) });
  } catch (failure) {
    const code = isKError(failure) ? failure.kcode : new KError('K_EFAULT').kcode;
    return pack('reply', { call, code, result: null });
  }
}

function encodeResult(reply: Message, call: TypedCall | undefined, limits: NucleusLimits): unknown {
  if (reply === EMPTY_MESSAGE) return null;
  if (!reply.result) return [0, reply.annex ?? null, reply.body ?? null];
  if (!call) throw new KError('K_EFAULT');
  return [1, packTuple(call.op.reply, reply.result.value, limits)];
}

function errorCode(error: Error, call: TypedCall | undefined): number {
  if (isKError(error)) return error.kcode;
  const code = call?.protocol.faults.toCode(error);
  return code !== undefined && code > 0 ? code : new KError('K_EFAULT').kcode;
}

/** What a reply packet means to the caller: the result, or the error thrown. */
export function decodeReply(
  packet: Packets['reply'],
  call: TypedCall | undefined,
  limits: NucleusLimits,
): Message {
  if (packet.code < 0) throw kerrorFromCode(packet.code);
  if (packet.code > 0) throw call ? call.protocol.faults.fromCode(packet.code) : new KError('K_EFAULT');
  if (packet.result === null) return EMPTY_MESSAGE;
  if (!Array.isArray(packet.result)) throw new KError('K_EFAULT');
  const [typed, second, third] = packet.result as unknown[];
  if (typed !== 1) return decodeRaw(second, third, limits);
  if (!call) throw new KError('K_EFAULT');
  try {
    return { result: { value: call.op.reply.unpack(second) } };
  } catch {
    throw new KError('K_EFAULT');
  }
}

// --- heads
// -----------------------------------------------------------------------------------------------------

export function makePost(head: MessageHead, call: number, message: Message, limits: NucleusLimits): Post {
  return {
    target: head.target,
    call,
    srcPort: head.srcPort,
    srcSite: head.srcSite,
    transId: head.transId,
    actorPi: head.actorPi,
    portPi: head.portPi,
    message: encodeMessage(message, limits),
  };
}

/** The head that the receiver sees; a message that came straight from a site is that site's. */
export function headOf(post: Post, srcSite: SiteId = post.srcSite): MessageHead {
  const { srcPort, target, transId, actorPi, portPi } = post;
  return { srcSite, srcPort, target, transId, actorPi, portPi };
}

/** A post that came back, checked again. Throws SchemaError. */
export function reread(post: unknown): Post {
  return postSchema.unpack(post);
}

export function asWire(post: Post): unknown {
  return postSchema.pack(post);
}

export type { SiteId, UI };
