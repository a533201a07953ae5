/**
 * Transfers: what is under way between this site and a mapper or swap space. A page is in at most one
 * transfer at a time; whoever needs it meanwhile waits for the outcome.
 *
 * A transfer that asks for rights (a pull, or a request for access) remembers the withdrawals that arrive
 * before the grant does: those that the mapper ordered after the grant have overtaken it.
 */
import type { Awaitable } from '../awaitable.ts';
import { WaitQueue } from '../executive/sync.ts';
import type { Thread } from '../executive/thread.ts';
import { Access } from './site-memory.ts';

/** Rights of pages [from, to) that were taken back. */
interface Withdrawal {
  readonly from: number;
  readonly to: number;
  readonly ordinal: number;
  /** What is left. */
  readonly rights: number;
}

/** Something under way that an access waits for; the outcome is 1, or a Fault code. */
export interface Awaited {
  /** Throws K_EABORT. */
  wait(thread: Thread): Awaitable<number>;
  /** Why it failed; null when there is simply no such page. */
  readonly error: Error | null;
}

export class Transfer implements Awaited {
  /** Pages [from, to) that it is about. */
  readonly from: number;
  readonly to: number;
  /** The rights that were asked for; 0 for a push. */
  readonly access: number;
  /** Page data that another cache sent, by page. */
  arrived: Map<number, Uint8Array> | null = null;
  /** 0 while it runs, then 1 or a Fault code. */
  outcome = 0;
  error: Error | null = null;
  private withdrawals: Withdrawal[] | null = null;
  private waiting: WaitQueue<number> | null = null;
  private listeners: ((outcome: number) => void)[] | null = null;

  constructor(from: number, to: number, access: number) {
    this.from = from;
    this.to = to;
    this.access = access;
  }

  /** True while threads wait for it. */
  get awaited(): boolean {
    return this.waiting !== null && this.waiting.length > 0;
  }

  withdraw(withdrawal: Withdrawal): void {
    this.withdrawals ??= [];
    this.withdrawals.push(withdrawal);
  }

  /** What is left of a grant for a page when it arrives. */
  rightsLeft(page: number, granted: number, ordinal: number): number {
    let rights = granted & Access.write ? granted | Access.read : granted;
    for (const withdrawal of this.withdrawals ?? []) {
      const concerns = withdrawal.from <= page && page < withdrawal.to && withdrawal.ordinal > ordinal;
      if (concerns) rights &= withdrawal.rights;
    }
    return rights;
  }

  end(outcome: number, error: Error | null = null): void {
    this.outcome = outcome;
    this.error = error;
    this.waiting?.wakeAll(outcome);
    for (const listener of this.listeners ?? []) listener(outcome);
  }

  wait(thread: Thread): Awaitable<number> {
    if (this.outcome !== 0) return this.outcome;
    this.waiting ??= new WaitQueue();
    return this.waiting.wait(thread);
  }

  /** For those that are no threads. */
  settled(): Awaitable<number> {
    if (this.outcome !== 0) return this.outcome;
    return new Promise((resolve) => {
      this.listeners ??= [];
      this.listeners.push(resolve);
    });
  }
}
