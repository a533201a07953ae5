/**
 * Frames: what a link hands to a transport. A fixed binary header and packets, in one piece; byte strings of
 * 16 KiB and more travel beside it, each as a frame of its own, never through an encoder.
 *
 *     offset  0 magic   1 version   2 kind   3 0   4 session   12 peer's session   20 sequence
 *            28 acknowledged   36 Lamport stamp   44 epoch (16 bits)   46 raw frames that follow (16)
 *            48 packets (16)
 *
 *     packet  0 kind   1 raw frames of its own   2 bytes that follow (32)   6 its content
 *
 * The content is what the table in wire.ts says: a tuple in MessagePack, or, for the packets of every call, a
 * layout of fixed offsets that is written and read in place. All numbers are little-endian.
 *
 * Packets are encoded when they are sent, not when the frame leaves: the sender may reuse its values at once,
 * and one that cannot be encoded harms no other. A packet leaves room before itself, so a frame of one
 * packet, the common case, is made without copying.
 */
import { addExtension, Packr, RESERVE_START_SPACE } from 'msgpackr';

const MAGIC = 0xc5;
const VERSION = 2;
/** The header; the first packet comes right after it. */
const HEADER_BYTES = 50;
const PACKET_HEAD_BYTES = 6;
/** Header of a frame and of its first packet: what is left free before the content of a packet. */
export const ROOM = HEADER_BYTES + PACKET_HEAD_BYTES;
/** Byte strings from here on are kept out of the encoder. */
export const RAW_BYTES_MIN = 16 * 1024;
/** Raw frames that one packet may have. */
export const RAWS_PER_PACKET_MAX = 16;
/** Packets and raw frames in one frame. */
export const PACKETS_PER_FRAME_MAX = 4096;

export const FrameKind = { hello: 1, data: 2, ack: 3, bye: 4 } as const;
export type FrameKindCode = (typeof FrameKind)[keyof typeof FrameKind];

export interface FrameHead {
  kind: FrameKindCode;
  session: number;
  /** The session of the peer that this frame belongs to; 0 when unknown. */
  peerSession: number;
  sequence: number;
  /** Every frame up to this one has arrived. */
  acknowledged: number;
  stamp: number;
  epoch: number;
}

/** An encoded packet: ROOM free bytes, then its content. */
export interface Packed {
  readonly bytes: Uint8Array;
  /** Shows the bytes, from offset `at` on. */
  readonly view: DataView;
  readonly at: number;
  readonly raws: readonly Uint8Array[];
  readonly size: number;
}

/** A packet as it arrived: its content is at `start` … `end` of the frame `bytes`, shown by `view`. */
export interface Arrived {
  readonly kind: number;
  readonly view: DataView;
  readonly start: number;
  readonly end: number;
  readonly bytes: Uint8Array;
  readonly raws: readonly Uint8Array[];
}

export class MalformedFrame extends Error {}

/** Stands in a packet for the n-th of its raw frames. */
class RawRef {
  readonly index: number;
  constructor(index: number) {
    this.index = index;
  }
}

addExtension({
  Class: RawRef,
  type: 0x52,
  pack: (ref: RawRef) => Uint8Array.of(ref.index),
  unpack: (data: Uint8Array) => new RawRef(data[0] ?? 255),
});

const packr = new Packr({ useRecords: false });
const NO_RAWS: readonly Uint8Array[] = [];

/** True when a tuple has a byte string to be moved out: hardly ever, so it is asked first. */
function hasRaws(value: unknown): boolean {
  if (value instanceof Uint8Array) return value.length >= RAW_BYTES_MIN;
  if (!Array.isArray(value)) return false;
  for (let i = 0; i < value.length; i++) {
    const item: unknown = value[i];
    if (typeof item === 'object' && item !== null && hasRaws(item)) return true;
  }
  return false;
}

/** Moves large byte strings out of a tuple. Looks into arrays only: what is opaque stays whole. */
function takeRaws(value: unknown, raws: Uint8Array[]): unknown {
  if (value instanceof Uint8Array) {
    if (value.length < RAW_BYTES_MIN || raws.length >= RAWS_PER_PACKET_MAX) return value;
    raws.push(Buffer.from(value));
    return new RawRef(raws.length - 1);
  }
  if (!Array.isArray(value)) return value;
  const before = raws.length;
  const items = value.map((item) =>
    typeof item === 'object' && item !== null ? takeRaws(item, raws) : item,
  );
  return raws.length === before ? value : items;
}

function putRaws(value: unknown, raws: readonly Uint8Array[]): unknown {
  if (value instanceof RawRef) {
    const raw = raws[value.index];
    if (!raw) throw new MalformedFrame('raw frame missing');
    return raw;
  }
  return Array.isArray(value) ? value.map((item) => putRaws(item, raws)) : value;
}

/** Small packets are cut from one piece of memory after another: `POOL_BYTES` each. */
const POOL_BYTES = 64 * 1024;
let pool = new DataView(new ArrayBuffer(POOL_BYTES));
let poolUsed = 0;

/** A packet whose content, of that many bytes, the caller writes through `view` from `at` + ROOM on. */
export function layPacket(kind: number, bytes: number): Packed {
  const size = ROOM + bytes;
  if (poolUsed + size > POOL_BYTES) {
    pool = new DataView(new ArrayBuffer(POOL_BYTES));
    poolUsed = 0;
  }
  const at = poolUsed;
  // Packets begin at multiples of eight.
  poolUsed = (at + size + 7) & ~7;
  writePacketHead(pool, at, kind, 0, bytes);
  return { bytes: new Uint8Array(pool.buffer, at, size), view: pool, at, raws: NO_RAWS, size };
}

/**
 * A packet of a value in MessagePack, after `before` bytes that the caller writes as with `layPacket`. Throws
 * what the encoder throws for values that cannot travel.
 */
export function packPacket(kind: number, value: unknown, before = 0): Packed {
  let raws = NO_RAWS;
  let body = value;
  if (hasRaws(value)) {
    const taken: Uint8Array[] = [];
    body = takeRaws(value, taken);
    raws = taken;
  }
  const bytes = packr.pack(body, RESERVE_START_SPACE | (ROOM + before)) as Buffer;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let size = bytes.length;
  for (const raw of raws) size += raw.length;
  writePacketHead(view, 0, kind, raws.length, bytes.length - ROOM);
  return { bytes, view, at: 0, raws, size };
}

function writePacketHead(view: DataView, at: number, kind: number, raws: number, bytes: number): void {
  view.setUint8(at + HEADER_BYTES, kind);
  view.setUint8(at + HEADER_BYTES + 1, raws);
  view.setUint32(at + HEADER_BYTES + 2, bytes, true);
}

/** Encoded size of a value, for limits. */
export function packedBytes(value: unknown): number {
  return packr.pack(value).length;
}

const MARK = MAGIC | (VERSION << 8);

function writeHead(view: DataView, at: number, head: FrameHead, raws: number, packets: number): void {
  view.setUint32(at, MARK | (head.kind << 16), true);
  view.setFloat64(at + 4, head.session, true);
  view.setFloat64(at + 12, head.peerSession, true);
  view.setFloat64(at + 20, head.sequence, true);
  view.setFloat64(at + 28, head.acknowledged, true);
  view.setFloat64(at + 36, head.stamp, true);
  view.setUint16(at + 44, head.epoch, true);
  view.setUint16(at + 46, raws, true);
  view.setUint16(at + 48, packets, true);
}

/** A frame of one packet, which is used up: its room becomes the header. */
export function encodeOne(head: FrameHead, packet: Packed): Uint8Array[] {
  writeHead(packet.view, packet.at, head, packet.raws.length, 1);
  return packet.raws.length === 0 ? [packet.bytes] : [packet.bytes, ...packet.raws];
}

/** A frame of any number of packets, and its raw frames after it. */
export function encodeFrame(head: FrameHead, packets: readonly Packed[]): Uint8Array[] {
  if (packets.length === 1) return encodeOne(head, packets[0]!);
  let length = HEADER_BYTES;
  for (const packet of packets) length += packet.bytes.length - HEADER_BYTES;
  const buffer = Buffer.allocUnsafe(length);
  const frames: Uint8Array[] = [buffer];
  let at = HEADER_BYTES;
  for (const packet of packets) {
    buffer.set(packet.bytes.subarray(HEADER_BYTES), at);
    at += packet.bytes.length - HEADER_BYTES;
    for (const raw of packet.raws) frames.push(raw);
  }
  writeHead(
    new DataView(buffer.buffer, buffer.byteOffset, length),
    0,
    head,
    frames.length - 1,
    packets.length,
  );
  return frames;
}

/** Small frames are read here: to make a view of every frame costs more than to copy it. */
const NEAR_BYTES = 256;
const near = new Uint8Array(NEAR_BYTES);
const nearView = new DataView(near.buffer);

function viewOf(frame: Uint8Array): DataView {
  if (frame.length > NEAR_BYTES) return new DataView(frame.buffer, frame.byteOffset, frame.length);
  near.set(frame);
  return nearView;
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

const HEAD: FrameHead = {
  kind: FrameKind.ack,
  session: 0,
  peerSession: 0,
  sequence: 0,
  acknowledged: 0,
  stamp: 0,
  epoch: 0,
};

/** Reads and checks the header; it holds until the next one is read. Throws MalformedFrame. */
export function decodeHead(frames: readonly Uint8Array[]): FrameHead {
  const first = frames[0];
  if (!first || first.length < HEADER_BYTES) throw new MalformedFrame('short frame');
  const view = viewOf(first);
  if (view.getUint16(0, true) !== MARK) throw new MalformedFrame('foreign version');
  const kind = view.getUint8(2) as FrameKindCode;
  if (kind < FrameKind.hello || kind > FrameKind.bye) throw new MalformedFrame('unknown kind');
  HEAD.kind = kind;
  HEAD.session = view.getFloat64(4, true);
  HEAD.peerSession = view.getFloat64(12, true);
  HEAD.sequence = view.getFloat64(20, true);
  HEAD.acknowledged = view.getFloat64(28, true);
  HEAD.stamp = view.getFloat64(36, true);
  HEAD.epoch = view.getUint16(44, true);
  const counts = isCount(HEAD.session) && isCount(HEAD.peerSession) && isCount(HEAD.sequence);
  if (!counts || !isCount(HEAD.acknowledged) || !isCount(HEAD.stamp)) {
    throw new MalformedFrame('bad header field');
  }
  if (view.getUint16(46, true) !== frames.length - 1) throw new MalformedFrame('raw frames missing');
  return HEAD;
}

/** The packets of a data frame, not yet decoded. Throws MalformedFrame. */
export function packetsOf(frames: readonly Uint8Array[]): Arrived[] {
  const first = frames[0]!;
  let view = viewOf(first);
  const count = view.getUint16(48, true);
  if (count > PACKETS_PER_FRAME_MAX) throw new MalformedFrame('too many packets');
  // While one packet is handled, other frames may be read.
  if (count > 1 && view === nearView) view = new DataView(first.buffer, first.byteOffset, first.length);
  const packets = new Array<Arrived>(count);
  let at = HEADER_BYTES;
  let used = 1;
  for (let i = 0; i < count; i++) {
    const start = at + PACKET_HEAD_BYTES;
    if (start > first.length) throw new MalformedFrame('packets missing');
    const own = view.getUint8(at + 1);
    const end = start + view.getUint32(at + 2, true);
    const whole = end <= first.length && own <= RAWS_PER_PACKET_MAX && used + own <= frames.length;
    if (!whole) throw new MalformedFrame('packet cut off');
    const raws = own === 0 ? NO_RAWS : frames.slice(used, used + own);
    packets[i] = { kind: view.getUint8(at), view, start, end, bytes: first, raws };
    used += own;
    at = end;
  }
  return packets;
}

/** What stands in a packet in MessagePack, from `start` on, raw frames in their places. Throws. */
export function unpackPacket(packet: Arrived, start = packet.start): unknown {
  const value: unknown = packr.unpack(packet.bytes, { start, end: packet.end });
  return packet.raws.length === 0 ? value : putRaws(value, packet.raws);
}
