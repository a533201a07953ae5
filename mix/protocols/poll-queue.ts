/**
 * Those who poll an open object, and how often something came: what the `poll` operation of any server is
 * made of. `input` counts what could make the object readable (also an end or an error), `output` what could
 * make it writable: an edge-triggered poller names the counts that it has seen, and hears only of later ones.
 *
 * Invariant: whatever could make poll answer differently wakes the queue, by the method that fits; `wakeAll`
 * stands for both.
 */
import type { Awaitable } from '../../nucleus/awaitable.ts';
import { WaitQueue } from '../../nucleus/executive/sync.ts';
import type { Thread, Wait } from '../../nucleus/executive/thread.ts';
import { Poll } from '../../subsystems/unix/constants.ts';

const ALWAYS_POLLED = Poll.ERR | Poll.HUP | Poll.NVAL;
const OUTPUT = Poll.OUT | Poll.WRNORM | Poll.WRBAND;

/** How far an edge-triggered poller has seen; -1: nothing yet. */
export interface Edge {
  readonly input: number;
  readonly output: number;
}

export interface PollRequest {
  readonly events: number;
  /** Only when something is ready. */
  readonly wait: boolean;
  readonly edge?: Edge | undefined;
  /** EPOLLEXCLUSIVE: of those who wait so, one is told of each event. */
  readonly exclusive?: boolean | undefined;
}

export interface PollReply {
  revents: number;
  /** The counts now, for those who named theirs. */
  edge?: Edge;
}

interface Exclusive {
  readonly request: PollRequest;
  readonly readiness: () => number;
  readonly wait: Wait<void>;
}

export class PollQueue extends WaitQueue<void> {
  private input = 0;
  private output = 0;
  /** Those who are told one at a time. */
  private readonly exclusive = new Set<Exclusive>();

  wakeInput(): void {
    this.input += 1;
    this.wake();
  }

  wakeOutput(): void {
    this.output += 1;
    this.wake();
  }

  override wakeAll(): void {
    this.input += 1;
    this.output += 1;
    this.wake();
  }

  private wake(): void {
    if (this.length > 0) super.wakeAll(undefined);
    // In a moment: what makes the object ready may be put in place after the call.
    if (this.exclusive.size > 0) queueMicrotask(() => this.tellOne());
  }

  /** The first who has waited for such an event. */
  private tellOne(): void {
    for (const one of this.exclusive) {
      if (this.heard(one.request, one.readiness) === 0) continue;
      this.exclusive.delete(one);
      one.wait.wake(undefined);
      return;
    }
  }

  /** poll(2) on one object; `readiness`: all events that hold now. Throws K_EABORT. */
  poll(thread: Thread, request: PollRequest, readiness: () => number): Awaitable<PollReply> {
    const revents = this.heard(request, readiness);
    return revents !== 0 || !request.wait
      ? this.reply(request, revents)
      : this.waiting(thread, request, readiness);
  }

  private async waiting(thread: Thread, request: PollRequest, readiness: () => number): Promise<PollReply> {
    for (;;) {
      await (request.exclusive ? this.waitAlone(thread, request, readiness) : this.wait(thread));
      const revents = this.heard(request, readiness);
      if (revents !== 0) return this.reply(request, revents);
    }
  }

  private waitAlone(thread: Thread, request: PollRequest, readiness: () => number): Promise<void> {
    return thread.block<void>(
      (wait) => {
        const one = { request, readiness, wait };
        this.exclusive.add(one);
        return () => this.exclusive.delete(one);
      },
      { abortable: true },
    );
  }

  private heard(request: PollRequest, readiness: () => number): number {
    const { events, edge } = request;
    if (edge !== undefined && !this.isNews(events, edge)) return 0;
    return readiness() & (events | ALWAYS_POLLED);
  }

  private isNews(events: number, edge: Edge): boolean {
    const input = edge.input !== this.input;
    const output = edge.output !== this.output;
    if ((events & ~ALWAYS_POLLED) === 0) return input || output;
    return (input && (events & ~OUTPUT) !== 0) || (output && (events & OUTPUT) !== 0);
  }

  private reply(request: PollRequest, revents: number): PollReply {
    if (request.edge === undefined) return { revents };
    return { revents, edge: { input: this.input, output: this.output } };
  }
}
