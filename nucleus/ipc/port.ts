/**
 * Ports: an address and a bounded queue of messages received and not yet consumed. A port is attached to
 * exactly one actor at a time; it has a UI (global) and an LI (within its actor). Created DISABLED: the
 * enabled set is what receive-on-any looks at, by priority (low value first).
 *
 * A port with a message handler (svMsgHandler) has no queue: its messages are consumed as they arrive.
 */
import type { Actor } from '../actors/actor.ts';
import type { Awaitable } from '../awaitable.ts';
import { WaitQueue } from '../executive/sync.ts';
import type { Thread } from '../executive/thread.ts';
import type { ProtectionId } from '../ids/capability.ts';
import type { UI } from '../ids/ui.ts';
import type { Message, MessageHead } from './message.ts';
import type { Transaction } from './transaction.ts';

/** What a message handler sees besides the message: who called, and the thread that it runs in. */
export interface CallContext extends MessageHead {
  readonly thread: Thread;
}

/** Runs in the client's thread when the client is on this site; its value is the reply. */
export type MessageHandler = (message: Message, context: CallContext) => Awaitable<Message>;

export class Port {
  readonly ui: UI;
  readonly pi: ProtectionId;
  actor: Actor;
  li: number;
  enabled = false;
  /** Receive priority while enabled; 0 first. */
  priority = 0;
  handler: MessageHandler | null = null;
  readonly queue: Transaction[] = [];
  /** Threads blocked in ipcReceive on just this port. */
  readonly receivers = new WaitQueue<Transaction>();
  /** Groups that this port is a member of; kept across migration. */
  readonly groups = new Set<UI>();
  /** Messages received on the port since it was created or last migrated. */
  sequence = 0;
  /** Client threads inside the handler: failed when the port is deleted. */
  readonly handling = new Set<Transaction>();

  constructor(ui: UI, actor: Actor, li: number, pi: ProtectionId) {
    this.ui = ui;
    this.actor = actor;
    this.li = li;
    this.pi = pi;
  }
}
