/**
 * The group directory: which ports of other sites are members of which groups. Membership lives with the
 * member ports; each site tells the others of its own: everything when a session begins, every change after,
 * in order. What a lost site had told is forgotten with it.
 */
import type { SiteId, UI } from '../ids/ui.ts';
import type { GroupMember } from './group.ts';
import type { Net } from './net.ts';
import { GROUPS_PER_PACKET, type Packets } from './wire.ts';

/** Members of other sites that one site remembers; more are ignored and counted. */
const MEMBERS_MAX = 262_144;
const NOBODY: readonly GroupMember[] = [];

export class GroupDirectory {
  private readonly net: Net;
  private readonly groups = new Map<UI, Map<SiteId, Set<UI>>>();
  private count = 0;

  constructor(net: Net) {
    this.net = net;
  }

  /** Members elsewhere; a port on its way between two sites is named once. */
  membersOf(group: UI): readonly GroupMember[] {
    const sites = this.groups.get(group);
    if (!sites) return NOBODY;
    const here = this.net.nucleus.ipc.ports;
    const members = new Map<UI, GroupMember>();
    for (const [site, ports] of sites) {
      for (const port of ports) if (!here.has(port)) members.set(port, { port, site });
    }
    return [...members.values()];
  }

  /** Tells a newly linked site of everything. */
  introduce(site: SiteId): void {
    let groups: { group: UI; ports: UI[] }[] = [];
    for (const [group, ports] of this.net.nucleus.ipc.groups.entries()) {
      groups.push({ group, ports: [...ports] });
      if (groups.length < GROUPS_PER_PACKET) continue;
      this.net.tell(site, 'groups', { groups, last: false });
      groups = [];
    }
    this.net.tell(site, 'groups', { groups, last: true });
  }

  changed(group: UI, port: UI, present: boolean): void {
    for (const site of this.net.upSites()) this.net.tell(site, 'groupChange', { group, port, present });
  }

  heardAll(site: SiteId, packet: Packets['groups']): void {
    for (const { group, ports } of packet.groups) {
      for (const port of ports) this.add(site, group, port);
    }
  }

  heard(site: SiteId, { group, port, present }: Packets['groupChange']): void {
    if (present) this.add(site, group, port);
    else this.remove(site, group, port);
  }

  private add(site: SiteId, group: UI, port: UI): void {
    if (this.count >= MEMBERS_MAX) {
      this.net.dropped('group directory full', site);
      return;
    }
    let sites = this.groups.get(group);
    if (!sites) this.groups.set(group, (sites = new Map()));
    let ports = sites.get(site);
    if (!ports) sites.set(site, (ports = new Set()));
    if (ports.has(port)) return;
    ports.add(port);
    this.count += 1;
  }

  private remove(site: SiteId, group: UI, port: UI): void {
    const sites = this.groups.get(group);
    const ports = sites?.get(site);
    if (!sites || !ports?.delete(port)) return;
    this.count -= 1;
    if (ports.size === 0) sites.delete(site);
    if (sites.size === 0) this.groups.delete(group);
  }

  siteDown(site: SiteId): void {
    for (const [group, sites] of this.groups) {
      this.count -= sites.get(site)?.size ?? 0;
      sites.delete(site);
      if (sites.size === 0) this.groups.delete(group);
    }
  }
}
