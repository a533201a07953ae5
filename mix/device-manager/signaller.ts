/**
 * Signals from terminals to process groups, through the Process Manager of this site, which finds the members
 * wherever they live. Sent by a thread of the Device Manager's own, one after another, so that neither the
 * order is lost nor a program that typed ^C waits for a slow site. Nobody answers: there is nobody to tell.
 */

import type { Actor } from '../../nucleus/actors/actor.ts';
import { type Awaitable, isPromise } from '../../nucleus/awaitable.ts';
import { isKError } from '../../nucleus/errors.ts';
import type { Thread } from '../../nucleus/executive/thread.ts';
import { uiSite } from '../../nucleus/ids/ui.ts';
import { client } from '../../nucleus/ipc/stubs.ts';
import type { Nucleus } from '../../nucleus/nucleus.ts';
import { isSysError } from '../../subsystems/unix/errno.ts';
import { PROCESS_MANAGERS, ProcessProtocol } from '../protocols/process.ts';
import { DeviceLimits } from './limits.ts';

interface Queued {
  readonly pgid: number;
  readonly sig: number;
  readonly otherwise: number;
  readonly sent: () => void;
}

export class Signaller {
  private readonly nucleus: Nucleus;
  private readonly thread: Thread;
  private readonly processes;
  private readonly waiting: Queued[] = [];
  private busy = false;

  constructor(nucleus: Nucleus, actor: Actor) {
    this.nucleus = nucleus;
    this.thread = nucleus.threadCreate(actor, { name: 'signals' });
    this.processes = client(nucleus, ProcessProtocol);
  }

  /**
   * Settles when the Process Manager has it, or is known not to take it. Group 0 is nobody. `otherwise`: the
   * group that gets it when nobody of the first is left.
   */
  send(pgid: number, sig: number, otherwise = 0): Awaitable<void> {
    if (pgid <= 0) return undefined;
    if (!this.busy) return this.call(pgid, sig, otherwise);
    if (this.waiting.length >= DeviceLimits.SIGNALS_QUEUED_MAX) return undefined;
    return new Promise((sent) => this.waiting.push({ pgid, sig, otherwise, sent }));
  }

  private call(pgid: number, sig: number, otherwise: number): Awaitable<void> {
    this.busy = true;
    const { site } = this.nucleus;
    const here = { target: PROCESS_MANAGERS.ui, mode: 'associative', coTarget: uiSite(site) } as const;
    const options = { abortable: false, delayMs: DeviceLimits.SIGNAL_TIMEOUT_MS };
    try {
      const reply = this.processes.signalGroup(this.thread, here, { pgid, sig }, options);
      if (isPromise(reply)) {
        return reply.then(
          ({ sent }) => this.called(sent, pgid, sig, otherwise),
          (error: unknown) => this.failed(error),
        );
      }
      return this.called(reply.sent, pgid, sig, otherwise);
    } catch (error) {
      return this.failed(error);
    }
  }

  private called(sent: number, pgid: number, sig: number, otherwise: number): Awaitable<void> {
    if (sent === 0 && otherwise > 0 && otherwise !== pgid) return this.call(otherwise, sig, 0);
    return this.next();
  }

  /** No such group, no Process Manager, or a slow one: all the same to a terminal. */
  private failed(error: unknown): void {
    if (!isKError(error) && !isSysError(error)) this.nucleus.reportBug(error);
    this.next();
  }

  private next(): void {
    this.busy = false;
    const first = this.waiting.shift();
    if (!first) return;
    const sent = this.call(first.pgid, first.sig, first.otherwise);
    if (isPromise(sent)) void sent.then(first.sent);
    else first.sent();
  }
}
