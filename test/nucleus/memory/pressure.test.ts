import { describe, expect, it } from 'vitest';
import { Fault } from '../../../nucleus/memory/site-memory.ts';
import { Guest, MIB, nucleusWith, PAGE, PlainMapper, staleEntries } from './support.ts';

const at = 0x4000_0000;

function small(memoryBytes = MIB) {
  const nucleus = nucleusWith(memoryBytes);
  const mapper = new PlainMapper(nucleus);
  return { nucleus, vm: nucleus.vm, mapper, guest: new Guest(nucleus) };
}

describe('a working set that is larger than memory', () => {
  it.each(['at once', 'later'])('makes progress when the default mapper answers %s', async (when) => {
    const { vm, mapper, guest } = small();
    if (when === 'later') mapper.gate = Promise.resolve();
    vm.defaultMapper = mapper.port.ui;
    const pages = 700;
    vm.rgnAllocate(guest.context, { start: at, size: pages * PAGE, protection: 3 });
    for (let round = 0; round < 3; round++) {
      for (let page = 0; page < pages; page++) {
        if (round > 0) expect(await guest.load(at + page * PAGE)).toBe((page + round - 1) % 256);
        expect(await guest.store(at + page * PAGE, (page + round) % 256)).toBe(1);
      }
    }
    expect(vm.swap.usedBytes).toBeGreaterThan((pages - 256) * PAGE);
    expect(staleEntries(guest.context)).toEqual([]);
    guest.exit();
    await new Promise((resolve) => setImmediate(resolve));
    expect(vm.swap.usedBytes).toBe(0);
  });

  it('writes a shared frame once, and its owners find one another again', async () => {
    const { nucleus, vm, mapper, guest } = small();
    vm.defaultMapper = mapper.port.ui;
    vm.rgnAllocate(guest.context, { start: at, size: 64 * PAGE, protection: 3 });
    for (let page = 0; page < 64; page++) await guest.store(at + page * PAGE, page);
    const children = [1, 2, 3].map((name) => new Guest(nucleus, `child${name}`));
    for (const child of children) vm.rgnDup(child.context, guest.context);
    vm.pager.makeRoom(250);
    expect(vm.swap.usedBytes).toBe(64 * PAGE);
    expect(guest.context.pages.resident).toBe(0);
    for (let page = 0; page < 64; page++) {
      for (const each of [guest, ...children]) expect(await each.load(at + page * PAGE)).toBe(page);
    }
    const before = vm.site.frames.available;
    expect(await guest.store(at, 200)).toBe(1);
    expect(before - vm.site.frames.available).toBe(1);
    expect(await children[0]!.load(at)).toBe(0);
  });

  it('drops clean pages of segments and pushes dirty ones', async () => {
    const { vm, mapper, guest } = small();
    const segment = mapper.segment(new Uint8Array(600 * PAGE).map((_, index) => index >> 12));
    vm.rgnMap(guest.context, { start: at, size: 600 * PAGE, protection: 3 }, segment, 0);
    for (let page = 0; page < 600; page++) {
      expect(await guest.load(at + page * PAGE)).toBe(page % 256);
      if (page % 3 === 0) await guest.store(at + page * PAGE + 1, 7);
    }
    for (let page = 0; page < 600; page++) {
      expect(await guest.load(at + page * PAGE + 1)).toBe(page % 3 === 0 ? 7 : page % 256);
    }
    expect(mapper.calls).not.toContain('create');
    expect(mapper.calls).toContain('pushOut');
  });

  it('shared anonymous memory goes to swap space too', async () => {
    const { nucleus, vm, mapper, guest } = small();
    vm.defaultMapper = mapper.port.ui;
    vm.rgnAllocate(guest.context, { start: at, size: 500 * PAGE, protection: 3, inherit: 'share' });
    const child = new Guest(nucleus, 'child');
    vm.rgnDup(child.context, guest.context);
    for (let page = 0; page < 500; page++) await (page % 2 ? guest : child).store(at + page * PAGE, page);
    for (let page = 0; page < 500; page++) {
      expect(await (page % 2 ? child : guest).load(at + page * PAGE)).toBe(page % 256);
    }
  });
});

describe('exhausted memory', () => {
  it('is a fault of the access, and ends when somebody gives memory back', async () => {
    const { nucleus, vm, guest } = small();
    vm.rgnAllocate(guest.context, { start: at, size: 400 * PAGE, protection: 3 });
    let stored = 0;
    while ((await guest.store(at + stored * PAGE, 1)) === 1) stored += 1;
    expect(stored).toBeGreaterThan(200);
    expect(await guest.store(at + stored * PAGE, 1)).toBe(Fault.memory);
    expect(await guest.load(at + stored * PAGE)).toBe(0);
    expect(() => new Guest(nucleus, 'more')).toThrow('K_ENOMEM');
    vm.rgnFree(guest.context, at, 20 * PAGE);
    expect(await guest.store(at + stored * PAGE, 1)).toBe(1);
    new Guest(nucleus, 'more').exit();
  });

  it('also when the default mapper has no room, or breaks; no page is lost by that', async () => {
    const { vm, mapper, guest } = small();
    vm.defaultMapper = mapper.port.ui;
    vm.rgnAllocate(guest.context, { start: at, size: 900 * PAGE, protection: 3 });
    const content = (page: number): number => 1 + (page % 250);
    let stored = 0;
    const store = (): Promise<number> => guest.store(at + stored * PAGE, content(stored));
    while (stored < 400 && (await store()) === 1) stored += 1;
    expect(stored).toBe(400);
    mapper.broken = 28;
    while ((await store()) === 1) stored += 1;
    expect(await store()).toBe(Fault.memory);
    expect(stored).toBeLessThan(660);
    mapper.broken = 0;
    await expect.poll(store, { timeout: 5000 }).toBe(1);
    for (let page = 0; page < stored; page++) expect(await guest.load(at + page * PAGE)).toBe(content(page));
  });

  it('is K_ENOMEM for sgRead, and locked pages stay where they are', async () => {
    const { vm, mapper, guest } = small();
    const segment = mapper.segment(new Uint8Array(8 * PAGE).fill(9));
    vm.rgnAllocate(guest.context, { start: at, size: 260 * PAGE, protection: 3 });
    vm.defaultMapper = mapper.port.ui;
    await expect(
      Promise.resolve().then(() => vm.vmLock(guest.context, at, 260 * PAGE, guest.thread)),
    ).rejects.toThrow('K_ENOMEM');
    expect(() => vm.sgRead(guest.thread, segment, 0, new Uint8Array(1))).toThrow('K_ENOMEM');
    expect(vm.swap.usedBytes).toBe(0);
    vm.vmUnLock(guest.context, at, 260 * PAGE);
    expect(await vm.sgRead(guest.thread, segment, 0, new Uint8Array(1))).toBe(1);
  });

  it('of one address space is its own matter', async () => {
    const { nucleus, vm, guest } = small(4 * MIB);
    guest.context.limits.mappedBytes = 100 * PAGE;
    guest.context.limits.residentBytes = 10 * PAGE;
    vm.rgnAllocate(guest.context, { start: at, size: 60 * PAGE, protection: 3 });
    expect(() => vm.rgnAllocate(guest.context, { anywhere: true, size: 41 * PAGE, protection: 3 })).toThrow(
      'K_ENOMEM',
    );
    for (let page = 0; page < 10; page++) expect(await guest.store(at + page * PAGE, 1)).toBe(1);
    expect(await guest.store(at + 10 * PAGE, 1)).toBe(Fault.memory);
    expect(guest.context.residentBytes).toBe(10 * PAGE);
    const other = new Guest(nucleus, 'other');
    vm.rgnAllocate(other.context, { start: at, size: 60 * PAGE, protection: 3 });
    expect(await other.store(at + 50 * PAGE, 1)).toBe(1);
  });

  it('of a lost default mapper costs the pages that were there', async () => {
    const { nucleus, vm, mapper, guest } = small();
    vm.defaultMapper = mapper.port.ui;
    vm.rgnAllocate(guest.context, { start: at, size: 400 * PAGE, protection: 3 });
    for (let page = 0; page < 400; page++) await guest.store(at + page * PAGE, 1);
    for (const actor of nucleus.actors.values()) if (actor.name === 'mapper') nucleus.actorDelete(actor);
    const results = new Set<number>();
    for (let page = 0; page < 400; page++) results.add(await guest.load(at + page * PAGE));
    expect(results).toEqual(new Set([1, Fault.bus]));
  });
});
