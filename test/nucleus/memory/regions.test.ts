import { describe, expect, it } from 'vitest';
import { Access, Fault, USER_TOP } from '../../../nucleus/memory/site-memory.ts';
import { TLB_EXECUTE, tlbEntryOffset, tlbFill } from '../../../nucleus/memory/tlb.ts';
import { Guest, MIB, nucleusWith, PAGE, PlainMapper, staleEntries } from './support.ts';

const at = 0x4000_0000;

function setUp() {
  const nucleus = nucleusWith(8 * MIB);
  const guest = new Guest(nucleus);
  const { vm } = nucleus;
  const shape = (who = guest) =>
    vm
      .rgnList(who.context)
      .map(({ start, size, protection }) => `${(start - at) / PAGE}+${size / PAGE} ${protection}`);
  return { nucleus, vm, guest, shape };
}

describe('regions', () => {
  it('split where their attributes change, and grow together where they do not differ', () => {
    const { vm, guest, shape } = setUp();
    vm.rgnAllocate(guest.context, { start: at, size: 10 * PAGE, protection: 3 });
    vm.rgnAllocate(guest.context, { start: at + 10 * PAGE, size: 10 * PAGE, protection: 3 });
    expect(shape()).toEqual(['0+20 3']);
    vm.rgnSetProtect(guest.context, at + 5 * PAGE, 5 * PAGE, 1);
    expect(shape()).toEqual(['0+5 3', '5+5 1', '10+10 3']);
    vm.rgnFree(guest.context, at + 7 * PAGE, PAGE);
    expect(shape()).toEqual(['0+5 3', '5+2 1', '8+2 1', '10+10 3']);
    vm.rgnAllocate(guest.context, { start: at + 7 * PAGE, size: 1, protection: 1 });
    vm.rgnSetProtect(guest.context, at, 20 * PAGE, 3);
    expect(shape()).toEqual(['0+20 3']);
    vm.rgnSetOpaque(guest.context, at + PAGE, PAGE, 'label');
    expect(vm.rgnStat(guest.context, at + PAGE + 5)).toMatchObject({
      start: at + PAGE,
      size: PAGE,
      opaque: 'label',
    });
    expect(guest.context.mappedBytes).toBe(20 * PAGE);
  });

  it('of a segment keep their place in it', () => {
    const { nucleus, vm, guest } = setUp();
    const segment = new PlainMapper(nucleus).segment(new Uint8Array(20 * PAGE));
    vm.rgnMap(guest.context, { start: at, size: 10 * PAGE, protection: 1 }, segment, 4 * PAGE);
    vm.rgnFree(guest.context, at, 3 * PAGE);
    expect(vm.rgnStat(guest.context, 0)).toMatchObject({
      start: at + 3 * PAGE,
      offset: 7 * PAGE,
      kind: 'shared',
    });
    vm.rgnMap(guest.context, { start: at + 10 * PAGE, size: 2 * PAGE, protection: 1 }, segment, 14 * PAGE);
    vm.rgnMap(guest.context, { start: at + 12 * PAGE, size: 2 * PAGE, protection: 1 }, segment, 14 * PAGE);
    expect(vm.rgnList(guest.context).map(({ size }) => size / PAGE)).toEqual([9, 2]);
    expect(vm.identify(guest.context, at + 12 * PAGE)).toEqual(vm.identify(guest.context, at + 10 * PAGE));
    expect(vm.identify(guest.context, at)).toBeUndefined();
  });

  it('are placed below `top`, highest place first, and where they were wished when it is free', () => {
    const { vm, guest } = setUp();
    const place = (size: number, start?: number) =>
      vm.rgnAllocate(guest.context, {
        anywhere: true,
        top: at,
        size: size * PAGE,
        protection: 3,
        ...(start === undefined ? {} : { start }),
      });
    expect(place(2)).toBe(at - 2 * PAGE);
    expect(place(3)).toBe(at - 5 * PAGE);
    vm.rgnFree(guest.context, at - 2 * PAGE, 2 * PAGE);
    expect(place(3)).toBe(at - 8 * PAGE);
    expect(place(1)).toBe(at - PAGE);
    expect(place(1, at + PAGE)).toBe(at + PAGE);
    expect(place(1, at + PAGE)).toBe(at - 2 * PAGE);
    expect(place(1, at + 123)).toBe(at - 9 * PAGE);
  });

  it('are refused for bad places, sizes and protections', () => {
    const { vm, guest } = setUp();
    const make = (options: object) => () =>
      vm.rgnAllocate(guest.context, { size: PAGE, protection: 3, ...options });
    for (const start of [-PAGE, 5, Number.NaN, USER_TOP, USER_TOP - PAGE / 2, 1e300]) {
      expect(make({ start })).toThrow('K_EINVAL');
    }
    expect(make({ start: at, size: 0 })).toThrow('K_EINVAL');
    expect(make({ start: at, size: Number.NaN })).toThrow('K_EINVAL');
    expect(make({ start: at, size: USER_TOP })).toThrow('K_EINVAL');
    expect(make({ anywhere: true, size: USER_TOP })).toThrow('K_ENOMEM');
    expect(make({ start: at, protection: 8 })).toThrow('K_EINVAL');
    make({ start: at })();
    expect(make({ start: at })).toThrow('K_EBUSY');
    expect(() => vm.rgnSetProtect(guest.context, at, 2 * PAGE, 1)).toThrow('K_EINVAL');
    expect(() => vm.rgnFree(guest.context, at + 1, PAGE)).toThrow('K_EINVAL');
  });

  it('end with their actor, and its address space answers that nothing is mapped', async () => {
    const { nucleus, vm, guest } = setUp();
    const before = vm.site.frames.available;
    const other = new Guest(nucleus, 'other');
    vm.rgnAllocate(other.context, { start: at, size: 100 * PAGE, protection: 3 });
    for (let page = 0; page < 100; page++) await other.store(at + page * PAGE, 1);
    other.exit();
    expect(other.context.touch(at, Access.read)).toBe(Fault.unmapped);
    expect(() => vm.rgnAllocate(other.context, { start: at, size: PAGE, protection: 3 })).toThrow(
      'K_EUNKNOWN',
    );
    new Guest(nucleus, 'third');
    expect(before - vm.site.frames.available).toBe(6);
    expect(guest.context.deleted).toBe(false);
  });
});

describe('accesses', () => {
  it('fault by the region: unmapped, protection; writing implies reading', async () => {
    const { vm, guest } = setUp();
    vm.rgnAllocate(guest.context, { start: at, size: PAGE, protection: 0 });
    for (const va of [0, at - 1, at + PAGE, -1, -(2 ** 40), USER_TOP, 2 ** 63, Number.NaN]) {
      for (const access of [1, 2, 4]) expect(guest.context.touch(va, access)).toBe(Fault.unmapped);
    }
    const rights = { 0: [], 1: [1], 2: [1, 2], 3: [1, 2], 4: [4], 5: [1, 4], 7: [1, 2, 4] };
    for (const [protection, allowed] of Object.entries(rights)) {
      vm.rgnSetProtect(guest.context, at, PAGE, Number(protection));
      for (const access of [1, 2, 4]) {
        const result = guest.context.touch(at + 7, access);
        if ((allowed as number[]).includes(access)) expect(result % PAGE).toBe(7);
        else expect(result).toBe(Fault.protection);
      }
    }
  });

  it('share the zero page until something is written', async () => {
    const { vm, guest } = setUp();
    vm.rgnAllocate(guest.context, { start: at, size: 500 * PAGE, protection: 3 });
    const before = vm.site.frames.available;
    for (let page = 0; page < 500; page++) expect(await guest.load(at + page * PAGE)).toBe(0);
    expect(vm.site.frames.available).toBe(before);
    expect(await guest.store(at, 5)).toBe(1);
    expect(await guest.load(at)).toBe(5);
    expect(await guest.load(at + PAGE)).toBe(0);
    expect([...vm.residence(guest.context, at, 2 * PAGE)]).toEqual([1, 0]);
  });

  it('tell who keeps decoded instructions of a frame when it is about to change', async () => {
    const { nucleus, vm, guest } = setUp();
    const changed: number[] = [];
    const { frames } = vm.site;
    frames.codeChanged = (frame) => {
      changed.push(frame);
      frames.code[frame] = 0;
    };
    vm.rgnAllocate(guest.context, { start: at, size: 2 * PAGE, protection: 7 });
    await guest.store(at, 1);
    const frame = Math.floor(guest.context.touch(at, Access.execute) / PAGE);
    vm.site.frames.code[frame] = 1;
    const child = new Guest(nucleus, 'child');
    vm.rgnDup(child.context, guest.context);
    expect(await child.store(at, 2)).toBe(1);
    expect(changed).toEqual([]);
    expect(await guest.store(at, 3)).toBe(1);
    expect(changed).toEqual([frame]);
    frames.code[frame] = 1;
    vm.rgnFree(guest.context, at, PAGE);
    expect(changed).toEqual([frame, frame]);
  });
});

describe('the execute table of the TLB', () => {
  it('loses a page that is replaced, protected, freed or lent to a child that writes', async () => {
    const { nucleus, vm, guest } = setUp();
    const { site } = vm;
    const holds = ({ context }: Guest): boolean => {
      const entry = (context.tlb + TLB_EXECUTE + tlbEntryOffset(at)) >>> 2;
      return site.i32[entry] === at;
    };
    // As the processor does after touch(va, 4).
    const execute = (who: Guest): void => {
      expect(who.context.touch(at, Access.execute)).toBeGreaterThan(0);
      tlbFill(site, who.context.tlb, TLB_EXECUTE, at, 1);
      expect(holds(who)).toBe(true);
    };
    vm.rgnAllocate(guest.context, { start: at, size: PAGE, protection: 7 });
    execute(guest);
    await guest.store(at, 1);
    expect(holds(guest)).toBe(false);
    execute(guest);
    vm.rgnSetProtect(guest.context, at, PAGE, 3);
    expect(holds(guest)).toBe(false);
    vm.rgnSetProtect(guest.context, at, PAGE, 7);
    const child = new Guest(nucleus, 'child');
    vm.rgnDup(child.context, guest.context);
    execute(child);
    await child.store(at, 2);
    expect(holds(child)).toBe(false);
    execute(guest);
    vm.rgnFree(guest.context, at, PAGE);
    expect(holds(guest)).toBe(false);
  });
});

describe('fork', () => {
  it('costs no frame until somebody writes, however often and in whatever order they die', async () => {
    const { nucleus, vm, guest } = setUp();
    vm.rgnAllocate(guest.context, { start: at, size: 50 * PAGE, protection: 3 });
    for (let page = 0; page < 50; page++) await guest.store(at + page * PAGE, page);
    let parent = guest;
    for (let generation = 0; generation < 50; generation++) {
      const child = new Guest(nucleus, `g${generation}`);
      const before = vm.site.frames.available;
      vm.rgnDup(child.context, parent.context);
      expect(vm.site.frames.available).toBe(before);
      parent.exit();
      expect(await child.store(at, generation)).toBe(1);
      parent = child;
    }
    // The last owner is alone again: it writes in place.
    const before = vm.site.frames.available;
    for (let page = 0; page < 50; page++) {
      expect(await parent.load(at + page * PAGE)).toBe(page === 0 ? 49 : page);
      await parent.store(at + page * PAGE, 1);
    }
    expect(vm.site.frames.available).toBe(before);
  });

  it('takes the parent’s right to write from the TLB', async () => {
    const { nucleus, vm, guest } = setUp();
    vm.rgnAllocate(guest.context, { start: at, size: PAGE, protection: 3 });
    await guest.store(at, 1);
    expect(guest.tlb(at, Access.write)).toBeDefined();
    const child = new Guest(nucleus, 'child');
    vm.rgnDup(child.context, guest.context);
    expect(guest.tlb(at, Access.write)).toBeUndefined();
    await guest.store(at, 2);
    expect(await child.load(at)).toBe(1);
    expect(staleEntries(guest.context)).toEqual([]);
  });

  it('refuses a target that has regions', () => {
    const { nucleus, vm, guest } = setUp();
    const child = new Guest(nucleus, 'child');
    vm.rgnAllocate(child.context, { start: at, size: PAGE, protection: 3 });
    expect(() => vm.rgnDup(child.context, guest.context)).toThrow('K_EINVAL');
  });
});

describe('moving and copying', () => {
  it('moves pages without copying, to a larger place, and can leave the old one', async () => {
    const { vm, guest } = setUp();
    vm.rgnAllocate(guest.context, { start: at, size: 4 * PAGE, protection: 3 });
    for (let page = 0; page < 4; page++) await guest.store(at + page * PAGE, 10 + page);
    const before = vm.site.frames.available;
    const to = vm.rgnMove(guest.context, at, 4 * PAGE, { anywhere: true, top: at, size: 6 * PAGE });
    expect(vm.site.frames.available).toBe(before);
    expect(await guest.load(to + 3 * PAGE)).toBe(13);
    expect(await guest.load(to + 5 * PAGE)).toBe(0);
    expect(await guest.load(at)).toBe(Fault.unmapped);
    vm.rgnMove(guest.context, to, 2 * PAGE, { start: at, size: 2 * PAGE }, true);
    expect(await guest.load(at + PAGE)).toBe(11);
    expect(await guest.load(to + PAGE)).toBe(0);
    expect(guest.context.mappedBytes).toBe(8 * PAGE);
    expect(vm.rgnGrow(guest.context, at, 2 * PAGE, 3 * PAGE)).toBe(true);
    expect(vm.rgnGrow(guest.context, to, 6 * PAGE, 4096 * PAGE)).toBe(false);
  });

  it('vmCopy copies between address spaces, whatever the alignment', async () => {
    const { nucleus, vm, guest } = setUp();
    const other = new Guest(nucleus, 'other');
    const bytes = new Uint8Array(4 * PAGE).map((_, index) => index * 13);
    const segment = new PlainMapper(nucleus).segment(bytes);
    vm.rgnMap(guest.context, { start: at, size: 4 * PAGE, protection: 1 }, segment, 0);
    vm.rgnAllocate(other.context, { start: at, size: 4 * PAGE, protection: 3 });
    await vm.vmCopy(guest.thread, guest.context, at + 100, other.context, at + 4000, 2 * PAGE);
    for (const offset of [0, 95, 96, 4000, 8191]) {
      expect(await other.load(at + 4000 + offset)).toBe(bytes[100 + offset]);
    }
    await expect(
      Promise.resolve().then(() => vm.vmCopy(guest.thread, other.context, at, guest.context, at, 8)),
    ).rejects.toThrow('K_EFAULT');
  });

  it('lcOpen pins a cache, for trusted threads only', async () => {
    const { nucleus, vm, guest } = setUp();
    const mapper = new PlainMapper(nucleus);
    const segment = mapper.segment(new Uint8Array(PAGE).fill(6));
    expect(() => vm.lcOpen(guest.thread, segment)).toThrow('K_EPRIV');
    const thread = nucleus.threadCreate(nucleus.kernel);
    const li = vm.lcOpen(thread, segment);
    const buffer = new Uint8Array(2);
    expect(await vm.lcRead(thread, li, 3, buffer)).toBe(2);
    expect(await vm.lcWrite(thread, li, 3, new Uint8Array([9]))).toBe(1);
    expect(vm.lcStat(li)).toMatchObject({ pages: 1, dirtyPages: 1 });
    expect(vm.lcCap(li).key).toMatch(/^[0-9a-f]{16}$/);
    await vm.sgFlush(thread, segment, 'noAccess');
    expect(vm.caches.find(segment)).toBeDefined();
    let idle = 0;
    vm.caches.of(segment).onIdle = () => (idle += 1);
    vm.lcClose(li);
    expect(idle).toBe(1);
    expect(vm.caches.find(segment)).toBeUndefined();
    expect(mapper.bytes(segment.key)[3]).toBe(9);
    expect(() => vm.lcClose(li)).toThrow('K_EUNKNOWN');
  });
});
