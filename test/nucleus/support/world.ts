/**
 * A random program of IPC operations on simulated sites, and the model that its outcome is checked against.
 *
 * Every message carries a number of its own, its sender and the sender's count, so that what servers receive
 * can be compared with what was sent: nothing twice, in order from one sender to one port, nothing that was
 * refused as certainly not executed, every reply to its own call; where the network is whole, nothing lost.
 */
import type { Actor } from '../../../nucleus/actors/actor.ts';
import { KError } from '../../../nucleus/errors.ts';
import type { Thread } from '../../../nucleus/executive/thread.ts';
import type { Capability } from '../../../nucleus/ids/capability.ts';
import { type SiteId, type UI, uiSite } from '../../../nucleus/ids/ui.ts';
import { staticGroup } from '../../../nucleus/ipc/group.ts';
import type { Destination } from '../../../nucleus/ipc/message.ts';
import { joinTransport, type Sites } from '../../../nucleus/join.ts';
import { Nucleus } from '../../../nucleus/nucleus.ts';
import { type NetworkFaults, SimulatedNetwork } from '../../../nucleus/transport/simulated.ts';

export const TIMING = { pingMs: 200, deadMs: 1000, ackDelayMs: 5, retryMs: 40, retryMaxMs: 300 };
/** A call whose target's site died ends within this, whatever the network does. */
export const BOUND_MS = 3 * TIMING.deadMs;

export interface WorldOptions {
  readonly seed: number;
  readonly sites: number;
  readonly faults: Partial<NetworkFaults>;
  readonly partitions: boolean;
  readonly crashes: boolean;
  readonly operations: number;
}

interface Sent {
  readonly uid: number;
  readonly sender: string;
  readonly count: number;
  readonly target: UI;
  readonly call: boolean;
  /** Its port was to be deleted, or its mail dropped: it need not arrive. */
  excused: boolean;
  outcome: string;
  readonly atMs: number;
  endedMs: number;
}

interface Site {
  readonly number: SiteId;
  readonly incarnation: number;
  readonly nucleus: Nucleus;
  readonly sites: Sites;
  readonly actor: Actor;
  /** Ports that a server thread looks after. */
  readonly served: Set<UI>;
}

const GROUPS: readonly Capability[] = [1, 2, 3].map((stamp) => staticGroup('staticSystem', stamp));

export class World {
  readonly network: SimulatedNetwork;
  readonly problems: string[] = [];
  readonly sent = new Map<number, Sent>();
  private readonly options: WorldOptions;
  private readonly live = new Map<SiteId, Site>();
  private readonly received = new Map<number, number>();
  private readonly lastCount = new Map<string, number>();
  /** Ports made and not deleted on purpose. */
  private readonly ports = new Set<UI>();
  private readonly dropped = new Set<UI>();
  private nextUid = 1;
  private incarnations = 0;
  /** When sites were cut off or crashed. */
  private readonly disturbances: number[] = [];

  constructor(options: WorldOptions) {
    this.options = options;
    this.network = new SimulatedNetwork(options.seed, options.faults);
  }

  // --- chance ----------------------------------------------------------------------------------------------

  private below(count: number): number {
    return Math.floor(this.network.random.next() * count);
  }

  private pick<T>(items: Iterable<T>): T | undefined {
    const all = [...items];
    return all[this.below(all.length)];
  }

  // --- sites -----------------------------------------------------------------------------------------------

  private boot(number: SiteId): void {
    const machine = this.network.boot(number);
    const nucleus = new Nucleus(machine);
    const sites = joinTransport(nucleus, machine.transport, { timing: TIMING });
    const actor = nucleus.actorCreate(null, { name: `server${number}`, privilege: 'supervisor' });
    this.incarnations += 1;
    const site = { number, incarnation: this.incarnations, nucleus, sites, actor, served: new Set<UI>() };
    nucleus.onBug((error) => this.problems.push(`bug on site ${number}: ${String(error)}`));
    this.live.set(number, site);
    for (let count = 0; count < 2; count++) this.makePort(site);
  }

  private makePort(site: Site): void {
    const port = site.nucleus.portCreate(site.actor);
    this.ports.add(port.ui);
    if (this.below(2) === 0) site.nucleus.grpPortInsert(site.actor, this.pick(GROUPS)!, port.ui);
    this.serveNew(site);
  }

  /** Gives every port of the site's actor a server thread: made here, or arrived. */
  private serveNew(site: Site): void {
    for (const port of site.actor.ports.values()) {
      if (port.li === site.actor.defaultPort || site.served.has(port.ui)) continue;
      site.served.add(port.ui);
      void this.server(site, port.ui, port.li);
    }
  }

  private async server(site: Site, ui: UI, li: number): Promise<void> {
    const { nucleus, actor } = site;
    const thread = nucleus.threadCreate(actor, { name: 'server' });
    while (actor.ports.get(li)?.ui === ui) {
      try {
        const { message } = await nucleus.ipcReceive(thread, li);
        const uid = this.noteReceived(ui, message.body!);
        const call = this.sent.get(uid)?.call === true;
        if (this.below(3) === 0) await thread.delay(this.below(30));
        if (call && thread.current) nucleus.ipcReply(thread, { body: message.body! });
      } catch (error) {
        if (!(error instanceof KError)) this.problems.push(`server: ${String(error)}`);
        // Aborted in the middle of serving, perhaps for an earlier client: whoever waits is answered all the
        // same.
        if (thread.current) nucleus.ipcReply(thread, { body: nucleus.ipcGetData(thread) });
      }
    }
    site.served.delete(ui);
    nucleus.threadDelete(thread);
  }

  private noteReceived(port: UI, body: Uint8Array): number {
    const uid = Number(Buffer.from(body).toString());
    const sent = this.sent.get(uid);
    if (!sent) {
      this.problems.push(`received ${uid}, which nobody sent`);
      return uid;
    }
    const times = (this.received.get(uid) ?? 0) + 1;
    this.received.set(uid, times);
    if (times > 1) this.problems.push(`message ${uid} received ${times} times`);
    const key = `${sent.sender} ${port}`;
    const last = this.lastCount.get(key) ?? 0;
    if (sent.count <= last)
      this.problems.push(`message ${uid} of ${sent.sender} (${sent.count}) after ${last}`);
    this.lastCount.set(key, sent.count);
    return uid;
  }

  // --- clients ---------------------------------------------------------------------------------------------

  private note(sender: string, count: number, target: UI, call: boolean): Sent {
    const uid = this.nextUid++;
    const atMs = this.network.now();
    const sent: Sent = {
      uid,
      sender,
      count,
      target,
      call,
      excused: false,
      outcome: 'pending',
      atMs,
      endedMs: 0,
    };
    this.sent.set(uid, sent);
    return sent;
  }

  private destination(): Destination {
    if (this.below(4) > 0) return { target: this.pick(this.ports)! };
    const { ui } = this.pick(GROUPS)!;
    const coTarget = uiSite(1 + this.below(this.options.sites));
    return this.pick<Destination>([
      { target: ui, mode: 'functional' },
      { target: ui, mode: 'associative', coTarget },
      { target: ui, mode: 'exclusive', coTarget },
    ])!;
  }

  private async client(site: Site, name: string): Promise<void> {
    const thread = site.nucleus.threadCreate(site.actor, { name });
    for (let count = 1; count <= this.options.operations && this.isLive(site); count++) {
      try {
        await this.operation(site, thread, `${name}.${site.incarnation}`, count);
        await thread.delay(this.below(40));
      } catch (error) {
        if (!(error instanceof KError)) this.problems.push(`client: ${String(error)}`);
      }
    }
  }

  private isLive(site: Site): boolean {
    return this.live.get(site.number) === site;
  }

  private async operation(site: Site, thread: Thread, sender: string, count: number): Promise<void> {
    const choice = this.below(20);
    if (choice < 8) await this.send(site, thread, sender, count);
    else if (choice < 16) await this.call(site, thread, sender, count);
    else if (choice < 18) await this.migrate(site);
    else if (choice === 18) this.changeGroup(site);
    else if (this.below(3) === 0) this.deletePort(site);
    else this.makePort(site);
  }

  private async send(site: Site, thread: Thread, sender: string, count: number): Promise<void> {
    const target = this.pick(this.ports)!;
    const sent = this.note(sender, count, target, false);
    try {
      await site.nucleus.ipcSend(thread, { body: Buffer.from(String(sent.uid)) }, { target });
      sent.outcome = 'accepted';
    } catch (error) {
      sent.outcome = (error as KError).kname;
    }
  }

  private async call(site: Site, thread: Thread, sender: string, count: number): Promise<void> {
    const dest = this.destination();
    const sent = this.note(sender, count, dest.target, true);
    const delayMs = this.below(4) === 0 ? this.below(60) : undefined;
    if (this.below(8) === 0) site.nucleus.clock.setTimer(this.below(50), () => thread.abort());
    try {
      const body = Buffer.from(String(sent.uid));
      const reply = await site.nucleus.ipcCall(thread, { body }, dest, { delayMs });
      sent.outcome = 'replied';
      if (Buffer.from(reply.body ?? []).toString() !== String(sent.uid))
        this.problems.push(`call ${sent.uid} got another's reply`);
    } catch (error) {
      sent.outcome = (error as KError).kname;
    }
    sent.endedMs = this.network.now();
    thread.takeAborted();
  }

  private async migrate(site: Site): Promise<void> {
    const port = this.pick([...site.actor.ports.values()].filter(({ li }) => li !== site.actor.defaultPort));
    const to = this.pick(this.live.values());
    if (!port || !to) return;
    const follow = this.below(6) > 0;
    if (!follow) this.dropped.add(port.ui);
    try {
      await site.nucleus.portMigrate(site.actor, port.li, to.actor.capability.ui, { follow });
    } finally {
      for (const each of this.live.values()) this.serveNew(each);
    }
  }

  private changeGroup(site: Site): void {
    const port = this.pick(site.actor.ports.values());
    const group = this.pick(GROUPS)!;
    if (!port || port.li === site.actor.defaultPort) return;
    if (port.groups.has(group.ui)) site.nucleus.grpPortRemove(site.actor, group, port.ui);
    else site.nucleus.grpPortInsert(site.actor, group, port.ui);
  }

  private deletePort(site: Site): void {
    const port = this.pick(site.actor.ports.values());
    if (!port || port.li === site.actor.defaultPort || this.ports.size < 3) return;
    this.ports.delete(port.ui);
    this.dropped.add(port.ui);
    site.nucleus.portDelete(site.actor, port.li);
  }

  // --- trouble ---------------------------------------------------------------------------------------------

  private async trouble(): Promise<void> {
    if (this.options.partitions && this.below(3) === 0) {
      this.disturbances.push(this.network.now());
      const sites = Array.from({ length: this.options.sites }, (_, index) => index + 1);
      const cut = sites.filter(() => this.below(2) === 0);
      this.network.cut(
        sites.filter((site) => !cut.includes(site)),
        cut,
      );
      await this.network.run(this.below(3000));
      this.network.heal();
    }
    if (this.options.crashes && this.below(3) === 0) {
      this.disturbances.push(this.network.now());
      const site = this.pick(this.live.values())!;
      this.live.delete(site.number);
      this.network.crash(site.number);
      await this.network.run(this.below(1500));
      this.boot(site.number);
    }
  }

  // --- the run ---------------------------------------------------------------------------------------------

  async run(): Promise<void> {
    for (let number = 1; number <= this.options.sites; number++) this.boot(number);
    await this.network.run(5000, () => this.allUp());
    for (const site of this.live.values()) {
      void this.client(site, `a${site.number}`);
      void this.client(site, `b${site.number}`);
    }
    for (let round = 0; round < 6; round++) {
      await this.network.run(this.options.operations * 12);
      await this.trouble();
      for (const site of this.live.values()) this.serveNew(site);
    }
    await this.quiesce();
    this.check();
  }

  private allUp(): boolean {
    return [...this.live.values()].every(
      ({ sites }) => sites.sites().filter(({ up }) => up).length === this.live.size - 1,
    );
  }

  private unfinished(): Sent[] {
    const running = new Set([...this.live.values()].map(({ incarnation }) => String(incarnation)));
    return [...this.sent.values()].filter(
      ({ outcome, sender }) => outcome === 'pending' && running.has(sender.split('.')[1]!),
    );
  }

  private async quiesce(): Promise<void> {
    for (let turn = 0; turn < 40; turn++) {
      await this.network.run(500);
      for (const site of this.live.values()) this.serveNew(site);
      if (turn > 8 && this.allUp() && this.unfinished().length === 0) break;
    }
    await this.network.run(1000);
  }

  // --- the model -------------------------------------------------------------------------------------------

  private check(): void {
    if (!this.allUp()) this.problems.push('not all sites found one another again');
    for (const { uid, atMs } of this.unfinished())
      this.problems.push(`call ${uid} of ${atMs} ms never ended`);
    for (const sent of this.sent.values()) this.checkMessage(sent);
    this.checkPorts();
    this.checkGroups();
  }

  /** A call that failed for a lost site did so in bounded time after the loss. */
  private checkBound({ uid, outcome, atMs, endedMs }: Sent): void {
    if (outcome !== 'K_ELINKFAILURE' && outcome !== 'K_EUNREACHABLE') return;
    const since = Math.max(atMs, ...this.disturbances.filter((time) => time <= endedMs));
    if (endedMs - since > BOUND_MS) this.problems.push(`call ${uid} failed after ${endedMs - since} ms only`);
  }

  private checkMessage(sent: Sent): void {
    const { uid, outcome, target, call } = sent;
    if (call) this.checkBound(sent);
    const times = this.received.get(uid) ?? 0;
    if (outcome === 'replied' && times !== 1)
      this.problems.push(`call ${uid} replied, received ${times} times`);
    const refused = outcome === 'K_EUNREACHABLE' || outcome === 'K_EFULL';
    if (refused && times !== 0)
      this.problems.push(`message ${uid} was refused with ${outcome}, and received`);
    const mayBeLost = this.disturbances.length > 0 || this.dropped.has(target);
    if (mayBeLost) return;
    if (outcome === 'accepted' && times !== 1) this.problems.push(`message ${uid} to ${target} was lost`);
    const lostCall = outcome === 'K_ELINKFAILURE' || (outcome === 'K_EUNREACHABLE' && this.ports.has(target));
    if (call && lostCall && !this.groupTarget(target)) {
      this.problems.push(`call ${uid} failed with ${outcome} on a whole network`);
    }
  }

  private groupTarget(target: UI): boolean {
    return GROUPS.some(({ ui }) => ui === target);
  }

  private checkPorts(): void {
    const homes = new Map<UI, SiteId>();
    for (const { number, nucleus } of this.live.values()) {
      for (const ui of nucleus.ipc.ports.keys()) {
        if (homes.has(ui)) this.problems.push(`port ${ui} is on sites ${homes.get(ui)} and ${number}`);
        homes.set(ui, number);
      }
    }
    if (this.disturbances.length > 0) return;
    for (const ui of this.ports) if (!homes.has(ui)) this.problems.push(`port ${ui} is nowhere`);
  }

  private checkGroups(): void {
    const sites = [...this.live.values()];
    for (const { ui } of GROUPS) {
      const truth = sites.flatMap(({ nucleus }) => nucleus.ipc.groups.membersOf(ui)).sort();
      for (const { number, nucleus } of sites) {
        const seen = nucleus.ipc
          .allMembers(ui)
          .map(({ port }) => port)
          .sort();
        if (seen.join() !== truth.join()) this.problems.push(`site ${number} sees group ${ui} wrongly`);
      }
    }
  }
}
