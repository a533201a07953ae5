/**
 * Shared segments across simulated sites: per page, what the guests of all sites read and wrote must be
 * linearisable, whatever the network does. A site that crashes may take with it what it wrote and nobody else
 * has seen.
 */
import { describe, expect, it } from 'vitest';
import type { Capability, Key } from '../../../nucleus/ids/capability.ts';
import type { SiteId } from '../../../nucleus/ids/ui.ts';
import { serve } from '../../../nucleus/ipc/stubs.ts';
import { joinTransport } from '../../../nucleus/join.ts';
import { SegmentServer } from '../../../nucleus/memory/coherence.ts';
import { MapperProtocol } from '../../../nucleus/memory/mapper-protocol.ts';
import { Fault } from '../../../nucleus/memory/site-memory.ts';
import { Nucleus } from '../../../nucleus/nucleus.ts';
import { type NetworkFaults, SimulatedNetwork } from '../../../nucleus/transport/simulated.ts';
import { type RegisterOperation, violations } from '../../support/linearizable.ts';
import { Guest, MIB, PAGE, staleEntries } from './support.ts';

const AT = 0x4000_0000;
const PAGES = 3;
/** Pages that only the tests of pressure use: more than the memory of a site. */
const MANY_PAGES = 300;
const TIMING = { pingMs: 100, deadMs: 500, ackDelayMs: 2, retryMs: 30, retryMaxMs: 200 };
const KEY = '0000000000000007' as Key;

interface Operation extends RegisterOperation {
  readonly page: number;
  /** Site and boot that did it. */
  readonly incarnation: string;
}

interface Running {
  readonly nucleus: Nucleus;
  readonly incarnation: string;
  readonly guests: Guest[];
}

class SharedWorld {
  readonly network: SimulatedNetwork;
  readonly history: Operation[] = [];
  readonly problems: string[] = [];
  readonly sites = new Map<SiteId, Running>();
  readonly bytes: Uint8Array;
  private readonly pages: number;
  server!: SegmentServer;
  segment!: Capability;
  private clock = 0;
  private values = 0;
  private boots = 0;
  readonly crashed = new Set<string>();

  constructor(seed: number, faults: Partial<NetworkFaults>, pages = PAGES) {
    this.pages = pages;
    this.bytes = new Uint8Array(pages * PAGE);
    this.network = new SimulatedNetwork(seed, faults);
  }

  below(count: number): number {
    return Math.floor(this.network.random.next() * count);
  }

  boot(site: SiteId): Running {
    const machine = this.network.boot(site);
    const { epoch, clock, random } = machine;
    const nucleus = new Nucleus({ site, epoch, clock, random, limits: { memoryBytes: MIB } });
    joinTransport(nucleus, machine.transport, { timing: TIMING });
    nucleus.onBug((error) => this.problems.push(`bug on ${site}: ${String((error as Error).stack)}`));
    this.boots += 1;
    const running = { nucleus, incarnation: `${site}.${this.boots}`, guests: [] };
    this.sites.set(site, running);
    if (site === 1) this.serveSegment(nucleus);
    return running;
  }

  private serveSegment(nucleus: Nucleus): void {
    const actor = nucleus.actorCreate(null, { name: 'dsm', privilege: 'supervisor' });
    const slowly = async (): Promise<void> => {
      const thread = nucleus.threadCreate(actor);
      await thread.delay(this.below(4));
      nucleus.threadDelete(thread);
    };
    const server = new SegmentServer(
      nucleus,
      actor,
      {
        pull: async (_key, offset, size) => {
          if (this.below(2) === 0) await slowly();
          return { data: this.bytes.slice(offset, offset + size), end: this.bytes.length };
        },
        push: async (_key, offset, data) => {
          if (this.below(2) === 0) await slowly();
          this.bytes.set(data, offset);
        },
      },
      () => port.ui,
    );
    this.server = server;
    const port = serve(nucleus, actor, MapperProtocol, server.operations);
    this.segment = { ui: port.ui, key: KEY };
  }

  /** One guest: reads and writes a number at the start of each page. */
  async guest(site: SiteId, operations: number): Promise<void> {
    const running = this.sites.get(site)!;
    const guest = new Guest(running.nucleus, `guest${running.guests.length}`);
    running.guests.push(guest);
    guest.vm.rgnMap(guest.context, { start: AT, size: this.pages * PAGE, protection: 3 }, this.segment, 0);
    for (let count = 0; count < operations && !this.crashed.has(running.incarnation); count++) {
      await this.operation(running, guest);
      await guest.thread.delay(this.below(20));
    }
  }

  private async operation({ incarnation }: Running, guest: Guest): Promise<void> {
    const page = this.below(this.pages);
    const write = this.below(2) === 0;
    const start = ++this.clock;
    const { u32 } = guest.context.site;
    const result = await guest.access(AT + page * PAGE, write ? 2 : 1, (physical) => {
      if (write) u32[physical >>> 2] = ++this.values;
      const value = u32[physical >>> 2]!;
      const kind = write ? 'write' : 'read';
      this.history.push({ page, kind, value, start, end: ++this.clock, incarnation });
      return 1;
    });
    if (result < 0) this.problems.push(`${incarnation}: fault ${result} ${guest.vm.failure}`);
  }

  /** What the mapper itself does with the bytes, like read and write of a file. */
  async mapperClient(operations: number): Promise<void> {
    const { nucleus, incarnation } = this.sites.get(1)!;
    const thread = nucleus.threadCreate(nucleus.kernel);
    const words = new Uint32Array(this.bytes.buffer);
    for (let count = 0; count < operations; count++) {
      const page = this.below(this.pages);
      const kind = this.below(2) === 0 ? 'write' : 'read';
      const start = ++this.clock;
      const work = (): void => {
        if (kind === 'write') words[(page * PAGE) / 4] = ++this.values;
        const value = words[(page * PAGE) / 4]!;
        this.history.push({ page, kind, value, start, end: ++this.clock, incarnation });
      };
      if (kind === 'write') await this.server.change(KEY, { offset: page * PAGE, size: 4 }, work);
      else await this.server.read(KEY, page * PAGE, 4, work);
      await thread.delay(this.below(20));
    }
  }

  check(): string[] {
    const seen = new Set(
      this.history
        .filter(({ kind, incarnation }) => kind === 'read' && !this.crashed.has(incarnation))
        .map(({ value }) => value),
    );
    const counted = this.history.filter(
      ({ kind, incarnation, value }) =>
        !this.crashed.has(incarnation) || (kind === 'write' && seen.has(value)),
    );
    for (let page = 0; page < this.pages; page++) {
      this.problems.push(...violations(counted.filter((operation) => operation.page === page)));
    }
    for (const { guests } of this.sites.values()) {
      for (const { context } of guests) this.problems.push(...staleEntries(context));
    }
    return this.problems;
  }
}

const OPERATIONS = 40;

interface Course {
  readonly seed: number;
  readonly sites: number;
  readonly faults: Partial<NetworkFaults>;
  readonly crashes?: boolean;
  readonly pages?: number;
  readonly operations?: number;
}

async function run(course: Course): Promise<string[]> {
  const { seed, sites, faults, crashes = false, pages, operations = OPERATIONS } = course;
  const world = new SharedWorld(seed, faults, pages);
  const running = new Set<Promise<void>>();
  const follow = (work: Promise<void>): void => {
    running.add(work);
    const failed = (error: Error): void => void world.problems.push(`guest: ${error.stack}`);
    void work.catch(failed).then(() => running.delete(work));
  };
  for (let site = 1; site <= sites; site++) world.boot(site);
  await world.network.run(2000);
  const start = (site: SiteId): void => {
    for (let guest = 0; guest < 2; guest++) follow(world.guest(site, operations));
  };
  for (let site = 1; site <= sites; site++) start(site);
  follow(world.mapperClient(operations));
  for (let round = 0; crashes && round < 3; round++) {
    await world.network.run(200 + world.below(300));
    const site = 2 + world.below(sites - 1);
    world.crashed.add(world.sites.get(site)!.incarnation);
    world.network.crash(site);
    await world.network.run(world.below(500));
    world.boot(site);
    await world.network.run(300);
    start(site);
  }
  // Of a crashed site nothing ever ends.
  await world.network.run(120_000, () => running.size <= world.crashed.size * 2);
  await world.network.run(1000);
  const problems = world.check();
  if (running.size > world.crashed.size * 2) problems.push(`${running.size} never ended`);
  if (world.history.length < sites * operations) problems.push(`only ${world.history.length} operations`);
  return problems;
}

describe('a shared segment', () => {
  it.each([2, 3, 5])(
    'is linearisable per page on %i sites of a bad network',
    async (sites) => {
      for (let seed = 1; seed <= 6; seed++) {
        const problems = await run({
          seed,
          sites,
          faults: { delayMs: [1, 15], loss: 0.05, duplicate: 0.05 },
        });
        expect({ seed, problems }).toEqual({ seed, problems: [] });
      }
    },
    60_000,
  );

  it('survives the crash of sites that hold its pages', async () => {
    for (let seed = 100; seed < 108; seed++) {
      const faults = { delayMs: [1, 10], loss: 0.02, crashNoticed: 0.5 } as const;
      const problems = await run({ seed, sites: 4, faults, crashes: true });
      expect({ seed, problems }).toEqual({ seed, problems: [] });
    }
  }, 60_000);

  it('that is larger than memory is linearisable too', async () => {
    for (let seed = 200; seed < 203; seed++) {
      const faults = { delayMs: [1, 3], loss: 0.01 } as const;
      const problems = await run({ seed, sites: 2, faults, pages: MANY_PAGES, operations: 300 });
      expect({ seed, problems }).toEqual({ seed, problems: [] });
    }
  }, 60_000);

  it('is free again when the only site that held it is lost', async () => {
    const world = new SharedWorld(6, { delayMs: [1, 5] });
    for (const site of [1, 2]) world.boot(site);
    await world.network.run(1000);
    let done = false;
    void world.guest(2, 5).then(() => (done = true));
    await world.network.run(5000, () => done);
    expect(world.server.isHeld(KEY)).toBe(true);
    world.network.crash(2);
    await world.network.run(3000);
    expect(world.server.isHeld(KEY)).toBe(false);
  });

  it('of a lost mapper faults, and never hangs', async () => {
    const world = new SharedWorld(5, { delayMs: [1, 5] });
    for (const site of [1, 2]) world.boot(site);
    await world.network.run(1000);
    let done = false;
    void world.guest(2, 10).then(() => (done = true));
    await world.network.run(5000, () => done);
    const guest = world.sites.get(2)!.guests[0]!;
    world.network.crash(1);
    const results: number[] = [];
    const tryAll = async (): Promise<void> => {
      await guest.thread.delay(1);
      for (const page of [0, 1, 2]) {
        guest.vm.rgnFree(guest.context, AT, PAGES * PAGE);
        guest.vm.rgnMap(guest.context, { start: AT, size: PAGES * PAGE, protection: 3 }, world.segment, 0);
        results.push(await guest.access(AT + page * PAGE, 2));
      }
    };
    await world.network.run(3000);
    void tryAll();
    await world.network.run(20_000, () => results.length === 3);
    expect(results).toEqual([Fault.bus, Fault.bus, Fault.bus]);
  });
});
