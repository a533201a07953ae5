/**
 * One file on simulated sites of a bad network: guests load and store through mappings, others read and write
 * by messages, from every site. Per page, all of it must be linearisable. A site that crashes may take along
 * what it stored and nobody else has seen.
 */
import { describe, expect, it } from 'vitest';
import { memoryVolume } from '../../../drivers/memfs-volume/volume.ts';
import { type FileManager, startFileManager } from '../../../mix/file-manager/file-manager.ts';
import type { Capability, Key } from '../../../nucleus/ids/capability.ts';
import type { SiteId } from '../../../nucleus/ids/ui.ts';
import { joinTransport } from '../../../nucleus/join.ts';
import { Nucleus } from '../../../nucleus/nucleus.ts';
import { type NetworkFaults, SimulatedNetwork } from '../../../nucleus/transport/simulated.ts';
import { O } from '../../../subsystems/unix/constants.ts';
import { Guest, MIB, PAGE, staleEntries } from '../../nucleus/memory/support.ts';
import { type RegisterOperation, violations } from '../../support/linearizable.ts';
import { User } from './support.ts';

const AT = 0x4000_0000;
const PAGES = 3;
const TIMING = { pingMs: 100, deadMs: 500, ackDelayMs: 2, retryMs: 30, retryMaxMs: 200 };
const WORD_BYTES = 4;

interface Operation extends RegisterOperation {
  readonly page: number;
  readonly site: SiteId;
}

class FileWorld {
  readonly network: SimulatedNetwork;
  readonly history: Operation[] = [];
  readonly problems: string[] = [];
  readonly guests: Guest[] = [];
  readonly nuclei = new Map<SiteId, Nucleus>();
  readonly crashed = new Set<SiteId>();
  manager!: FileManager;
  key!: Key;
  segment!: Capability;
  private clock = 0;
  private values = 0;

  constructor(seed: number, faults: Partial<NetworkFaults>) {
    this.network = new SimulatedNetwork(seed, faults);
  }

  below(count: number): number {
    return Math.floor(this.network.random.next() * count);
  }

  boot(site: SiteId): void {
    const { epoch, clock, random, transport } = this.network.boot(site);
    const nucleus = new Nucleus({ site, epoch, clock, random, limits: { memoryBytes: MIB } });
    joinTransport(nucleus, transport, { timing: TIMING });
    nucleus.onBug((error) => this.problems.push(`bug on ${site}: ${String((error as Error).stack)}`));
    this.nuclei.set(site, nucleus);
    if (site !== 1) return;
    this.manager = startFileManager(nucleus, { name: 'FM', volume: memoryVolume() });
    const user = new User(nucleus, this.manager.port, 0);
    this.key = user.open('/f', O.RDWR | O.CREAT);
    user.truncate('/f', PAGES * PAGE);
    this.segment = user.now('segment', { key: this.key, access: 3 }).segment;
  }

  /** Loads and stores through a mapping. */
  async mapper(site: SiteId, operations: number): Promise<void> {
    const guest = new Guest(this.nuclei.get(site)!);
    this.guests.push(guest);
    guest.vm.rgnMap(guest.context, { start: AT, size: PAGES * PAGE, protection: 3 }, this.segment, 0);
    const { u32 } = guest.context.site;
    for (let count = 0; count < operations && !this.crashed.has(site); count++) {
      const page = this.below(PAGES);
      const kind = this.below(2) === 0 ? 'write' : 'read';
      const start = ++this.clock;
      const result = await guest.access(AT + page * PAGE, kind === 'write' ? 2 : 1, (physical) => {
        if (kind === 'write') u32[physical >>> 2] = ++this.values;
        const value = u32[physical >>> 2]!;
        this.history.push({ page, site, kind, value, start, end: ++this.clock });
        return 1;
      });
      if (result < 0) this.problems.push(`site ${site}: fault ${result}`);
      await guest.thread.delay(this.below(20));
    }
  }

  /** Reads and writes by messages. */
  async caller(site: SiteId, operations: number): Promise<void> {
    const user = new User(this.nuclei.get(site)!, this.manager.port, 0);
    const { key } = this;
    for (let count = 0; count < operations && !this.crashed.has(site); count++) {
      const page = this.below(PAGES);
      const offset = page * PAGE;
      const start = ++this.clock;
      if (this.below(2) === 0) {
        const value = ++this.values;
        const data = Buffer.alloc(WORD_BYTES);
        data.writeUInt32LE(value);
        // It may be carried out although the writer never hears of it.
        const write = { page, site, kind: 'write' as const, value, start, end: Number.POSITIVE_INFINITY };
        this.history.push(write);
        await user.call('write', { key, data, offset, limit: Number.POSITIVE_INFINITY });
        write.end = ++this.clock;
      } else {
        const { data } = await user.call('read', { key, max: WORD_BYTES, offset });
        const value = Buffer.from(data).readUInt32LE(0);
        this.history.push({ page, site, kind: 'read', value, start, end: ++this.clock });
      }
      await user.thread.delay(this.below(20));
    }
  }

  check(): string[] {
    const alive = this.history.filter(({ site }) => !this.crashed.has(site));
    const seen = new Set(alive.filter(({ kind }) => kind === 'read').map(({ value }) => value));
    const counted = this.history.filter(
      ({ kind, site, value }) => !this.crashed.has(site) || (kind === 'write' && seen.has(value)),
    );
    for (let page = 0; page < PAGES; page++) {
      this.problems.push(...violations(counted.filter((operation) => operation.page === page)));
    }
    for (const { context } of this.guests) this.problems.push(...staleEntries(context));
    return this.problems;
  }
}

const OPERATIONS = 30;

async function run(
  seed: number,
  sites: number,
  faults: Partial<NetworkFaults>,
  crash = 0,
): Promise<string[]> {
  const world = new FileWorld(seed, faults);
  for (let site = 1; site <= sites; site++) world.boot(site);
  await world.network.run(2000);
  let running = 0;
  const follow = (site: SiteId, work: Promise<void>): void => {
    running += 1;
    const failed = (error: Error): void => {
      if (!world.crashed.has(site)) world.problems.push(`site ${site}: ${error.stack}`);
    };
    void work.catch(failed).then(() => {
      running -= 1;
    });
  };
  for (let site = 1; site <= sites; site++) {
    follow(site, world.mapper(site, OPERATIONS));
    follow(site, world.caller(site, OPERATIONS));
  }
  if (crash !== 0) {
    await world.network.run(300);
    world.crashed.add(crash);
    world.network.crash(crash);
  }
  // Of a crashed site nothing ever ends.
  const left = crash === 0 ? 0 : 2;
  await world.network.run(120_000, () => running <= left);
  const problems = world.check();
  if (running > left) problems.push(`${running} never ended`);
  if (world.history.length < sites * OPERATIONS) problems.push(`only ${world.history.length} operations`);
  return problems;
}

describe('a mapped file on several sites', () => {
  it.each([2, 3, 4])(
    'is linearisable per page for mappings and calls alike, on %i sites of a bad network',
    async (sites) => {
      for (let seed = 1; seed <= 6; seed++) {
        const problems = await run(seed, sites, { delayMs: [1, 15], loss: 0.05, duplicate: 0.05 });
        expect({ seed, problems }).toEqual({ seed, problems: [] });
      }
    },
    60_000,
  );

  it('survives the crash of a site that holds its pages', async () => {
    for (let seed = 50; seed < 58; seed++) {
      const faults = { delayMs: [1, 10], loss: 0.02, crashNoticed: 0.5 } as const;
      const problems = await run(seed, 3, faults, 2 + (seed % 2));
      expect({ seed, problems }).toEqual({ seed, problems: [] });
    }
  }, 60_000);
});
