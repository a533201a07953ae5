/**
 * A message on its way through a port: queued, then served by one thread, then done. For ipcCall it also
 * carries the way back; the reply is the thread's business from the moment it received the message, so a port
 * may migrate or die meanwhile. Every transaction that expects a reply ends exactly once: by a reply, an
 * error, or an abort.
 */
import type { Thread } from '../executive/thread.ts';
import { EMPTY_MESSAGE, type Message, type MessageHead } from './message.ts';

export type TransactionState = 'queued' | 'serving' | 'done';

/** Exactly one of the two is given. */
export type ReplyTo = (error: Error | null, reply: Message) => void;

export class Transaction {
  readonly head: MessageHead;
  readonly message: Message;
  /** Null for ipcSend. */
  readonly replyTo: ReplyTo | null;
  state: TransactionState = 'queued';
  /** Set while another site serves the message, which followed its port there: passes the abort on. */
  onAbort: (() => void) | null = null;
  /** The thread that received the message and has not replied. */
  server: Thread | null = null;
  /** Set when the client aborted: the serving thread is told once. */
  private aborted = false;

  constructor(head: MessageHead, message: Message, replyTo: ReplyTo | null) {
    this.head = head;
    this.message = message;
    this.replyTo = replyTo;
  }

  serve(thread: Thread): void {
    this.state = 'serving';
    this.server = thread;
    thread.current = this;
    // The client gave up between the message's being handed over and its being taken up.
    if (this.aborted) thread.abort();
  }

  /** True when the client gave up: nobody waits for the reply. */
  get abandoned(): boolean {
    return this.aborted;
  }

  reply(message: Message): void {
    this.finish(null, message);
  }

  fail(error: Error): void {
    this.finish(error, EMPTY_MESSAGE);
  }

  /** Abort propagation: the client gave up, so the thread that serves is aborted too. */
  abort(): void {
    if (this.aborted || this.state === 'done') return;
    this.aborted = true;
    this.server?.abort();
    this.onAbort?.();
  }

  private finish(error: Error | null, message: Message): void {
    if (this.state === 'done') return;
    this.state = 'done';
    if (this.server?.current === this) this.server.current = null;
    this.server = null;
    this.replyTo?.(error, message);
  }
}
