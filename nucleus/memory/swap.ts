/** Swap space. */

import type { PageTable, SlotReferences } from './pages.ts';
import { Fault } from './site-memory.ts';

export class Swap implements SlotReferences {
  share(_slot: number): void {}
  release(_slot: number): void {}
  pullIn(_pages: PageTable, _page: number): number {
    return Fault.bus;
  }
}
