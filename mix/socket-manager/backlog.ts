/** The connections of a listening socket that wait to be accepted. */
import type { SocketCredentials } from '../../subsystems/unix/sockets.ts';
import type { StreamSocket } from './stream-socket.ts';

export class Backlog {
  /** Who called listen: SO_PEERCRED of those who connect. */
  readonly credentials: SocketCredentials;
  limit: number;
  private readonly queue: StreamSocket[] = [];

  constructor(limit: number, credentials: SocketCredentials) {
    this.limit = limit;
    this.credentials = credentials;
  }

  get empty(): boolean {
    return this.queue.length === 0;
  }

  /** As on Linux one more than listen(2) was told may wait. */
  get full(): boolean {
    return this.queue.length > this.limit;
  }

  push(connection: StreamSocket): void {
    this.queue.push(connection);
  }

  shift(): StreamSocket | undefined {
    return this.queue.shift();
  }

  /** The listener is closed: whoever waits here is reset. */
  refuseAll(): void {
    for (const connection of this.queue.splice(0)) connection.refused();
  }
}
