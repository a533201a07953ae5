/**
 * Capabilities {ui, key} and protection identifiers.
 *
 * A capability is a password: who knows the key may act on the object; there is no rights field. For a
 * server's object (a file, a pipe) `ui` names the server's port and `key` means something only to that
 * server. Ports themselves have a UI and no key.
 */
import type { RandomSource } from '../clock.ts';
import type { UI } from './ui.ts';

export type Key = string & { readonly __brand: 'Key' };

export interface Capability {
  readonly ui: UI;
  readonly key: Key;
}

export function newKey(random: RandomSource): Key {
  return random.key() as Key;
}

export function isKey(value: unknown): value is Key {
  return typeof value === 'string' && /^[0-9a-f]{16}$/.test(value);
}

/**
 * Protection identifier of an actor or port, stamped by the nucleus on every message. The nucleus gives it no
 * meaning; subsystems keep user credentials in it. Only trusted actors may change one.
 */
export interface ProtectionId {
  readonly uid: number;
  readonly gid: number;
  readonly domain: number;
  /** Groups beside `gid`, at most PI_GROUPS_MAX; undefined rather than empty. */
  readonly groups?: readonly number[];
}

/** On the wire they follow the three numbers, in every message of those who have them. */
export const PI_GROUPS_MAX = 65536;

export const SYSTEM_PI: ProtectionId = { uid: 0, gid: 0, domain: 0 };
