/**
 * The Socket Manager of a site: sockets of AF_UNIX, and of AF_INET and AF_INET6 on the system's own network.
 * A supervisor actor with one port, which speaks three protocols: `object` and `socket` to Process Managers,
 * `socket-peer` to the managers of other sites. See mix/protocols/socket for where things live.
 */
import type { Actor } from '../../nucleus/actors/actor.ts';
import type { UI } from '../../nucleus/ids/ui.ts';
import { serve, serveAlso } from '../../nucleus/ipc/stubs.ts';
import type { Nucleus } from '../../nucleus/nucleus.ts';
import { AF } from '../../subsystems/unix/sockets.ts';
import { ObjectProtocol } from '../protocols/object.ts';
import { PeerProtocol, SOCKET_MANAGERS, SocketProtocol } from '../protocols/socket.ts';
import { InetNaming, InetPorts } from './inet-naming.ts';
import { NetlinkNaming } from './netlink-socket.ts';
import { objectOperations } from './object-operations.ts';
import { peerOperations } from './peer-operations.ts';
import { Registrar } from './registrar.ts';
import { SocketServer } from './server.ts';
import { socketOperations } from './socket-operations.ts';
import { UnixNaming } from './unix-naming.ts';

export interface SocketManager {
  readonly actor: Actor;
  readonly port: UI;
  /** Open sockets. */
  readonly socketCount: number;
}

export function startSocketManager(nucleus: Nucleus): SocketManager {
  const server = new SocketServer(nucleus);
  const { actor, objects } = server;
  const port = serve(nucleus, actor, ObjectProtocol, objectOperations(server));
  server.port = port.ui;
  const registrar = new Registrar(server);
  const unix = new UnixNaming(server, registrar);
  const ports = new InetPorts(server, registrar);
  const inet = new InetNaming(AF.INET, ports);
  const inet6 = new InetNaming(AF.INET6, ports);
  serveAlso(
    nucleus,
    port,
    SocketProtocol,
    socketOperations(server, { unix, inet, inet6, netlink: new NetlinkNaming() }),
  );
  serveAlso(nucleus, port, PeerProtocol, peerOperations(server, unix, ports));
  nucleus.grpPortInsert(actor, SOCKET_MANAGERS, port.ui);
  const unsubscribe = nucleus.onSite((site, up) => {
    if (up) objects.siteUp(site);
    else {
      objects.dropSite(site);
      unix.table.siteLost(site);
      ports.table.siteLost(site);
      for (const socket of [...server.endpoints.values()]) socket.siteLost(site);
    }
    registrar.check();
  });
  actor.onDelete.add(unsubscribe);
  return {
    actor,
    port: port.ui,
    get socketCount() {
      return objects.size;
    },
  };
}
