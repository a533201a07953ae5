/**
 * A mapped file against a plain array of bytes: stores and loads through a shared mapping, a private copy,
 * reads, writes, appends, truncation, holes, fsync and memory pressure, in any order, on one site.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memoryVolume } from '../../../drivers/memfs-volume/volume.ts';
import { Fault } from '../../../nucleus/memory/site-memory.ts';
import { Falloc, O } from '../../../subsystems/unix/constants.ts';
import { Guest, nucleusWith, PAGE } from '../../nucleus/memory/support.ts';
import { bench } from './support.ts';

const AT = 0x4000_0000;
const PRESSURE_AT = 0x5000_0000;
const PAGES = 5;
const BYTES = PAGES * PAGE;
const MEMORY_BYTES = 640 * 1024;
const NO_LIMIT = Number.POSITIVE_INFINITY;

const place = fc.oneof(
  fc.integer({ min: 0, max: BYTES - 1 }),
  fc
    .integer({ min: 0, max: PAGES - 1 })
    .chain((page) => fc.integer({ min: -2, max: 2 }).map((off) => Math.max(0, page * PAGE + off))),
);
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constant('store' as const),
      at: place,
      byte: fc.integer({ min: 1, max: 255 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ op: fc.constant('load' as const), at: place }) },
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constant('write' as const),
      at: place,
      length: fc.integer({ min: 1, max: 6000 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ op: fc.constant('append' as const), length: fc.integer({ min: 1, max: 3000 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constant('read' as const),
      at: place,
      length: fc.integer({ min: 1, max: 9000 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('truncate' as const), at: place }) },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant('punch' as const),
      at: place,
      length: fc.integer({ min: 1, max: 9000 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant('zero' as const),
      at: place,
      length: fc.integer({ min: 1, max: 9000 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('fsync' as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('pressure' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** The file as it should be. */
class Model {
  bytes = new Uint8Array(0);

  resize(size: number): void {
    const next = new Uint8Array(size);
    next.set(this.bytes.subarray(0, size));
    this.bytes = next;
  }

  write(at: number, data: Uint8Array): void {
    if (at + data.length > this.bytes.length) this.resize(at + data.length);
    this.bytes.set(data, at);
  }

  /** Whether a page of the mapping is there. */
  has(at: number): boolean {
    return Math.floor(at / PAGE) * PAGE < this.bytes.length;
  }
}

function world() {
  const nucleus = nucleusWith(MEMORY_BYTES);
  const made = bench(memoryVolume(), nucleus);
  const { root } = made;
  nucleus.vm.defaultMapper = made.manager.mapperPort;
  const guest = new Guest(nucleus);
  const key = root.open('/f', O.RDWR | O.CREAT);
  const appending = root.open('/f', O.WRONLY | O.APPEND);
  const { segment } = root.now('segment', { key, access: 3 });
  guest.vm.rgnMap(guest.context, { start: AT, size: BYTES, protection: 3 }, segment, 0);
  const other = new Guest(nucleus, 'other');
  other.vm.rgnMap(other.context, { start: AT, size: BYTES, protection: 3 }, segment, 0);
  return { ...made, guest, other, key, appending };
}

/** Clean file pages are what can be given up: there is no swap space here. */
async function press(guest: Guest): Promise<void> {
  const pages = 64;
  guest.vm.rgnAllocate(guest.context, { start: PRESSURE_AT, size: pages * PAGE, protection: 3 });
  for (let page = 0; page < pages; page++) await guest.store(PRESSURE_AT + page * PAGE, 1);
  guest.vm.rgnFree(guest.context, PRESSURE_AT, pages * PAGE);
}

async function carryOut(
  made: ReturnType<typeof world>,
  model: Model,
  each: Step,
  turn: number,
): Promise<void> {
  const { root, key, appending } = made;
  const guest = turn % 2 === 0 ? made.guest : made.other;
  const data = (length: number) => new Uint8Array(length).map((_, i) => (turn * 7 + i) & 255);
  const inside = (at: number, length: number) => Math.max(0, Math.min(length, BYTES - at));
  switch (each.op) {
    case 'store': {
      const done = await guest.store(AT + each.at, each.byte);
      expect(done).toBe(model.has(each.at) ? 1 : Fault.bus);
      // What lies behind the end, in its page, is nobody's.
      if (each.at < model.bytes.length) model.bytes[each.at] = each.byte;
      return;
    }
    case 'load': {
      const seen = await guest.load(AT + each.at);
      if (each.at < model.bytes.length) expect(seen).toBe(model.bytes[each.at]);
      else if (!model.has(each.at)) expect(seen).toBe(Fault.bus);
      return;
    }
    case 'write': {
      const bytes = data(inside(each.at, each.length));
      await root.call('write', { key, data: bytes, offset: each.at, limit: NO_LIMIT });
      if (bytes.length > 0) model.write(each.at, bytes);
      return;
    }
    case 'append': {
      const bytes = data(inside(model.bytes.length, each.length));
      await root.call('write', { key: appending, data: bytes, offset: -1, limit: NO_LIMIT });
      if (bytes.length > 0) model.write(model.bytes.length, bytes);
      return;
    }
    case 'read': {
      const { data: seen } = await root.call('read', { key, max: each.length, offset: each.at });
      expect(Buffer.compare(seen, model.bytes.subarray(each.at, each.at + each.length))).toBe(0);
      return;
    }
    case 'truncate':
      await root.call('ftruncate', { key, length: each.at, limit: NO_LIMIT });
      model.resize(each.at);
      return;
    case 'punch':
    case 'zero': {
      const punch = each.op === 'punch';
      const mode = punch ? Falloc.PUNCH_HOLE | Falloc.KEEP_SIZE : Falloc.ZERO_RANGE;
      const length = inside(each.at, each.length);
      if (length === 0) return;
      await root.call('allocate', { key, mode, offset: each.at, length, limit: NO_LIMIT });
      if (punch) model.bytes.fill(0, each.at, each.at + length);
      else model.write(each.at, new Uint8Array(length));
      return;
    }
    case 'fsync':
      await root.call('fsync', { key });
      return;
    case 'pressure':
      await press(guest);
  }
}

describe('a mapped file, a byte at a time', () => {
  it('is the array of bytes that it should be', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), async (steps) => {
        const made = world();
        const model = new Model();
        for (const [turn, each] of steps.entries()) await carryOut(made, model, each, turn);
        const { data } = await made.root.call('read', { key: made.key, max: 65536, offset: 0 });
        expect(Buffer.compare(data, model.bytes)).toBe(0);
        expect(made.root.stat('/f').size).toBe(model.bytes.length);
      }),
      { numRuns: 300 },
    );
  }, 60_000);
});
