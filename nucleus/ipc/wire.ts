/**
 * The packets that nuclei exchange: one table. A packet's position in the table is its number on the wire,
 * its codec is both its encoding and the check of what a foreign site sends; anything else is malformed and
 * dropped. Most are tuples in MessagePack; those of every call are laid out by hand (post.ts).
 *
 * Messages inside packets: null when empty, a typed one is [protocol name, operation number, tuple], a raw
 * one [null, annex, body]. Results: null when empty, [1, tuple], or [0, annex, body]. Reply codes: 0, a
 * negative nucleus error, or a positive fault of the protocol.
 */
import { isKError, KError, kerrorFromCode } from '../errors.ts';
import type { SiteId } from '../ids/ui.ts';
import type { NucleusLimits } from '../limits.ts';
import { type Arrived, type Packed, packedBytes, packPacket, unpackPacket } from './frame.ts';
import { EMPTY_MESSAGE, type Message, type MessageHead, type TypedCall } from './message.ts';
import { type Codec, type Post, piSchema, postCodec, postSchema, replyCodec } from './post.ts';
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

const siteSchema = rec({ site: uint, name: str(256), address: str(1024) });

/** A packet whose content is a tuple in MessagePack. */
const tuple = <T>(schema: Schema<T>): Codec<T> => ({
  pack: (kind, value) => packPacket(kind, schema.pack(value)),
  unpack: (packet) => schema.unpack(unpackPacket(packet)),
});

const CODECS = {
  /** First packet of a session: who is there, and which other sites it knows. */
  intro: tuple(rec({ name: str(256), address: str(1024), sites: list(siteSchema, 8192) })),
  /** The local members of groups; `last` ends the directory, and makes the site up. */
  groups: tuple(rec({ groups: list(rec({ group: ui, ports: list(ui) }), GROUPS_PER_PACKET), last: bool })),
  groupChange: tuple(rec({ group: ui, port: ui, present: bool })),
  /** Sites that the sender has lately come to know. */
  news: tuple(rec({ sites: list(siteSchema, 8192) })),
  /** A message for a port. */
  post: postCodec,
  /** End of a call: code 0 with a result, or an error. */
  reply: replyCodec,
  /** The client of a call gave up. */
  abort: tuple(rec({ call: uint })),
  /** "Not here": a post comes back, with the site the port went to if that is known. */
  bounce: tuple(rec({ hint: opt(uint), post: opaque })),
  /** Asks for `markAck` once everything sent before for this port was delivered or came back. */
  mark: tuple(rec({ target: ui })),
  markAck: tuple(rec({ target: ui })),
  locate: tuple(rec({ query: uint, target: ui })),
  /** Answer: here, or not here and perhaps where it went. */
  located: tuple(rec({ query: uint, here: bool, hint: opt(uint) })),
  /** Migration, first phase: the port and the messages that follow it. */
  migrate: tuple(
    rec({
      id: uint,
      port: ui,
      actor: ui,
      pi: piSchema,
      groups: list(ui, 4096),
      queue: list(postSchema, 65536),
    }),
  ),
  /** The destination would take it (0), or not. */
  prepared: tuple(rec({ id: uint, code: int })),
  /** Second phase: from here on the port is the destination's; or the migration is called off. */
  commit: tuple(rec({ id: uint, go: bool })),
  /** The port is installed: its local identifier there, or an error. */
  installed: tuple(rec({ id: uint, code: int, li: uint })),
};

type Codecs = typeof CODECS;
export type PacketName = keyof Codecs;
export type Packets = { readonly [N in PacketName]: Codecs[N] extends Codec<infer T> ? T : never };
export type SiteRecord = TypeOf<typeof siteSchema>;

const NAMES = Object.keys(CODECS) as PacketName[];
const NUMBERS = Object.fromEntries(NAMES.map((name, number) => [name, number])) as Record<PacketName, number>;
const UNTYPED = CODECS as unknown as Record<PacketName, Codec<unknown>>;
const BY_NUMBER = NAMES.map((name) => UNTYPED[name]);

/** Encodes a packet. Throws K_EINVAL when a value in it cannot travel. */
export function pack<N extends PacketName>(name: N, value: Packets[N]): Packed {
  try {
    return UNTYPED[name].pack(NUMBERS[name], value);
  } catch {
    throw new KError('K_EINVAL');
  }
}

export type PacketHandlers<C> = { readonly [N in PacketName]: (context: C, packet: Packets[N]) => void };
/** Handlers by the packets' numbers. */
export type HandlerTable<C> = readonly ((context: C, packet: unknown) => void)[];

export function handlerTable<C>(handlers: PacketHandlers<C>): HandlerTable<C> {
  return NAMES.map((name) => handlers[name] as (context: C, packet: unknown) => void);
}

/** Decodes, checks and hands on one packet. Throws SchemaError, or what the decoder throws. */
export function dispatch<C>(handlers: HandlerTable<C>, context: C, packet: Arrived): void {
  const codec = BY_NUMBER[packet.kind];
  if (codec === undefined) throw new SchemaError('packet');
  handlers[packet.kind]!(context, codec.unpack(packet));
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
