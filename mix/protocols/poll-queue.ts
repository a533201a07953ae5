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
import type { Thread } from '../../nucleus/executive/thread.ts';
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
}

export interface PollReply {
  revents: number;
  /** The counts now, for those who named theirs. */
  edge?: Edge;
}

export class PollQueue extends WaitQueue<void> {
  private input = 0;
  private output = 0;

  wakeInput(): void {
    this.input += 1;
    if (this.length > 0) super.wakeAll(undefined);
  }

  wakeOutput(): void {
    this.output += 1;
    if (this.length > 0) super.wakeAll(undefined);
  }

  override wakeAll(): void {
    this.input += 1;
    this.output += 1;
    if (this.length > 0) super.wakeAll(undefined);
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
      await this.wait(thread);
      const revents = this.heard(request, readiness);
      if (revents !== 0) return this.reply(request, revents);
    }
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
