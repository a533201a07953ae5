/**
 * Names of AF_UNIX sockets, unix(7): inodes of type socket, abstract names, none. An inode is known as
 * `special` of its File Manager names it, to the Socket Manager of that File Manager's site.
 */
import { type Awaitable, isPromise } from '../../nucleus/awaitable.ts';
import { isKError } from '../../nucleus/errors.ts';
import type { Thread } from '../../nucleus/executive/thread.ts';
import type { SiteId } from '../../nucleus/ids/ui.ts';
import { uiSite } from '../../nucleus/ids/ui.ts';
import { isSysError, SysError } from '../../subsystems/unix/errno.ts';
import { AF, SO, type SocketAddress, SocketLimits } from '../../subsystems/unix/sockets.ts';
import { SOCKET_MANAGERS, type SocketNode } from '../protocols/socket.ts';
import { NameTable } from './name-table.ts';
import type { Naming } from './naming.ts';
import { forEachAwaiting, type Registrar } from './registrar.ts';
import type { EndpointRef, SocketServer } from './server.ts';
import type { Caller, Socket } from './socket.ts';

/** Autobound names: NUL and five hexadecimal digits. */
const AUTOBIND_NAMES = 0x100000;
const AUTOBIND_TRIES = 64;

type Bound = { readonly name: string; readonly site: SiteId | null };

const isAbstract = (path: string): boolean => path.charCodeAt(0) === 0;

export class UnixNaming implements Naming {
  readonly unnamed: SocketAddress = { family: AF.UNIX, path: '' };
  private readonly server: SocketServer;
  private readonly registrar: Registrar;
  /** Names kept here for others: nodes of this site; abstract ones if this is the registrar. */
  readonly table = new NameTable();
  /** Names of this manager's sockets; `site`: that of the node, null for abstract names. */
  private readonly bound = new Map<Socket, Bound>();

  constructor(server: SocketServer, registrar: Registrar) {
    this.server = server;
    this.registrar = registrar;
    registrar.onChange((thread) => this.tellAll(thread));
  }

  bind(
    _caller: Caller,
    socket: Socket,
    address: SocketAddress,
    node: SocketNode | undefined,
  ): Awaitable<void> {
    const { path = '' } = address;
    if (address.family !== AF.UNIX || path.length > SocketLimits.UNIX_PATH_MAX) throw new SysError('EINVAL');
    if (this.bound.has(socket)) throw new SysError('EINVAL');
    if (path === '') return this.autobind(_caller.thread, socket);
    if (!isAbstract(path) && !node) throw new SysError('EINVAL');
    const name = isAbstract(path) ? path : node!.id;
    return this.claim(_caller.thread, socket, path, { name, site: isAbstract(path) ? null : node!.site });
  }

  private claim(thread: Thread, socket: Socket, path: string, bound: Bound): Awaitable<void> {
    this.bound.set(socket, bound);
    const failed = (error: unknown): never => {
      this.bound.delete(socket);
      throw isKError(error) && !isKError(error, 'K_EABORT') ? new SysError('EADDRNOTAVAIL') : error;
    };
    const done = (): void => {
      socket.local = { family: AF.UNIX, path };
      if (socket.isClosed) this.release(socket);
    };
    try {
      const told = this.tell(thread, socket, bound);
      return isPromise(told) ? told.then(done, failed) : done();
    } catch (error) {
      return failed(error);
    }
  }

  /** Enters a name where it is kept. */
  private tell(thread: Thread, socket: Socket, { name, site }: Bound): Awaitable<void> {
    const ref = { owner: this.server.port, endpoint: this.server.endpointOf(socket) };
    const replace = site !== null;
    const here = (): void => this.table.add(name, ref, replace);
    const { peers } = this.server;
    if (site === null) {
      return this.registrar.ask<void>(here, (dest) => {
        const told = peers.nameAdd(thread, dest, { name, ...ref, replace });
        return isPromise(told) ? told.then(() => {}) : undefined;
      });
    }
    if (site === this.server.site) return here();
    const told = peers.nameAdd(thread, managerOf(site), { name, ...ref, replace });
    return isPromise(told) ? told.then(() => {}) : undefined;
  }

  private tellAll(thread: Thread): Awaitable<void> {
    const names = [...this.bound].filter(([, { site }]) => site === null);
    return forEachAwaiting(names, ([socket, bound]) => {
      const ignore = (error: unknown): void => {
        if (!isSysError(error)) throw error;
      };
      try {
        const told = this.tell(thread, socket, bound);
        return isPromise(told) ? told.catch(ignore) : undefined;
      } catch (error) {
        ignore(error);
      }
    });
  }

  private autobind(thread: Thread, socket: Socket, tries = 0): Awaitable<void> {
    const number = this.server.nucleus.random.bytes(4).reduce((sum, byte) => sum * 256 + byte, 0);
    const path = `\0${(number % AUTOBIND_NAMES).toString(16).padStart(5, '0')}`;
    const taken = (error: unknown): Awaitable<void> => {
      if (!isSysError(error, 'EADDRINUSE') || tries >= AUTOBIND_TRIES) throw error;
      return this.autobind(thread, socket, tries + 1);
    };
    try {
      const claimed = this.claim(thread, socket, path, { name: path, site: null });
      return isPromise(claimed) ? claimed.catch(taken) : undefined;
    } catch (error) {
      return taken(error);
    }
  }

  /** Credentials are no use without somebody to answer to (unix(7), autobind). */
  nameBefore(caller: Caller, socket: Socket): Awaitable<void> {
    if (socket.local === null && socket.options.flag(SO.PASSCRED) && !this.bound.has(socket)) {
      return this.autobind(caller.thread, socket);
    }
  }

  listening(): void {}

  find(
    thread: Thread,
    _socket: Socket,
    address: SocketAddress,
    node: SocketNode | undefined,
  ): Awaitable<EndpointRef> {
    const { path = '' } = address;
    if (address.family !== AF.UNIX || path === '') throw new SysError('EINVAL');
    const { peers, site } = this.server;
    if (isAbstract(path)) {
      return this.registrar.ask<EndpointRef>(
        () => this.table.find(path),
        (dest) => peers.nameFind(thread, dest, { name: path }),
      );
    }
    if (!node) throw new SysError('ECONNREFUSED');
    if (node.site === site) return this.table.find(node.id);
    return peers.nameFind(thread, managerOf(node.site), { name: node.id });
  }

  acceptedName(listener: Socket): SocketAddress {
    return listener.address;
  }

  sourceName(socket: Socket): SocketAddress | null {
    return socket.local;
  }

  seenBy(_socket: Socket, address: SocketAddress): SocketAddress {
    return address;
  }

  release(socket: Socket): void {
    const bound = this.bound.get(socket);
    if (!bound) return;
    this.bound.delete(socket);
    const { name, site } = bound;
    const endpoint = this.server.endpointOf(socket);
    const here = (): void => this.table.remove(name, endpoint);
    const { peers } = this.server;
    if (site === this.server.site) {
      here();
      return;
    }
    this.server.background((thread) =>
      site === null
        ? this.registrar.ask<unknown>(here, (dest) => peers.nameRemove(thread, dest, { name, endpoint }))
        : peers.nameRemove(thread, managerOf(site), { name, endpoint }),
    );
  }
}

const managerOf = (site: SiteId) =>
  ({ target: SOCKET_MANAGERS.ui, mode: 'associative', coTarget: uiSite(site) }) as const;
