import { describe, expect, it } from 'vitest';
import { CLUSTER_PAGES, FIRST_PAGES, ReadAhead } from '../../../nucleus/memory/read-ahead.ts';

describe('read-ahead from another site', () => {
  /** The pages asked for by faults at the first page that is not there yet, after each of these jumps. */
  const asked = (...jumps: number[]): number[] => {
    const ahead = new ReadAhead();
    let to = 0;
    return jumps.map((jump) => {
      const from = to + jump;
      const pages = ahead.window(from);
      to = from + pages;
      ahead.pulled(to);
      return pages;
    });
  };

  it('grows to a cluster for who reads in order', () => {
    expect(asked(0, 0, 0, 0)).toEqual([FIRST_PAGES, 2 * FIRST_PAGES, CLUSTER_PAGES, CLUSTER_PAGES]);
  });

  it('stays small for who jumps about', () => {
    expect(asked(9, 100, -50, 7)).toEqual([FIRST_PAGES, FIRST_PAGES, FIRST_PAGES, FIRST_PAGES]);
  });

  it('begins anew behind a jump', () => {
    expect(asked(0, 0, 0, 1, 0)).toEqual([
      FIRST_PAGES,
      2 * FIRST_PAGES,
      CLUSTER_PAGES,
      FIRST_PAGES,
      2 * FIRST_PAGES,
    ]);
  });
});
