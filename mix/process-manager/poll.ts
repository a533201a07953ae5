/**
 * poll(2): one question to each object's server; when nothing is ready, one waiting question each, in helper
 * threads, and the first answer ends all of them (their aborts reach the servers).
 */
import { type Awaitable, isPromise } from '../../nucleus/awaitable.ts';
import { isKError } from '../../nucleus/errors.ts';
import type { Thread, Wait } from '../../nucleus/executive/thread.ts';
import { Poll } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { PollFd } from '../../subsystems/unix/sys.ts';
import { andThen } from './and-then.ts';
import type { OpenObject } from './objects.ts';
import type { UThread } from './process.ts';
import { giveWay } from './trap.ts';

const ALWAYS_READY = Poll.IN | Poll.OUT;

export function poll(t: UThread, fds: readonly PollFd[], timeoutMs: number): Awaitable<number[]> {
  const { process } = t;
  if (fds.length > process.limits.nofile.soft) throw new SysError('EINVAL');
  const { clock } = process.pm.nucleus;
  if (!t.again && timeoutMs > 0) t.deadlineMs = clock.monotonic() + timeoutMs;
  return andThen(askAll(t, fds), (revents) => {
    if (revents.some((events) => events !== 0) || timeoutMs === 0) return revents;
    return waitForAny(t, fds, timeoutMs < 0 ? -1 : Math.max(0, t.deadlineMs - clock.monotonic()));
  });
}

/** One round without waiting. */
function askAll(t: UThread, fds: readonly PollFd[]): Awaitable<number[]> {
  const answers = fds.map(({ fd, events }): Awaitable<number> => {
    if (fd < 0) return 0;
    const object = t.process.fds.find(fd);
    if (!object) return Poll.NVAL;
    if (object.kind === 'file' || object.kind === 'directory') return events & ALWAYS_READY;
    return askOne(t, object, events);
  });
  return answers.some(isPromise) ? Promise.all(answers) : (answers as number[]);
}

/** Remote servers are asked at the same time, so each question has a thread of its own. */
function askOne(t: UThread, object: OpenObject, events: number): Awaitable<number> {
  const { pm } = t.process;
  const request = { key: object.key!, events, wait: false };
  const ask = (thread: Thread): Awaitable<number> =>
    andThen(pm.servers.poll(thread, object.dest, request), ({ revents }) => revents);
  try {
    const answer = pm.withThread(ask);
    return isPromise(answer) ? answer.catch(errorEvents) : answer;
  } catch (error) {
    return errorEvents(error);
  }
}

/** An object whose server is lost, or refuses, is in error: the next read or write says which. */
function errorEvents(error: unknown): number {
  if (isKError(error) || error instanceof SysError) return Poll.ERR | Poll.HUP;
  throw error;
}

async function waitForAny(t: UThread, fds: readonly PollFd[], leftMs: number): Promise<number[]> {
  if (leftMs === 0) return fds.map(() => 0);
  giveWay(t);
  const helpers: Thread[] = [];
  try {
    await t.thread.block<void>(
      (wait) => {
        startHelpers(t, fds, helpers, wait);
        return undefined;
      },
      { abortable: true, ...(leftMs < 0 ? {} : { delayMs: leftMs }) },
    );
  } catch (error) {
    if (isKError(error, 'K_ETIMEOUT')) return fds.map(() => 0);
    throw error;
  } finally {
    for (const helper of helpers) dismiss(t, helper);
  }
  const revents = await askAll(t, fds);
  if (revents.some((events) => events !== 0)) return revents;
  // Somebody else took what was ready.
  t.again = true;
  const { clock } = t.process.pm.nucleus;
  if (leftMs < 0) return waitForAny(t, fds, -1);
  return waitForAny(t, fds, Math.max(0, t.deadlineMs - clock.monotonic()));
}

function startHelpers(t: UThread, fds: readonly PollFd[], helpers: Thread[], wait: Wait<void>): void {
  const { pm, actor } = t.process;
  for (const { fd, events } of fds) {
    const object = fd < 0 ? undefined : t.process.fds.find(fd);
    if (object?.key === undefined) continue;
    const helper = pm.nucleus.threadCreate(actor, { name: 'poll' });
    helpers.push(helper);
    void askWaiting(t, helper, object, events, wait);
  }
}

async function askWaiting(
  t: UThread,
  helper: Thread,
  object: OpenObject,
  events: number,
  wait: Wait<void>,
): Promise<void> {
  try {
    const request = { key: object.key!, events, wait: true };
    const { revents } = await t.process.pm.servers.poll(helper, object.dest, request);
    // What never makes anyone wait (files, /dev/null) has no such event to come: the others decide.
    if (revents === 0) return;
  } catch {
    // Aborted, or the server is lost: the next round tells.
  }
  wait.wake(undefined);
}

/** A helper that still waits gives up; the server hears of it by the propagated abort. */
function dismiss(t: UThread, helper: Thread): void {
  helper.abort();
  t.process.pm.nucleus.threadDelete(helper);
}
