/**
 * Who keeps the names of the whole system (abstract names, port numbers): the Socket Manager of the lowest
 * site that has one. Every manager finds it by the group's members. When another becomes the registrar, each
 * manager tells it its own names again; meanwhile a name may not be found, or be given twice.
 */
import { type Awaitable, isPromise } from '../../nucleus/awaitable.ts';
import type { Thread } from '../../nucleus/executive/thread.ts';
import type { UI } from '../../nucleus/ids/ui.ts';
import type { Destination } from '../../nucleus/ipc/message.ts';
import { SOCKET_MANAGERS } from '../protocols/socket.ts';
import type { SocketServer } from './server.ts';

export class Registrar {
  private readonly server: SocketServer;
  private last: UI | null = null;
  /** What tells a new registrar this manager's names. */
  private readonly tellers: ((thread: Thread) => Awaitable<void>)[] = [];

  constructor(server: SocketServer) {
    this.server = server;
  }

  /** The registrar now. Another than the last time hears this manager's names. */
  private port(): UI {
    const members = this.server.nucleus.ipc.allMembers(SOCKET_MANAGERS.ui);
    let first = members[0];
    for (const member of members) if (first && member.site < first.site) first = member;
    const port = first?.port ?? this.server.port;
    const changed = this.last !== null && port !== this.last;
    this.last = port;
    if (changed) for (const tell of this.tellers) this.server.background(tell);
    return port;
  }

  /** Does `here` if this manager is the registrar, else `there` at the one that is. */
  ask<R>(here: () => R, there: (dest: Destination) => Awaitable<R>): Awaitable<R> {
    const port = this.port();
    return port === this.server.port ? here() : there({ target: port });
  }

  onChange(tell: (thread: Thread) => Awaitable<void>): void {
    this.tellers.push(tell);
  }

  /** Sites came or went. */
  check(): void {
    this.port();
  }
}

/** One after another; `step` may wait. */
export function forEachAwaiting<T>(
  items: readonly T[],
  step: (item: T) => Awaitable<unknown>,
): Awaitable<void> {
  for (let i = 0; i < items.length; i++) {
    const done = step(items[i]!);
    if (isPromise(done)) return done.then(() => forEachAwaiting(items.slice(i + 1), step));
  }
}
