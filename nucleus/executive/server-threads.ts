/**
 * Threads that make the calls of a server to others, several at once, and on nobody's behalf: a page that
 * several actors wait for must come although the one that asked first is killed. Idle ones are kept.
 */
import type { Actor } from '../actors/actor.ts';
import { type Awaitable, isPromise } from '../awaitable.ts';
import type { Thread } from './thread.ts';

/** Calls under way at once, unless told otherwise; more wait for their turn. */
export const SERVER_THREADS_MAX = 256;

export interface ThreadSource {
  threadCreate(actor: Actor, options: { name: string }): Thread;
}

export class ServerThreads {
  private readonly nucleus: ThreadSource;
  private readonly idle: Thread[] = [];
  private readonly waiting: (() => void)[] = [];
  private readonly actor: Actor;
  private readonly name: string;
  private readonly most: number;
  private count = 0;

  /** `most`: Infinity where calls may wait for one another; then the actor's threads are the limit. */
  constructor(nucleus: ThreadSource, actor: Actor, name: string, most = SERVER_THREADS_MAX) {
    this.most = most;
    this.nucleus = nucleus;
    this.actor = actor;
    this.name = name;
  }

  /** Runs `work` in a thread of its own: at once, unless too many run already. */
  run<T>(work: (thread: Thread) => Awaitable<T>): Awaitable<T> {
    const thread = this.idle.pop() ?? this.make();
    if (thread === undefined) {
      return new Promise<void>((resolve) => this.waiting.push(resolve)).then(() => this.run(work));
    }
    let result: Awaitable<T>;
    try {
      result = work(thread);
    } catch (error) {
      this.retire(thread);
      throw error;
    }
    if (isPromise(result)) return result.finally(() => this.retire(thread));
    this.retire(thread);
    return result;
  }

  private make(): Thread | undefined {
    if (this.count >= this.most) return undefined;
    this.count += 1;
    return this.nucleus.threadCreate(this.actor, { name: this.name });
  }

  private retire(thread: Thread): void {
    thread.takeAborted();
    this.idle.push(thread);
    this.waiting.shift()?.();
  }
}
