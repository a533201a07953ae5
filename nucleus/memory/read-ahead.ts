/**
 * How many pages are asked of a mapper on another site at once: few at first, and twice as many each time
 * that a pull begins where the last one ended, up to a cluster. Who reads in order so gets whole clusters;
 * who jumps about does not wait for pages that nobody asked for. A mapper on this site always gives a
 * cluster.
 */
import { CLUSTER_BYTES } from './mapper-protocol.ts';
import { PAGE_BYTES } from './site-memory.ts';

export const CLUSTER_PAGES = CLUSTER_BYTES / PAGE_BYTES;
/** The first pull of a run. */
export const FIRST_PAGES = 4;

export class ReadAhead {
  private next = -1;
  private pages = FIRST_PAGES;

  /** The pages to ask for from `page` on. */
  window(page: number): number {
    this.pages = page === this.next ? Math.min(CLUSTER_PAGES, this.pages * 2) : FIRST_PAGES;
    return this.pages;
  }

  /** What was asked for ends there. */
  pulled(to: number): void {
    this.next = to;
  }
}
