/**
 * Frames: what a link hands to a transport. A fixed binary header and an array of packets in MessagePack, in
 * one piece; byte strings of 16 KiB and more travel beside it, each as a frame of its own, never through the
 * encoder.
 *
 *     offset  0 magic   1 version   2 kind   3 0   4 session   12 peer's session   20 sequence
 *            28 acknowledged   36 Lamport stamp   44 epoch (16 bits)   46 raw frames that follow (16)
 *            48 0xdc, count (16): a MessagePack array of packets
 *
 * Packets are encoded when they are sent, not when the frame leaves: the sender may reuse its values at once,
 * and one that cannot be encoded harms no other. A packet leaves room before itself, so a frame of one
 * packet, the common case, is made without copying.
 */
import { addExtension, Packr, RESERVE_START_SPACE } from 'msgpackr';

const MAGIC = 0xc5;
const VERSION = 1;
const HEADER_BYTES = 48;
/** Header and the array mark before the first packet. */
const ROOM = HEADER_BYTES + 3;
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

/** An encoded packet. `bytes` begins with room for a frame header. */
export interface Packed {
  readonly bytes: Buffer;
  readonly raws: readonly Uint8Array[];
  readonly size: number;
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
/** Where the packets of a frame begin. */
const PACKETS = { start: HEADER_BYTES };
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

/** Encodes a packet [kind, tuple]. Throws what the encoder throws for values that cannot travel. */
export function packPacket(kind: number, tuple: readonly unknown[]): Packed {
  if (!hasRaws(tuple)) {
    const bytes = packr.pack([kind, tuple], RESERVE_START_SPACE | ROOM) as Buffer;
    return { bytes, raws: NO_RAWS, size: bytes.length };
  }
  const raws: Uint8Array[] = [];
  const body = takeRaws(tuple, raws);
  const bytes = packr.pack([kind, body, raws.length], RESERVE_START_SPACE | ROOM) as Buffer;
  let size = bytes.length;
  for (const raw of raws) size += raw.length;
  return { bytes, raws, size };
}

/** Encoded size of a value, for limits. */
export function packedBytes(value: unknown): number {
  return packr.pack(value).length;
}

function writeHead(buffer: Buffer, head: FrameHead, raws: number, packets: number): void {
  const view = new DataView(buffer.buffer, buffer.byteOffset, ROOM);
  view.setUint32(0, (MAGIC << 24) | (VERSION << 16) | (head.kind << 8));
  view.setFloat64(4, head.session);
  view.setFloat64(12, head.peerSession);
  view.setFloat64(20, head.sequence);
  view.setFloat64(28, head.acknowledged);
  view.setFloat64(36, head.stamp);
  view.setUint16(44, head.epoch);
  view.setUint16(46, raws);
  view.setUint8(48, 0xdc);
  view.setUint16(49, packets);
}

/** A frame of packets, and its raw frames after it. A packet is used up: its room becomes the header. */
export function encodeFrame(head: FrameHead, packets: readonly Packed[]): Uint8Array[] {
  const only = packets.length === 1 ? packets[0] : undefined;
  if (only) {
    writeHead(only.bytes, head, only.raws.length, 1);
    return only.raws.length === 0 ? [only.bytes] : [only.bytes, ...only.raws];
  }
  const frames: Uint8Array[] = [];
  let length = ROOM;
  for (const packet of packets) length += packet.bytes.length - ROOM;
  const buffer = Buffer.allocUnsafe(length);
  frames.push(buffer);
  let at = ROOM;
  for (const packet of packets) {
    packet.bytes.copy(buffer, at, ROOM);
    at += packet.bytes.length - ROOM;
    for (const raw of packet.raws) frames.push(raw);
  }
  writeHead(buffer, head, frames.length - 1, packets.length);
  return frames;
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

/** Reads and checks the header. Throws MalformedFrame. */
export function decodeHead(frames: readonly Uint8Array[]): FrameHead {
  const first = frames[0];
  if (!first || first.length < ROOM) throw new MalformedFrame('short frame');
  const view = new DataView(first.buffer, first.byteOffset, ROOM);
  if (view.getUint16(0) !== ((MAGIC << 8) | VERSION)) throw new MalformedFrame('foreign version');
  const kind = view.getUint8(2) as FrameKindCode;
  if (kind < FrameKind.hello || kind > FrameKind.bye) throw new MalformedFrame('unknown kind');
  const session = view.getFloat64(4);
  const peerSession = view.getFloat64(12);
  const sequence = view.getFloat64(20);
  const acknowledged = view.getFloat64(28);
  const stamp = view.getFloat64(36);
  const counts = isCount(session) && isCount(peerSession) && isCount(sequence) && isCount(acknowledged);
  if (!counts || !isCount(stamp)) throw new MalformedFrame('bad header field');
  if (view.getUint16(46) !== frames.length - 1) throw new MalformedFrame('raw frames missing');
  return { kind, session, peerSession, sequence, acknowledged, stamp, epoch: view.getUint16(44) };
}

export interface RawPacket {
  readonly kind: number;
  readonly tuple: readonly unknown[];
}

/** The packets of a data frame, raw frames back in their places. Throws MalformedFrame. */
export function decodePackets(frames: readonly Uint8Array[]): RawPacket[] {
  const first = frames[0]!;
  let items: unknown;
  try {
    items = packr.unpack(first, PACKETS);
  } catch (error) {
    throw new MalformedFrame(String(error));
  }
  if (!Array.isArray(items) || items.length > PACKETS_PER_FRAME_MAX) throw new MalformedFrame('no packets');
  const packets = new Array<RawPacket>(items.length);
  let used = 1;
  for (let i = 0; i < items.length; i++) {
    const item: unknown = items[i];
    if (!Array.isArray(item)) throw new MalformedFrame('packet is no array');
    const kind: unknown = item[0];
    const tuple: unknown = item[1];
    if (typeof kind !== 'number' || !Array.isArray(tuple)) throw new MalformedFrame('packet has no kind');
    const count = item.length > 2 ? rawCount(item[2]) : 0;
    packets[i] = {
      kind,
      tuple: count === 0 ? tuple : (putRaws(tuple, frames.slice(used, used + count)) as unknown[]),
    };
    used += count;
  }
  return packets;
}

function rawCount(count: unknown): number {
  const good = typeof count === 'number' && count >= 1 && count <= RAWS_PER_PACKET_MAX;
  if (!good) throw new MalformedFrame('bad raw count');
  return count;
}
