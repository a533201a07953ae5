/**
 * Messages: an annex of at most 120 bytes and a body of at most 64 KiB, with copy semantics.
 *
 * A message is either raw (the two byte strings) or *typed*: one operation of a protocol with its argument
 * value, whose marshalling into the body is put off until the message leaves the site. A typed value that
 * stays on the site is handed over uncopied; both sides treat it as immutable, so nobody can tell.
 */
import { KError } from '../errors.ts';
import type { ProtectionId } from '../ids/capability.ts';
import type { SiteId, UI } from '../ids/ui.ts';
import type { NucleusLimits } from '../limits.ts';
import type { Operation, Protocol } from './protocol.ts';

export interface Message {
  readonly annex?: Uint8Array;
  readonly body?: Uint8Array;
  readonly call?: TypedCall;
  /** A typed reply: the operation's result. */
  readonly result?: { readonly value: unknown };
}

export interface TypedCall {
  readonly protocol: Protocol;
  readonly op: Operation;
  readonly value: unknown;
}

/** KnMsgHead: what ipcSysInfo tells the receiver. Stamped by the nucleus, never by the sender. */
export interface MessageHead {
  readonly srcSite: SiteId;
  /** Port named as the source, if any. */
  readonly srcPort: UI | null;
  /** The port or group the sender addressed. */
  readonly target: UI;
  /** Identifies an ipcCall on its client site; 0 for ipcSend. */
  readonly transId: number;
  readonly actorPi: ProtectionId;
  readonly portPi: ProtectionId;
}

export const EMPTY_MESSAGE: Message = Object.freeze({});

/** The four ways to address a group (ipcTarget(2K)). A port needs none. */
export type GroupMode = 'broadcast' | 'functional' | 'associative' | 'exclusive';

export interface Destination {
  readonly target: UI;
  readonly mode?: GroupMode;
  /** For associative (same site as) and exclusive (another site than): any UI, usually uiSite(n). */
  readonly coTarget?: UI;
}

/**
 * Copies a raw message at the moment of sending, so that the sender may reuse its buffers. Throws K_ESIZE.
 */
export function copyIn(message: Message, limits: NucleusLimits): Message {
  if (message.call || message.result) return message;
  const { annex, body } = message;
  if (!annex && !body) return EMPTY_MESSAGE;
  if (annex && annex.length > limits.annexBytes) throw new KError('K_ESIZE');
  if (body && body.length > limits.bodyBytes) throw new KError('K_ESIZE');
  // Not slice(): that of a Buffer shares its memory.
  return { annex: annex && new Uint8Array(annex), body: body && new Uint8Array(body) };
}

/**
 * Bytes that trace events and counters report; typed messages on one site are never measured, only counted.
 */
export function rawBytes(message: Message): number {
  return (message.annex?.length ?? 0) + (message.body?.length ?? 0);
}
