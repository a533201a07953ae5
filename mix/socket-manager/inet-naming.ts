/**
 * Names of AF_INET and AF_INET6 sockets: hosts and ports of the system's network. A manager keeps the claims
 * of its own sockets, the registrar all of them.
 */
import { type Awaitable, isPromise } from '../../nucleus/awaitable.ts';
import { isKError } from '../../nucleus/errors.ts';
import type { Thread } from '../../nucleus/executive/thread.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import { AF, IPPROTO, IPV6, SO, SOCK, type SocketAddress } from '../../subsystems/unix/sockets.ts';
import { type Claim, SOCKET_MANAGERS, type Transport } from '../protocols/socket.ts';
import { SocketManagerLimits } from './limits.ts';
import type { Naming } from './naming.ts';
import {
  ANY4,
  ANY6,
  canonicalHost,
  concrete,
  inFamily,
  isAny,
  isLoopback,
  isV4,
  siteHost,
  siteOfHost,
  sourceHost,
} from './network.ts';
import { bestOf, PortTable } from './port-table.ts';
import { forEachAwaiting, type Registrar } from './registrar.ts';
import type { EndpointRef, SocketServer } from './server.ts';
import type { Caller, Socket } from './socket.ts';

const PORT_MAX = 0xffff;

const transportOf = (socket: Socket): Transport => (socket.type === SOCK.STREAM ? 'tcp' : 'udp');

/** What all sockets of a system's network share at one manager. */
export class InetPorts {
  /** Kept for all, if this manager is the registrar. */
  readonly table: PortTable;
  readonly server: SocketServer;
  readonly registrar: Registrar;
  readonly claims = new Map<Socket, Claim>();

  constructor(server: SocketServer, registrar: Registrar) {
    this.server = server;
    this.registrar = registrar;
    const [high = 0, low = 0] = server.nucleus.random.bytes(2);
    this.table = new PortTable(high * 256 + low);
    registrar.onChange((thread) =>
      forEachAwaiting([...this.claims.values()], (claim) => this.tell(thread, claim, true)),
    );
  }

  tell(thread: Thread, claim: Claim, again: boolean): Awaitable<{ port: number }> {
    return this.registrar.ask(
      () => ({ port: this.table.claim(claim, again) }),
      (dest) => this.server.peers.portClaim(thread, dest, { claim, again }),
    );
  }
}

export class InetNaming implements Naming {
  readonly unnamed: SocketAddress;
  private readonly family: number;
  private readonly ports: InetPorts;

  constructor(family: typeof AF.INET | typeof AF.INET6, ports: InetPorts) {
    this.family = family;
    this.ports = ports;
    this.unnamed = { family, host: family === AF.INET ? ANY4 : ANY6, port: 0 };
  }

  // --- bind ------------------------------------------------------------------------------------------------

  bind(caller: Caller, socket: Socket, address: SocketAddress): Awaitable<void> {
    const { host, port } = this.hostAndPort(address);
    const { site } = this.ports.server;
    if (!isAny(host) && !isLoopback(host) && host !== siteHost(site)) throw new SysError('EADDRNOTAVAIL');
    if (port > 0 && port < SocketManagerLimits.PRIVILEGED_BELOW && caller.credentials.uid !== 0) {
      throw new SysError('EACCES');
    }
    if (socket.local !== null || this.ports.claims.has(socket)) throw new SysError('EINVAL');
    return this.claim(caller, socket, host, port);
  }

  /** Throws EAFNOSUPPORT, EINVAL. */
  private hostAndPort({ family, host, port }: SocketAddress): { host: string; port: number } {
    if (family !== this.family || host === undefined) throw new SysError('EAFNOSUPPORT');
    if (port === undefined || port > PORT_MAX) throw new SysError('EINVAL');
    return { host: canonicalHost(family, host), port };
  }

  private claim(caller: Caller, socket: Socket, host: string, port: number): Awaitable<void> {
    const { server, claims } = this.ports;
    const claim: Claim = {
      transport: transportOf(socket),
      family: this.family,
      host,
      port,
      reuseAddress: socket.options.flag(SO.REUSEADDR),
      reusePort: socket.options.flag(SO.REUSEPORT),
      listening: false,
      v6only: socket.options.flag(IPV6.V6ONLY, IPPROTO.IPV6),
      uid: caller.credentials.uid,
      owner: server.port,
      endpoint: server.endpointOf(socket),
      site: server.site,
    };
    claims.set(socket, claim);
    const failed = (error: unknown): never => {
      claims.delete(socket);
      throw isKError(error) && !isKError(error, 'K_EABORT') ? new SysError('EADDRNOTAVAIL') : error;
    };
    const done = (given: { port: number }): void => {
      claim.port = given.port;
      socket.local = inFamily(this.family, host, given.port);
      if (socket.isClosed) {
        claims.set(socket, claim);
        this.release(socket);
      }
    };
    try {
      const told = this.ports.tell(caller.thread, claim, false);
      return isPromise(told) ? told.then(done, failed) : done(told);
    } catch (error) {
      return failed(error);
    }
  }

  /** A socket that is used gets a port; one that is connected a host to speak from as well. */
  nameBefore(caller: Caller, socket: Socket, to: SocketAddress | null): Awaitable<void> {
    const host = to && concrete(this.hostAndPort(to).host);
    if (host !== null) this.checkRoute(socket, host);
    const connects = host !== null && socket.type === SOCK.STREAM;
    const source = connects ? sourceHost(this.ports.server.site, host) : null;
    if (socket.local === null) {
      return this.claim(caller, socket, source ?? (this.family === AF.INET ? ANY4 : ANY6), 0);
    }
    if (source !== null && isAny(socket.local.host!)) {
      socket.local = inFamily(this.family, source, socket.local.port!);
    }
  }

  listening(thread: Thread, socket: Socket): Awaitable<void> {
    const claim = this.ports.claims.get(socket);
    if (!claim) throw new SysError('EINVAL');
    claim.listening = true;
    claim.reuseAddress = socket.options.flag(SO.REUSEADDR);
    claim.reusePort = socket.options.flag(SO.REUSEPORT);
    const failed = (error: unknown): never => {
      claim.listening = false;
      throw error;
    };
    try {
      const told = this.ports.tell(thread, { ...claim }, false);
      return isPromise(told) ? told.then(() => {}, failed) : undefined;
    } catch (error) {
      return failed(error);
    }
  }

  release(socket: Socket): void {
    const { claims, registrar, server, table } = this.ports;
    const claim = claims.get(socket);
    if (!claim) return;
    claims.delete(socket);
    const { transport, port, endpoint } = claim;
    if (port === 0) return;
    server.background((thread) =>
      registrar.ask<unknown>(
        () => table.drop(transport, port, endpoint),
        (dest) => server.peers.portDrop(thread, dest, { transport, port, endpoint }),
      ),
    );
  }

  // --- find ------------------------------------------------------------------------------------------------

  find(thread: Thread, socket: Socket, address: SocketAddress): Awaitable<EndpointRef> {
    const { host: named, port } = this.hostAndPort(address);
    const host = concrete(named);
    this.checkRoute(socket, host);
    const transport = transportOf(socket);
    if (port === 0) throw new SysError(transport === 'tcp' ? 'ECONNREFUSED' : 'EINVAL');
    const query = { transport, host, port, fromPort: socket.local?.port ?? 0 };
    const { claims, registrar, server, table } = this.ports;
    return registrar.ask<EndpointRef>(
      () => table.find(query),
      (dest) => {
        const own = bestOf(claimsOf(claims, transport, port), query);
        if (own) return { owner: own.owner, endpoint: own.endpoint };
        return server.peers.portFind(thread, dest, query);
      },
    );
  }

  /** Throws ENETUNREACH, EHOSTUNREACH. */
  private checkRoute(socket: Socket, host: string): void {
    const { nucleus, site: here } = this.ports.server;
    if (isV4(host) && socket.options.flag(IPV6.V6ONLY, IPPROTO.IPV6)) throw new SysError('ENETUNREACH');
    if (isLoopback(host)) return;
    const site = siteOfHost(host);
    if (site === undefined) throw new SysError('ENETUNREACH');
    const reachable =
      site === here || nucleus.ipc.allMembers(SOCKET_MANAGERS.ui).some((m) => m.site === site);
    if (!reachable) throw new SysError('EHOSTUNREACH');
  }

  // --- names -----------------------------------------------------------------------------------------------

  acceptedName(listener: Socket, to: SocketAddress): SocketAddress {
    return inFamily(listener.domain, concrete(canonicalHost(to.family, to.host!)), to.port!);
  }

  sourceName(socket: Socket, to: SocketAddress | null): SocketAddress | null {
    const { local } = socket;
    if (local === null || to === null || !isAny(local.host!)) return local;
    const { site } = this.ports.server;
    return inFamily(this.family, sourceHost(site, canonicalHost(to.family, to.host!)), local.port!);
  }

  seenBy(socket: Socket, address: SocketAddress): SocketAddress {
    return inFamily(socket.domain, canonicalHost(address.family, address.host!), address.port!);
  }
}

function* claimsOf(claims: ReadonlyMap<Socket, Claim>, transport: Transport, port: number): Iterable<Claim> {
  for (const claim of claims.values()) {
    if (claim.transport === transport && claim.port === port) yield claim;
  }
}
