/**
 * The two packets of every call between sites, post and reply, laid out by hand: what they always have stands
 * at fixed offsets of the content; the rest, if there is any, follows in MessagePack.
 *
 *     post    0 1 if there is a rest   2 source site (16 bits)   8 call   16 transaction   24 target (16)
 *            40 [source port, PI of the actor, PI of the port, message]
 *     reply   0 1 if there is a result   4 code (32 bits)   8 call
 *            16 result
 */
import { PI_GROUPS_MAX, type ProtectionId, SYSTEM_PI } from '../ids/capability.ts';
import { isUi, type SiteId, type UI } from '../ids/ui.ts';
import { type Arrived, layPacket, type Packed, packPacket, ROOM, unpackPacket } from './frame.ts';
import { list, type Schema, SchemaError, ui, uint } from './schema.ts';

/** How one kind of packet is encoded, and what arrives checked. */
export interface Codec<T> {
  pack(kind: number, value: T): Packed;
  /** Throws SchemaError, or what the decoder throws. */
  unpack(packet: Arrived): T;
}

const pi = list(uint, 3 + PI_GROUPS_MAX);

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
const isSystem = ({ uid, gid, domain, groups }: ProtectionId): boolean =>
  uid === 0 && gid === 0 && domain === 0 && groups === undefined;

function packPi(id: ProtectionId): number[] | null {
  if (isSystem(id)) return null;
  const { uid, gid, domain, groups } = id;
  return groups === undefined ? [uid, gid, domain] : [uid, gid, domain, ...groups];
}

function unpackPi(wire: unknown): ProtectionId {
  if (wire === null) return SYSTEM_PI;
  const [uid = 0, gid = 0, domain = 0, ...groups] = pi.unpack(wire);
  return groups.length === 0 ? { uid, gid, domain } : { uid, gid, domain, groups };
}

export const piSchema: Schema<ProtectionId> = { label: 'pi', pack: packPi, unpack: unpackPi };

const count = (wire: unknown): number => {
  if (!Number.isSafeInteger(wire) || (wire as number) < 0) throw new SchemaError('uint');
  return wire as number;
};

/** A post inside another packet. */
export const postSchema: Schema<Post> = {
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

const POST_BYTES = 40;
const REPLY_BYTES = 16;
const UI_DIGITS = 16;

function writeUi(view: DataView, at: number, name: UI): void {
  for (let i = 0; i < UI_DIGITS; i++) view.setUint8(at + i, name.charCodeAt(i));
}

/** Names lately read, by a hash of their digits: what comes again is neither built nor checked again. */
const NAMES = 512;
const names = new Array<UI | undefined>(NAMES).fill(undefined);
const digits = new Uint32Array(NAMES * 4);

function readUi({ view, bytes, start }: Arrived, offset: number): UI {
  const at = start + offset;
  const a = view.getUint32(at);
  const b = view.getUint32(at + 4);
  const c = view.getUint32(at + 8);
  const d = view.getUint32(at + 12);
  const slot = (Math.imul(a ^ Math.imul(b ^ c, 31) ^ Math.imul(d, 0x9e3779b1), 0x85ebca6b) >>> 16) % NAMES;
  const base = slot * 4;
  const known = names[slot];
  const same = digits[base] === a && digits[base + 1] === b && digits[base + 2] === c;
  if (known !== undefined && same && digits[base + 3] === d) return known;
  const name = Buffer.from(bytes.buffer, bytes.byteOffset + at, UI_DIGITS).toString('latin1');
  if (!isUi(name)) throw new SchemaError('ui');
  names[slot] = name;
  digits.set([a, b, c, d], base);
  return name;
}

export const postCodec: Codec<Post> = {
  pack: (kind, post) => {
    const { srcPort, actorPi, portPi, message } = post;
    const bare = srcPort === null && message === null && isSystem(actorPi) && portPi === actorPi;
    const packed = bare
      ? layPacket(kind, POST_BYTES)
      : packPacket(
          kind,
          [srcPort, packPi(actorPi), portPi === actorPi ? 0 : packPi(portPi), message],
          POST_BYTES,
        );
    const { view } = packed;
    const at = packed.at + ROOM;
    view.setUint16(at, bare ? 0 : 1, true);
    view.setUint16(at + 2, post.srcSite, true);
    view.setUint32(at + 4, 0, true);
    view.setFloat64(at + 8, post.call, true);
    view.setFloat64(at + 16, post.transId, true);
    writeUi(view, at + 24, post.target);
    return packed;
  },
  unpack: (packet) => {
    const { view, start, end } = packet;
    if (end < start + POST_BYTES) throw new SchemaError('post');
    const target = readUi(packet, 24);
    const srcSite = view.getUint16(start + 2, true);
    const call = count(view.getFloat64(start + 8, true));
    const transId = count(view.getFloat64(start + 16, true));
    if (view.getUint16(start, true) === 0) {
      return {
        target,
        call,
        srcPort: null,
        srcSite,
        transId,
        actorPi: SYSTEM_PI,
        portPi: SYSTEM_PI,
        message: null,
      };
    }
    const rest = unpackPacket(packet, start + POST_BYTES);
    if (!Array.isArray(rest) || rest.length !== 4) throw new SchemaError('post');
    const srcPort = rest[0] === null ? null : ui.unpack(rest[0]);
    const actorPi = unpackPi(rest[1]);
    const portPi = rest[2] === 0 ? actorPi : unpackPi(rest[2]);
    return { target, call, srcPort, srcSite, transId, actorPi, portPi, message: rest[3] };
  },
};

/** The end of a call: code 0 with a result, or an error. */
export interface Reply {
  readonly call: number;
  readonly code: number;
  readonly result: unknown;
}

export const replyCodec: Codec<Reply> = {
  pack: (kind, { call, code, result }) => {
    const packed = result === null ? layPacket(kind, REPLY_BYTES) : packPacket(kind, result, REPLY_BYTES);
    const { view } = packed;
    const at = packed.at + ROOM;
    view.setUint32(at, result === null ? 0 : 1, true);
    view.setInt32(at + 4, code, true);
    view.setFloat64(at + 8, call, true);
    return packed;
  },
  unpack: (packet) => {
    const { view, start, end } = packet;
    if (end < start + REPLY_BYTES) throw new SchemaError('reply');
    const result = view.getUint32(start, true) === 0 ? null : unpackPacket(packet, start + REPLY_BYTES);
    return { call: count(view.getFloat64(start + 8, true)), code: view.getInt32(start + 4, true), result };
  },
};
