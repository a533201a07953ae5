/**
 * Cargo of distant fork and exec that may be larger than a message: sent ahead in pieces, then named by the
 * request. A parcel belongs to the site that sent it and goes when it is taken, or when that site is lost.
 */
import { deserialize, serialize } from 'node:v8';
import type { Thread } from '../../nucleus/executive/thread.ts';
import { newKey } from '../../nucleus/ids/capability.ts';
import type { SiteId } from '../../nucleus/ids/ui.ts';
import type { Destination } from '../../nucleus/ipc/message.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { Manager } from './manager.ts';

/** Cargo up to this size travels in the request itself. */
const INLINE_BYTES = 40 * 1024;
const PIECE_BYTES = 60 * 1024;
/** One parcel: E2BIG. */
export const PARCEL_BYTES_MAX = 64 * 1024 * 1024;
/** Parcels waiting at one manager: EAGAIN. */
export const PARCELS_MAX = 256;

export interface Parcel {
  readonly from: SiteId;
  readonly pieces: Uint8Array[];
  bytes: number;
}

/** How a request names its cargo. */
export type Cargo = { readonly bytes: Uint8Array } | { readonly parcel: string };

/** Throws E2BIG, TypeError for what cannot be encoded (functions). */
export async function sendCargo(
  pm: Manager,
  thread: Thread,
  dest: Destination,
  value: unknown,
): Promise<Cargo> {
  const bytes = encode(value);
  if (bytes.length <= INLINE_BYTES) return { bytes };
  if (bytes.length > PARCEL_BYTES_MAX) throw new SysError('E2BIG');
  const parcel = newKey(pm.nucleus.random);
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    const data = bytes.subarray(at, at + PIECE_BYTES);
    await pm.peers.parcel(thread, dest, { id: parcel, data }, { abortable: false });
  }
  return { parcel };
}

function encode(value: unknown): Uint8Array {
  try {
    return serialize(value);
  } catch (error) {
    throw new TypeError('state of fork is not plain data', { cause: error });
  }
}

/** A piece arrived. */
export function receivePiece(pm: Manager, id: string, data: Uint8Array, from: SiteId): void {
  let parcel = pm.parcels.get(id);
  if (!parcel) {
    if (pm.parcels.size >= PARCELS_MAX) throw new SysError('EAGAIN');
    pm.parcels.set(id, (parcel = { from, pieces: [], bytes: 0 }));
  }
  if (parcel.from !== from) throw new SysError('EPERM');
  parcel.bytes += data.length;
  if (parcel.bytes > PARCEL_BYTES_MAX) {
    pm.parcels.delete(id);
    throw new SysError('E2BIG');
  }
  parcel.pieces.push(data.slice());
}

/** The cargo of a request. Throws EPROTO when it is misshapen or its parcel unknown. */
export function openCargo(pm: Manager, cargo: unknown, from: SiteId): Record<string, unknown> {
  const value = decode(bytesOf(pm, cargo as Partial<{ bytes: Uint8Array; parcel: string }>, from));
  if (typeof value !== 'object' || value === null) throw new SysError('EPROTO');
  return value as Record<string, unknown>;
}

function bytesOf(
  pm: Manager,
  cargo: Partial<{ bytes: Uint8Array; parcel: string }> | null,
  from: SiteId,
): Uint8Array {
  if (cargo?.bytes instanceof Uint8Array) return cargo.bytes;
  const parcel = pm.parcels.get(cargo?.parcel ?? '');
  if (parcel?.from !== from) throw new SysError('EPROTO');
  pm.parcels.delete(cargo!.parcel!);
  return Buffer.concat(parcel.pieces);
}

function decode(bytes: Uint8Array): unknown {
  try {
    return deserialize(bytes);
  } catch {
    throw new SysError('EPROTO');
  }
}

export function dropParcelsOf(pm: Manager, site: SiteId): void {
  for (const [id, { from }] of [...pm.parcels]) if (from === site) pm.parcels.delete(id);
}
