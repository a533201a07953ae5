/**
 * poll(2), and what epoll shares with it: one question to each object's server; when nothing is ready, one
 * waiting question each, in helper threads, and the first answer ends all of them (their aborts reach the
 * servers).
 */
import { type Awaitable, isPromise } from '../../nucleus/awaitable.ts';
import { isKError } from '../../nucleus/errors.ts';
import type { WaitQueue } from '../../nucleus/executive/sync.ts';
import type { Thread, Wait } from '../../nucleus/executive/thread.ts';
import { Poll } from '../../subsystems/unix/constants.ts';
import { isSysError, SysError } from '../../subsystems/unix/errno.ts';
import type { PollFd } from '../../subsystems/unix/sys.ts';
import type { Edge, PollReply } from '../protocols/poll-queue.ts';
import { andThen } from './and-then.ts';
import type { Manager } from './manager.ts';
import type { OpenObject } from './objects.ts';
import type { UThread } from './process.ts';
import { giveWay } from './trap.ts';

const ALWAYS_READY = Poll.IN | Poll.OUT;
const ALWAYS_TOLD = Poll.ERR | Poll.HUP | Poll.NVAL;
const NOTHING: PollReply = { revents: 0 };
const INVALID: PollReply = { revents: Poll.NVAL };

/** What is asked of one object; `object` undefined: the answer is known without asking. */
export interface Question {
  readonly object: Pick<OpenObject, 'dest' | 'key'> | undefined;
  readonly events: number;
  /** Edge-triggered: what was seen. */
  readonly edge?: Edge | undefined;
  /** EPOLLEXCLUSIVE: see PollQueue. */
  readonly exclusive?: boolean;
  readonly known?: PollReply;
}

/** Events as servers know them: RDNORM and WRNORM are other names for IN and OUT. */
function eventsAsked(events: number): number {
  return events | (events & Poll.RDNORM ? Poll.IN : 0) | (events & Poll.WRNORM ? Poll.OUT : 0);
}

/** What of a reply was asked for. */
export function eventsTold(revents: number, events: number): number {
  const all = revents | (revents & Poll.IN ? Poll.RDNORM : 0) | (revents & Poll.OUT ? Poll.WRNORM : 0);
  return all & (events | ALWAYS_TOLD);
}

export function poll(t: UThread, fds: readonly PollFd[], timeoutMs: number): Awaitable<number[]> {
  const { process } = t;
  if (fds.length > process.limits.nofile.soft) throw new SysError('EINVAL');
  const { pm } = process;
  const { clock } = pm.nucleus;
  if (!t.again && timeoutMs > 0) t.deadlineMs = clock.monotonic() + timeoutMs;
  const questions = fds.map((entry) => questionOf(t, entry));
  const told = (replies: readonly PollReply[]): number[] =>
    replies.map(({ revents }, i) => eventsTold(revents, fds[i]!.events));
  return andThen(askAll(pm, questions), (replies) => {
    if (timeoutMs === 0 || anyReady(replies)) return told(replies);
    giveWay(t);
    const deadlineMs = timeoutMs < 0 ? Number.POSITIVE_INFINITY : t.deadlineMs;
    return waitForAny(pm, t.thread, deadlineMs, () => questions).then(told);
  });
}

export const anyReady = (replies: readonly PollReply[]): boolean => {
  for (const { revents } of replies) if (revents !== 0) return true;
  return false;
};

function questionOf({ process }: UThread, { fd, events }: PollFd): Question {
  if (fd < 0) return { object: undefined, events, known: NOTHING };
  const object = process.fds.find(fd);
  if (!object || object.kind === 'path') return { object: undefined, events, known: INVALID };
  const asked = eventsAsked(events);
  if (object.kind === 'file' || object.kind === 'directory') {
    return { object: undefined, events, known: { revents: asked & ALWAYS_READY } };
  }
  return { object, events: asked };
}

/** One round without waiting: an answer for each question. */
export function askAll(pm: Manager, questions: readonly Question[]): Awaitable<PollReply[]> {
  const replies = new Array<Awaitable<PollReply>>(questions.length);
  let waits = false;
  for (let i = 0; i < questions.length; i++) {
    const question = questions[i]!;
    const reply = question.object === undefined ? (question.known ?? NOTHING) : askOne(pm, question);
    if (isPromise(reply)) waits = true;
    replies[i] = reply;
  }
  return waits ? Promise.all(replies) : (replies as PollReply[]);
}

/** Remote servers are asked at the same time, so each question has a thread of its own. */
function askOne(pm: Manager, { object, events, edge }: Question): Awaitable<PollReply> {
  const { dest, key } = object!;
  const request = { key: key!, events: eventsAsked(events), wait: false, edge };
  try {
    const reply = pm.withThread((thread) => pm.servers.poll(thread, dest, request));
    return isPromise(reply) ? reply.catch(failedReply) : reply;
  } catch (error) {
    return failedReply(error);
  }
}

/**
 * An object whose server is lost, or refuses, is in error: the next read or write says which. One that its
 * server does not know (any more) was closed.
 */
function failedReply(error: unknown): PollReply {
  if (isSysError(error, 'EBADF')) return INVALID;
  if (isKError(error) || error instanceof SysError) return { revents: Poll.ERR | Poll.HUP };
  throw error;
}

/**
 * Waits until some answer is not empty, or until `deadlineMs` (monotonic): all answers. `ask` tells the
 * questions anew for each round, `changed` when they are others. Throws K_EABORT.
 */
export async function waitForAny(
  pm: Manager,
  thread: Thread,
  deadlineMs: number,
  ask: () => readonly Question[],
  changed?: WaitQueue,
): Promise<PollReply[]> {
  const { clock } = pm.nucleus;
  for (;;) {
    const questions = ask();
    const leftMs = deadlineMs - clock.monotonic();
    // An event that only this one was told of must not be lost because time is over.
    if (leftMs <= 0) return await askAll(pm, questions);
    if (!(await waitRound(pm, thread, leftMs, questions, changed))) continue;
    const now = ask();
    const replies = await askAll(pm, now);
    // Else somebody else took what was ready.
    if (anyReady(replies)) return replies;
  }
}

/** False when time is over. */
async function waitRound(
  pm: Manager,
  thread: Thread,
  leftMs: number,
  questions: readonly Question[],
  changed: WaitQueue | undefined,
): Promise<boolean> {
  const helpers = new Set<Thread>();
  const delay = leftMs === Number.POSITIVE_INFINITY ? {} : { delayMs: leftMs };
  try {
    await thread.block<void>(
      (wait) => {
        for (const question of questions) if (question.object) startHelper(pm, question, helpers, wait);
        if (changed) watch(pm, changed, helpers, wait);
        return undefined;
      },
      { abortable: true, ...delay },
    );
    return true;
  } catch (error) {
    if (isKError(error, 'K_ETIMEOUT')) return false;
    throw error;
  } finally {
    // A helper that still waits gives up; the server hears of it by the propagated abort.
    for (const helper of helpers) helper.abort();
  }
}

function startHelper(pm: Manager, question: Question, helpers: Set<Thread>, wait: Wait<void>): void {
  const { dest, key } = question.object!;
  const { edge, exclusive } = question;
  const request = { key: key!, events: eventsAsked(question.events), wait: true, edge, exclusive };
  help(pm, helpers, wait, async (thread) => {
    const { revents } = await pm.servers.poll(thread, dest, request);
    // What never makes anyone wait (files, /dev/null) has no such event to come: the others decide.
    return revents !== 0;
  });
}

function watch(pm: Manager, changed: WaitQueue, helpers: Set<Thread>, wait: Wait<void>): void {
  help(pm, helpers, wait, async (thread) => {
    await changed.wait(thread);
    return true;
  });
}

/** Runs `work` in a thread of the manager's; wakes the waiter when it says so, or fails. */
function help(
  pm: Manager,
  helpers: Set<Thread>,
  wait: Wait<void>,
  work: (thread: Thread) => Promise<boolean>,
): void {
  pm.background(async (thread) => {
    helpers.add(thread);
    try {
      if (await work(thread)) wait.wake(undefined);
    } catch {
      // Aborted, or the server is lost: the next round tells.
      wait.wake(undefined);
    } finally {
      helpers.delete(thread);
      thread.takeAborted();
    }
  });
}
