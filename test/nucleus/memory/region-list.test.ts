/** The search for free places remembers what it has seen: it must find what one without memory finds. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { MemoryContext } from '../../../nucleus/memory/context.ts';
import { Region, RegionList } from '../../../nucleus/memory/region.ts';

const PAGE = 4096;
const PAGES = 64;
const ATTRIBUTES = {
  kind: 0,
  cache: null,
  shift: 0,
  protection: 3,
  inherit: 'copy',
  locked: false,
  growsDown: false,
  opaque: undefined,
} as unknown as ConstructorParameters<typeof Region>[3];

const regionAt = (page: number, pages: number): Region =>
  new Region({} as MemoryContext, page * PAGE, (page + pages) * PAGE, ATTRIBUTES);

/** The highest free place, found page by page. */
function highest(taken: readonly boolean[], pages: number, bottom: number, top: number): number {
  for (let page = top - pages; page >= bottom; page--)
    if (!taken.slice(page, page + pages).includes(true)) return page * PAGE;
  return -1;
}

const step = fc.record({
  what: fc.constantFrom('place', 'place', 'place', 'free', 'look'),
  pages: fc.integer({ min: 1, max: 6 }),
  at: fc.nat(PAGES - 1),
  top: fc.constantFrom(PAGES, PAGES, PAGES - 8),
});

it('finds the highest free place, whatever came and went before', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const list = new RegionList();
      const taken = Array.from({ length: PAGES }, () => false);
      for (const { what, pages, at, top } of steps) {
        if (what === 'free') {
          const region = list.find(at * PAGE);
          if (!region) continue;
          list.take(region.start, region.end);
          taken.fill(false, region.start / PAGE, region.end / PAGE);
          continue;
        }
        const found = list.findFree(pages * PAGE, 2 * PAGE, top * PAGE);
        expect(found).toBe(highest(taken, pages, 2, top));
        if (what === 'look' || found < 0) continue;
        list.insert(regionAt(found / PAGE, pages));
        taken.fill(true, found / PAGE, found / PAGE + pages);
      }
    }),
    { numRuns: 500 },
  );
});
