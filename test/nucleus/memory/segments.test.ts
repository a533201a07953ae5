import { describe, expect, it } from 'vitest';
import { Fault } from '../../../nucleus/memory/site-memory.ts';
import { Guest, MIB, nucleusWith, PAGE, PlainMapper, staleEntries } from './support.ts';

function setUp() {
  const nucleus = nucleusWith(16 * MIB);
  const mapper = new PlainMapper(nucleus);
  const guest = new Guest(nucleus);
  return { nucleus, vm: nucleus.vm, mapper, guest };
}

const letters = (bytes: number): Uint8Array =>
  new Uint8Array(bytes).map((_, at) => 1 + ((at * 7 + (at >> 12)) % 250));
const at = 0x4000_0000;

describe('mapped segments', () => {
  it('shows the bytes of the segment, in one call for a cluster, and the end', async () => {
    const { vm, mapper, guest } = setUp();
    const bytes = letters(40 * PAGE + 100);
    const segment = mapper.segment(bytes);
    vm.rgnMap(guest.context, { start: at, size: 64 * PAGE, protection: 3 }, segment, 0);
    expect(guest.context.touch(at, 1)).toBeGreaterThan(0);
    for (let page = 0; page < 16; page++)
      expect(await guest.load(at + page * PAGE + 5)).toBe(bytes[page * PAGE + 5]);
    expect(mapper.calls).toEqual(['pullIn']);
    expect(await guest.load(at + 40 * PAGE + 99)).toBe(bytes[40 * PAGE + 99]);
    expect(await guest.load(at + 40 * PAGE + 100)).toBe(0);
    expect(await guest.load(at + 41 * PAGE)).toBe(Fault.bus);
    expect(await guest.store(at + 41 * PAGE, 1)).toBe(Fault.bus);
  });

  it('shares one cache between regions, actors, sgRead and sgWrite; pushes what is dirty', async () => {
    const { nucleus, vm, mapper, guest } = setUp();
    const other = new Guest(nucleus, 'other');
    const segment = mapper.segment(letters(8 * PAGE));
    vm.rgnMap(guest.context, { start: at, size: 8 * PAGE, protection: 3 }, segment, 0);
    vm.rgnMap(other.context, { start: at * 2, size: 4 * PAGE, protection: 1 }, segment, 2 * PAGE);
    expect(await guest.store(at + 3 * PAGE, 99)).toBe(1);
    expect(await other.load(at * 2 + PAGE)).toBe(99);
    const buffer = new Uint8Array(3);
    expect(vm.sgRead(guest.thread, segment, 3 * PAGE - 1, buffer)).toBe(3);
    expect(buffer[1]).toBe(99);
    expect(vm.sgWrite(guest.thread, segment, 8 * PAGE - 2, new Uint8Array([1, 2, 3]))).toBe(2);
    expect(await guest.load(at + 8 * PAGE - 1)).toBe(2);
    expect(mapper.bytes(segment.key)[3 * PAGE]).not.toBe(99);
    await vm.sgSyncAll(guest.thread);
    expect(mapper.bytes(segment.key)[3 * PAGE]).toBe(99);
    expect(mapper.bytes(segment.key)[8 * PAGE - 1]).toBe(2);
    expect(vm.sgStat(segment)).toMatchObject({ dirtyPages: 0, regions: 2, pages: 6, end: 8 * PAGE });
  });

  it('initialises private regions, which copy a page when it is written', async () => {
    const { vm, mapper, guest } = setUp();
    const bytes = letters(4 * PAGE);
    const segment = mapper.segment(bytes.slice());
    vm.rgnInit(guest.context, { start: at, size: 4 * PAGE, protection: 3 }, segment, 0);
    expect(await guest.load(at + 7)).toBe(bytes[7]);
    expect(await guest.store(at + 7, 200)).toBe(1);
    expect(await guest.load(at + 7)).toBe(200);
    expect(await guest.load(at + 8)).toBe(bytes[8]);
    await vm.sgWrite(guest.thread, segment, PAGE, new Uint8Array([77]));
    expect(await guest.load(at + PAGE)).toBe(77);
    expect(mapper.bytes(segment.key)[7]).toBe(bytes[7]);
    expect(staleEntries(guest.context)).toEqual([]);
  });

  it('waits for a mapper that takes its time, once for all who need the page', async () => {
    const { nucleus, vm, mapper, guest } = setUp();
    const other = new Guest(nucleus, 'other');
    const segment = mapper.segment(letters(4 * PAGE));
    for (const { context } of [guest, other])
      vm.rgnMap(context, { start: at, size: PAGE, protection: 3 }, segment, 0);
    let open = (): void => {};
    mapper.gate = new Promise((resolve) => (open = resolve));
    expect(guest.context.touch(at, 1)).toBe(Fault.absent);
    const loads = Promise.all([guest.load(at), other.load(at)]);
    const aborted = guest.nucleus.threadCreate(guest.actor);
    const wait = Promise.resolve(guest.context.fault(at, 1, aborted));
    aborted.abort();
    await expect(wait).rejects.toThrow('K_EABORT');
    open();
    expect(await loads).toEqual([1, 1]);
    expect(mapper.calls).toEqual(['pullIn']);
  });

  it('passes a mapper’s diag on, and ends with a bus fault', async () => {
    const { vm, mapper, guest } = setUp();
    const segment = mapper.segment(letters(PAGE));
    vm.rgnMap(guest.context, { start: at, size: PAGE, protection: 3 }, segment, 0);
    mapper.broken = 28;
    expect(await guest.load(at)).toBe(Fault.bus);
    expect(() => vm.sgRead(guest.thread, segment, 0, new Uint8Array(1))).toThrow('mapper: 28');
    mapper.broken = 0;
    expect(await guest.store(at, 5)).toBe(1);
    mapper.broken = 28;
    expect(() => vm.vmFlush(guest.context, at, PAGE, guest.thread)).toThrow('mapper: 28');
    mapper.broken = 0;
    await vm.vmFlush(guest.context, at, PAGE, guest.thread);
    expect(mapper.bytes(segment.key)[0]).toBe(5);
  });
});
