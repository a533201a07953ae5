/**
 * Names and the sockets that have them: nodes of the File Managers of this site, and at the registrar the
 * abstract names of the system. Entries of a site that is lost go with it.
 */
import { type SiteId, uiCreationSite } from '../../nucleus/ids/ui.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import { SocketManagerLimits } from './limits.ts';
import type { EndpointRef } from './server.ts';

export class NameTable {
  private readonly entries = new Map<string, EndpointRef>();

  /** Throws EADDRINUSE, ENOBUFS. `replace`: the name is new, whoever had it before. */
  add(name: string, ref: EndpointRef, replace: boolean): void {
    const known = this.entries.get(name);
    if (known && !replace && known.endpoint !== ref.endpoint) throw new SysError('EADDRINUSE');
    if (!known && this.entries.size >= SocketManagerLimits.NAMES_MAX) throw new SysError('ENOBUFS');
    this.entries.set(name, ref);
  }

  /** Only its owner's entry: the name may be another's by now. */
  remove(name: string, endpoint: EndpointRef['endpoint']): void {
    if (this.entries.get(name)?.endpoint === endpoint) this.entries.delete(name);
  }

  /** Throws ECONNREFUSED. */
  find(name: string): EndpointRef {
    const ref = this.entries.get(name);
    if (!ref) throw new SysError('ECONNREFUSED');
    return ref;
  }

  siteLost(site: SiteId): void {
    for (const [name, { owner }] of [...this.entries]) {
      if (uiCreationSite(owner) === site) this.entries.delete(name);
    }
  }
}
