/**
 * The inotify objects of a Device Manager: made by the object protocol, told by file servers in their own.
 */

import type { Actor } from '../../nucleus/actors/actor.ts';
import { isPromise } from '../../nucleus/awaitable.ts';
import { ServerThreads } from '../../nucleus/executive/server-threads.ts';
import type { Capability, Key } from '../../nucleus/ids/capability.ts';
import type { SiteId, UI } from '../../nucleus/ids/ui.ts';
import type { CallContext, Port } from '../../nucleus/ipc/port.ts';
import type { Client } from '../../nucleus/ipc/protocol.ts';
import { client, serveAlso } from '../../nucleus/ipc/stubs.ts';
import type { Nucleus } from '../../nucleus/nucleus.ts';
import { O } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import { statWithoutVolume } from '../protocols/anonymous-stat.ts';
import { InotifyProtocol } from '../protocols/inotify.ts';
import {
  ObjectProtocol,
  type ObjectReply,
  type ObjectRequest,
  type ObjectSpecs,
} from '../protocols/object.ts';
import { InotifyFile, inotifyOf, type WatchInfo } from './inotify.ts';
import { DeviceLimits } from './limits.ts';
import type { ObjectTable } from './object-table.ts';

export class Inotifies {
  private readonly nucleus: Nucleus;
  private readonly objects: ObjectTable;
  private readonly servers: Client<ObjectSpecs>;
  private readonly threads: ServerThreads;
  private readonly open = new Set<InotifyFile>();
  private port: UI | null = null;

  constructor(nucleus: Nucleus, actor: Actor, objects: ObjectTable) {
    this.nucleus = nucleus;
    this.objects = objects;
    this.servers = client(nucleus, ObjectProtocol);
    this.threads = new ServerThreads(nucleus, actor, 'inotify');
  }

  /** File servers speak to the objects at the port where everybody does. */
  serve(port: Port): void {
    this.port = port.ui;
    const { objects } = this;
    serveAlso(this.nucleus, port, InotifyProtocol, {
      enter: ({ key, server }) => ({ wd: inotifyOf(objects, key).enter(server) }),
      tell: ({ key, notices }) => {
        inotifyOf(objects, key).tell(notices);
        return {};
      },
      remove: ({ key, wd }) => {
        inotifyOf(objects, key).remove(wd);
        return {};
      },
    });
  }

  create({ flags }: ObjectRequest<'inotify'>, { srcSite }: CallContext): ObjectReply<'inotify'> {
    if (this.open.size >= DeviceLimits.INOTIFY_OBJECTS_MAX) throw new SysError('EMFILE');
    this.objects.reserve(1);
    const own: { key: Key | undefined } = { key: undefined };
    const file = new InotifyFile(
      flags & O.NONBLOCK,
      statWithoutVolume({ timeMs: this.nucleus.clock.now() }),
      (server, wd) => {
        if (wd === undefined) this.open.delete(file);
        if (own.key !== undefined) this.unwatch(server, { ui: this.port!, key: own.key }, wd);
      },
      (server) => this.watchesAt(server, { ui: this.port!, key: own.key! }),
    );
    own.key = this.objects.add(file, srcSite);
    this.open.add(file);
    return { key: own.key };
  }

  siteLost(site: SiteId): void {
    for (const file of this.open) file.dropSite(site);
  }

  /** Nothing of a server that is lost. */
  private async watchesAt(server: UI, instance: Capability): Promise<readonly WatchInfo[]> {
    try {
      const asked = this.threads.run((thread) =>
        this.servers.watched(thread, { target: server }, { instance }),
      );
      return (await asked).watches;
    } catch {
      return [];
    }
  }

  /** A server that cannot be told has lost its watches with its site. */
  private unwatch(server: UI, instance: Capability, wd: number | undefined): void {
    const request = wd === undefined ? { instance } : { instance, wd };
    try {
      const done = this.threads.run((thread) => this.servers.unwatch(thread, { target: server }, request));
      if (isPromise(done)) done.catch(() => {});
    } catch {
      // See above.
    }
  }
}
