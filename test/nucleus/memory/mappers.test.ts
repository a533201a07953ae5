/** Mappers of every kind against the nucleus' half of the protocol; two sites in one process. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Capability, Key } from '../../../nucleus/ids/capability.ts';
import { client, serve } from '../../../nucleus/ipc/stubs.ts';
import {
  CacheProtocol,
  FLUSH_MODES,
  type FlushMode,
  MapperFault,
  MapperProtocol,
} from '../../../nucleus/memory/mapper-protocol.ts';
import { Fault } from '../../../nucleus/memory/site-memory.ts';
import type { Nucleus } from '../../../nucleus/nucleus.ts';
import { closeAll, type Joined, joinedSites, userThread } from '../support/sites.ts';
import { Guest, MIB, nucleusWith, PAGE, staleEntries } from './support.ts';

const at = 0x4000_0000;
const KEY = '00000000000000aa' as Key;
const RANGE = { offset: 0, size: 4 * PAGE };

/** A mapper that notes what it is told, and grants what the test says. */
class NotingMapper {
  readonly bytes = new Uint8Array(16 * PAGE).map((_, index) => 10 + (index >> 12));
  readonly notes: string[] = [];
  readonly caches = new Map<string, Capability>();
  readonly segment: Capability;
  ordinal = 1;
  pushed = false;
  granted: number | null = null;
  gate: Promise<void> | null = null;
  end = this.bytes.length;

  constructor(nucleus: Nucleus) {
    const actor = nucleus.actorCreate(null, { name: 'mapper', privilege: 'supervisor' });
    const port = serve(nucleus, actor, MapperProtocol, {
      create: () => {
        throw new MapperFault(1);
      },
      getAccess: async ({ cache, access, offset, size }) => {
        this.note(cache, `ask ${access} ${offset / PAGE}+${size / PAGE}`);
        const ordinal = this.ordinal;
        await this.gate;
        return { granted: this.granted ?? access, ordinal, offset, size };
      },
      pullIn: async ({ cache, access, offset, size }) => {
        this.note(cache, `pull ${access} ${offset / PAGE}+${size / PAGE}`);
        const ordinal = this.ordinal;
        await this.gate;
        const data = this.pushed ? new Uint8Array() : this.bytes.slice(offset, offset + size);
        return {
          granted: this.granted ?? access,
          ordinal,
          offset,
          size,
          data,
          end: this.end,
          pushed: this.pushed,
        };
      },
      pushOut: ({ cache, offset, data }) => {
        this.note(cache, `push ${offset / PAGE}+${data.length / PAGE}`);
        this.bytes.set(data, offset);
        return {};
      },
      release: ({ cache }) => {
        this.note(cache, 'release');
        return {};
      },
    });
    this.segment = { ui: port.ui, key: KEY };
  }

  private note(cache: Capability, text: string): void {
    this.caches.set(cache.ui, cache);
    this.notes.push(text);
  }

  /** What has been noted since the last call. */
  take(): string[] {
    return this.notes.splice(0);
  }

  /** The cache of the only site that asked so far. */
  get cache(): Capability {
    return [...this.caches.values()].at(-1)!;
  }
}

function setUp() {
  const nucleus = nucleusWith(4 * MIB);
  const mapper = new NotingMapper(nucleus);
  const guest = new Guest(nucleus);
  const map = (pages = 4): number =>
    nucleus.vm.rgnMap(guest.context, { start: at, size: pages * PAGE, protection: 3 }, mapper.segment, 0);
  const caches = client(nucleus, CacheProtocol);
  const thread = userThread(nucleus);
  const request = (ordinal = 99) => ({ key: mapper.cache.key, ...RANGE, ordinal });
  const target = () => ({ target: mapper.cache.ui });
  return { nucleus, vm: nucleus.vm, mapper, guest, map, caches, thread, request, target };
}

let joined: Joined[] = [];
afterEach(async () => {
  await closeAll(joined);
  joined = [];
});

describe('a mapper that computes its pages', () => {
  it('is a segment like any other', async () => {
    const nucleus = nucleusWith(4 * MIB);
    const actor = nucleus.actorCreate(null, { name: 'squares', privilege: 'supervisor' });
    const port = serve(nucleus, actor, MapperProtocol, {
      create: () => {
        throw new MapperFault(1);
      },
      getAccess: () => {
        throw new MapperFault(30);
      },
      // Word n of the segment is n * n. One page at a time, of a segment of a gigabyte.
      pullIn: ({ requiredOffset, access }) => {
        if (access !== 1) throw new MapperFault(30);
        const words = new Uint32Array(PAGE / 4).map(
          (_, index) => (requiredOffset / 4 + index) ** 2 % 2 ** 32,
        );
        const data = new Uint8Array(words.buffer);
        return {
          granted: 1,
          ordinal: 1,
          offset: requiredOffset,
          size: PAGE,
          data,
          end: 2 ** 30,
          pushed: false,
        };
      },
      pushOut: () => {
        throw new MapperFault(30);
      },
      release: () => ({}),
    });
    const guest = new Guest(nucleus);
    const segment = { ui: port.ui, key: KEY };
    nucleus.vm.rgnMap(guest.context, { start: at, size: 2 ** 30, protection: 3 }, segment, 0);
    for (const word of [3, 5000, 1_000_003, 2 ** 28 - 1]) {
      const physical = guest.context.touch(at + word * 4, 1);
      expect(nucleus.vm.site.u32[physical >>> 2]).toBe(word ** 2 % 2 ** 32);
    }
    expect(await guest.store(at, 1)).toBe(Fault.bus);
    expect(guest.vm.failure).toEqual(new MapperFault(30));
    nucleus.vm.rgnInit(guest.context, { start: at * 4, size: PAGE, protection: 3 }, segment, PAGE);
    expect(await guest.store(at * 4, 77)).toBe(1);
  });
});

describe('lcFlush', () => {
  const after: Record<FlushMode, { notes: string[]; load: string[]; store: string[] }> = {
    copyBack: { notes: ['push 0+4'], load: [], store: [] },
    writable: { notes: ['push 1+1'], load: [], store: [] },
    readable: { notes: ['push 1+1'], load: [], store: ['ask 2 1+3'] },
    freeze: { notes: ['push 1+1'], load: ['ask 1 1+3'], store: ['ask 2 1+3'] },
    noAccess: { notes: ['push 1+1'], load: ['pull 1 1+3'], store: ['ask 2 1+3'] },
  };
  it.each(FLUSH_MODES)('%s', async (mode) => {
    const { mapper, guest, map, caches, thread, request, target } = setUp();
    map();
    await guest.store(at, 1);
    await guest.vm.sgSyncAll(guest.thread);
    await guest.store(at + PAGE, 2);
    mapper.take();
    await caches.lcFlush(thread, target(), { ...request(), mode, granted: 0 });
    expect(mapper.take()).toEqual(after[mode].notes);
    expect(mapper.bytes[PAGE]).toBe(2);
    expect(await guest.load(at + PAGE)).toBe(2);
    expect(mapper.take()).toEqual(after[mode].load);
    expect(await guest.store(at + PAGE, 3)).toBe(1);
    expect(mapper.take()).toEqual(after[mode].store);
    await caches.lcFlush(thread, target(), { ...request(100), mode: 'writable', granted: 0 });
    expect(mapper.bytes[PAGE]).toBe(3);
    expect(staleEntries(guest.context)).toEqual([]);
  });

  it('of a cache that is gone is done already', async () => {
    const { mapper, guest, map, caches, thread, request, target } = setUp();
    map();
    await guest.load(at);
    const [gone, to] = [{ ...request(), size: 16 * PAGE }, target()];
    guest.exit();
    await caches.lcFlush(thread, to, { ...gone, mode: 'noAccess', granted: 0 });
    expect(mapper.take()).toEqual(['pull 1 0+16', 'release']);
    await caches.lcFlush(thread, to, { ...gone, mode: 'noAccess', granted: 0 });
    expect(mapper.take()).toEqual([]);
  });

  it('that overtakes the grant it is about makes it void', async () => {
    const { mapper, guest, map, caches, thread, request, target } = setUp();
    map();
    await guest.load(at);
    await caches.lcFlush(thread, target(), { ...request(1), mode: 'noAccess', granted: 0 });
    mapper.take();
    let open = (): void => {};
    mapper.gate = new Promise((resolve) => (open = resolve));
    mapper.ordinal = 10;
    const store = guest.store(at, 5);
    await caches.lcFlush(thread, target(), { ...request(11), mode: 'noAccess', granted: 0 });
    mapper.ordinal = 12;
    open();
    expect(await store).toBe(1);
    expect(mapper.take()).toEqual(['pull 2 0+4', 'pull 2 0+4']);
  });

  it('that is older than the grant it meets is done already', async () => {
    const { mapper, guest, map, caches, thread, request, target } = setUp();
    map();
    mapper.ordinal = 10;
    await guest.store(at, 5);
    await caches.lcSetRights(thread, target(), { ...request(9), rights: 0 });
    expect(await guest.load(at)).toBe(5);
    await caches.lcSetRights(thread, target(), { ...request(11), rights: 0 });
    expect(await guest.load(at)).toBe(10);
  });

  it('leaves a page that came for a thread until the thread has had it', async () => {
    const { mapper, guest, map, caches, thread, request, target } = setUp();
    map();
    expect(await guest.context.fault(at, 2, guest.thread)).toBe(1);
    let done = false;
    const flush = { ...request(11), mode: 'noAccess' as const, granted: 0 };
    void Promise.resolve(caches.lcFlush(thread, target(), flush)).then(() => (done = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(done).toBe(false);
    expect(guest.context.touch(at, 2)).toBeGreaterThan(0);
    await expect.poll(() => done).toBe(true);
    expect(mapper.take()).toEqual(['pull 2 0+16', 'push 0+1']);
    // One that does not come is not waited for long.
    expect(await guest.context.fault(at, 2, guest.thread)).toBe(1);
    await caches.lcFlush(thread, target(), { ...flush, ordinal: 12 });
  });

  it('waits for the grant when it is told of it', async () => {
    const { mapper, guest, map, caches, thread, request, target } = setUp();
    map();
    await guest.load(at);
    await caches.lcFlush(thread, target(), { ...request(1), mode: 'noAccess', granted: 0 });
    let open = (): void => {};
    mapper.gate = new Promise((resolve) => (open = resolve));
    mapper.ordinal = 10;
    const store = guest.store(at, 5);
    const flushed = caches.lcFlush(thread, target(), { ...request(11), mode: 'noAccess', granted: 10 });
    mapper.take();
    open();
    expect(await store).toBe(1);
    await flushed;
    expect(mapper.take()).toEqual(['push 0+1']);
    expect(mapper.bytes[0]).toBe(5);
  });
});

describe('other calls of a mapper', () => {
  it('lcSetRights grants and takes rights of what is here', async () => {
    const { mapper, guest, map, caches, thread, request, target } = setUp();
    map();
    await guest.load(at);
    mapper.take();
    await caches.lcSetRights(thread, target(), { ...request(2), rights: 2 });
    expect(await guest.store(at, 4)).toBe(1);
    expect(mapper.take()).toEqual([]);
    await caches.lcSetRights(thread, target(), { ...request(3), rights: 1 });
    expect(await guest.load(at)).toBe(4);
    expect(await guest.store(at, 5)).toBe(1);
    expect(mapper.take()).toEqual(['ask 2 0+16']);
  });

  it('lcTrunc ends the segment: the tail is zero, pages beyond are gone', async () => {
    const { mapper, guest, map, caches, thread, request, target } = setUp();
    map();
    for (let page = 0; page < 4; page++) await guest.store(at + page * PAGE + 200, 50 + page);
    mapper.end = PAGE + 100;
    await caches.lcTrunc(thread, target(), { ...request(2), offset: PAGE + 100 });
    expect(await guest.load(at + PAGE + 99)).toBe(11);
    expect(await guest.load(at + PAGE + 200)).toBe(0);
    expect(await guest.load(at + 2 * PAGE)).toBe(Fault.bus);
    mapper.take();
    await guest.vm.sgSyncAll(guest.thread);
    expect(mapper.take()).toEqual([`push 0+${(PAGE + 100) / PAGE}`]);
    const into = new Uint8Array(2 * PAGE);
    expect(await guest.vm.sgRead(guest.thread, mapper.segment, 50, into)).toBe(PAGE + 50);
    mapper.end = 3 * PAGE;
    await caches.lcTrunc(thread, target(), { ...request(3), offset: 3 * PAGE });
    expect(await guest.vm.sgRead(guest.thread, mapper.segment, 0, into)).toBe(2 * PAGE);
  });

  it('lcFillZero gives pages of zeros without sending any', async () => {
    const { mapper, guest, map, caches, thread, request, target } = setUp();
    map();
    await guest.load(at + PAGE);
    mapper.take();
    await caches.lcFillZero(thread, target(), request(2));
    expect(await guest.load(at)).toBe(0);
    expect(await guest.store(at + PAGE, 7)).toBe(1);
    expect(mapper.take()).toEqual([]);
    await guest.vm.vmFlush(guest.context, at, 4 * PAGE, guest.thread);
    expect(mapper.take()).toEqual(['push 0+4']);
    expect(mapper.bytes.slice(0, 2 * PAGE).reduce((sum, byte) => sum + byte, 0)).toBe(7);
  });

  it('lcPushData sends pages from cache to cache', async () => {
    joined = await joinedSites(2, { limits: { memoryBytes: MIB } });
    const [one, two] = [joined[0]!.nucleus, joined[1]!.nucleus];
    const mapper = new NotingMapper(one);
    const [first, second] = [new Guest(one), new Guest(two)];
    for (const { vm, context } of [first, second]) {
      vm.rgnMap(context, { start: at, size: PAGE, protection: 3 }, mapper.segment, 0);
    }
    await first.store(at, 123);
    const source = mapper.cache;
    mapper.pushed = true;
    let open = (): void => {};
    mapper.gate = new Promise((resolve) => (open = resolve));
    const load = second.load(at);
    await expect.poll(() => mapper.cache.ui).not.toBe(source.ui);
    const caches = client(one, CacheProtocol);
    const range = { key: source.key, offset: 0, size: PAGE, ordinal: 5 };
    const request = { ...range, mode: 'noAccess' as const, target: mapper.cache };
    expect(await caches.lcPushData(userThread(one), { target: source.ui }, request)).toEqual({
      missing: false,
    });
    open();
    expect(await load).toBe(123);
    expect(one.vm.sgStat(mapper.segment)?.pages ?? 0).toBe(15);
    mapper.pushed = false;
    await two.vm.sgSyncAll(second.thread);
    expect(mapper.bytes[0]).toBe(123);
  });
});

describe('a mapper that misbehaves', () => {
  it.each([
    ['grants less than it was asked for', (mapper: NotingMapper) => (mapper.granted = 0)],
    ['says that data was pushed, which was not', (mapper: NotingMapper) => (mapper.pushed = true)],
    ['has no such page', (mapper: NotingMapper) => (mapper.end = 0)],
  ])('%s: a bus fault, no hang', async (_name, spoil) => {
    const { mapper, guest, map } = setUp();
    map();
    spoil(mapper);
    expect(await guest.load(at)).toBe(Fault.bus);
    expect(await guest.store(at, 1)).toBe(Fault.bus);
  });
});
