/**
 * Actors: the unit of resource encapsulation. An actor owns its threads and ports; it is tied to one site for
 * life, and everything it owns is freed when it is deleted: its ports vanish, and the calls that wait on them
 * fail.
 */

import type { Thread } from '../executive/thread.ts';
import type { Capability, ProtectionId } from '../ids/capability.ts';
import type { Port } from '../ipc/port.ts';
import type { Transaction } from '../ipc/transaction.ts';

/** user: neither trusted nor privileged; system: trusted; supervisor: trusted and privileged. */
export type Privilege = 'user' | 'system' | 'supervisor';

/** Runs when a thread of the actor comes home with an unconsumed abort: see Thread. */
export type AbortHandler = (thread: Thread) => void;

/** Handlers in one actor's abort vector (K_ACTOR_ABORTVECT_MAX). */
export const ABORT_HANDLERS_MAX = 8;

export class Actor {
  readonly capability: Capability;
  name: string;
  privilege: Privilege;
  pi: ProtectionId;
  stopped = false;
  deleted = false;
  readonly threads = new Map<number, Thread>();
  /** By local identifier. */
  readonly ports = new Map<number, Port>();
  readonly abortHandlers: (AbortHandler | undefined)[] = [];
  readonly savedMessages = new Map<number, Transaction>();
  /** LI of the port that every actor is born with (K_DEFAULTPORT). */
  defaultPort = 0;
  nextLi = 1;
  nextSaved = 1;
  /** Called once when the actor is deleted, after its ports and threads are gone. */
  readonly onDelete = new Set<() => void>();

  constructor(capability: Capability, name: string, privilege: Privilege, pi: ProtectionId) {
    this.capability = capability;
    this.name = name;
    this.privilege = privilege;
    this.pi = pi;
  }

  get trusted(): boolean {
    return this.privilege !== 'user';
  }
}
