/**
 * Memory contexts: the address space of one user actor. Regions, by address; one page table for all volatile
 * pages; a TLB block that the processor reads. It dies with its actor.
 *
 * `touch` is the whole fault path of a page that is here, and allocates nothing. `fault` waits for one that
 * is not.
 */
import type { Actor } from '../actors/actor.ts';
import type { Awaitable } from '../awaitable.ts';
import type { Thread } from '../executive/thread.ts';
import type { MemoryCore } from './core.ts';
import { resolve } from './fault.ts';
import type { Frames } from './frames.ts';
import type { PageOwner } from './pager.ts';
import { PageTable, SLOT } from './pages.ts';
import { Region, RegionKind, RegionList } from './region.ts';
import { Access, Fault, PAGE_BYTES, type SiteMemory, USER_TOP } from './site-memory.ts';
import { TLB_BYTES, TLB_READ, TLB_TABLE_BYTES, TLB_WRITE, tlbDrop, tlbFill, tlbFlush } from './tlb.ts';

/** From so many pages on, a shoot-down flushes the whole TLB instead of page by page. */
const FLUSH_PAGES = 64;

/** What one address space may use, bytes. Passing one is K_ENOMEM, or Fault.memory at an access. */
export interface ContextLimits {
  /** Sum of the regions' sizes. */
  mappedBytes: number;
  /** Volatile pages that have a frame. */
  residentBytes: number;
}

export class MemoryContext implements PageOwner {
  readonly actor: Actor;
  readonly mapped = null;
  readonly vm: MemoryCore;
  readonly site: SiteMemory;
  readonly frames: Frames;
  /** Byte address of the TLB block in site memory. */
  readonly tlb: number;
  readonly regions = new RegionList();
  /** Volatile pages, by guest page. */
  readonly pages: PageTable;
  readonly limits: ContextLimits = { mappedBytes: USER_TOP, residentBytes: Number.POSITIVE_INFINITY };
  /** Sum of the regions' sizes. */
  mappedBytes = 0;
  /** Sum of the sizes of locked regions. */
  lockedBytes = 0;
  deleted = false;
  /** The region used last; an empty one when that is gone. */
  private last: Region;
  private readonly nowhere: Region;

  /** Throws K_ENOMEM when there is no room for the TLB. */
  constructor(vm: MemoryCore, actor: Actor) {
    this.actor = actor;
    this.vm = vm;
    this.site = vm.site;
    this.frames = vm.site.frames;
    this.pages = new PageTable(this.frames, vm.swap);
    this.tlb = this.site.allocateRun(TLB_BYTES);
    tlbFlush(this.site, this.tlb);
    this.nowhere = new Region(this, 0, 0, {
      kind: RegionKind.anonymous,
      cache: null,
      shift: 0,
      protection: 0,
      inherit: 'none',
      locked: false,
      growsDown: false,
      opaque: undefined,
    });
    this.last = this.nowhere;
  }

  /**
   * The physical address of guest address `va` for an access (1 read, 2 write, 4 execute), when it can be had
   * without waiting; else a Fault code ≤ 0. Fills the TLB entry of a read or write; the entry of an execute
   * is the processor's, who alone knows where its decoded instructions are. The address is good until the
   * turn ends, but not for more than the seven touches that follow (Pager.touched).
   */
  touch(va: number, access: number): number {
    let region = this.last;
    if (!(va >= region.start && va < region.end)) {
      const found = this.regions.find(va);
      if (found === undefined) return Fault.unmapped;
      this.last = region = found;
    }
    if ((region.rights & access) === 0) return Fault.protection;
    if (this.frames.available < this.vm.pager.lowFrames) this.vm.pager.makeRoom();
    const page = (va / PAGE_BYTES) | 0;
    const write = access === Access.write;
    const frame = resolve(this, region, page, write ? 1 : 0);
    if (frame <= 0) return frame;
    this.vm.pager.touched(frame);
    if (access !== Access.execute) this.fill(region, page, frame, write);
    return frame * PAGE_BYTES + (va & (PAGE_BYTES - 1));
  }

  private fill(region: Region, page: number, frame: number, write: boolean): void {
    const va = page * PAGE_BYTES;
    const addend = (frame * PAGE_BYTES - va) | 0;
    if (write) {
      if (this.frames.code[frame] !== 0) this.frames.codeChanged(frame);
      tlbFill(this.site, this.tlb, TLB_WRITE, va, addend);
    }
    if ((region.rights & Access.read) !== 0) tlbFill(this.site, this.tlb, TLB_READ, va, addend);
  }

  /**
   * Waits until the page of `va` can be touched: 1, or the Fault code of what stands against it. A signal may
   * end the wait: K_EABORT. The page may be gone again when the caller comes to it: then it faults again.
   */
  fault(va: number, access: number, thread: Thread): Awaitable<number> {
    const result = this.touch(va, access);
    if (result === Fault.absent) return this.vm.awaited.wait(thread);
    return result > 0 ? 1 : result;
  }

  /** A frame for a volatile page, or a Fault code. */
  take(dirty: boolean): number {
    if (this.pages.resident * PAGE_BYTES >= this.limits.residentBytes) return Fault.memory;
    return this.vm.pager.take(dirty);
  }

  /** Puts a volatile page in place of what was shown at its address. */
  replace(page: number, entry: number): void {
    this.pages.set(page, entry);
    tlbDrop(this.site, this.tlb, page * PAGE_BYTES);
  }

  isPinned(page: number): boolean {
    return this.lockedBytes > 0 && this.regions.find(page * PAGE_BYTES)?.locked === true;
  }

  unmap(page: number): void {
    tlbDrop(this.site, this.tlb, page * PAGE_BYTES);
  }

  /** Clears the TLB entries of [start, end). */
  shootDown(start: number, end: number): void {
    if (end - start > FLUSH_PAGES * PAGE_BYTES) tlbFlush(this.site, this.tlb);
    else for (let va = start; va < end; va += PAGE_BYTES) tlbDrop(this.site, this.tlb, va);
  }

  /** Clears all entries for writing: after a deferred copy. */
  shootDownWrites(): void {
    tlbFlush(this.site, this.tlb, TLB_WRITE, TLB_TABLE_BYTES);
  }

  /** Must follow every change of the region list. */
  forgetRegion(): void {
    this.last = this.nowhere;
  }

  /** Bytes of frames that the regions show. */
  get residentBytes(): number {
    let pages = this.pages.resident;
    for (const { cache, shift, start, end } of this.regions.all) {
      if (cache === null) continue;
      cache.pages.forEach(start / PAGE_BYTES + shift, end / PAGE_BYTES + shift, (page, entry) => {
        if ((entry & SLOT) === 0 && this.pages.get(page - shift) === 0) pages += 1;
      });
    }
    return pages * PAGE_BYTES;
  }

  /** Ends the address space. */
  delete(): void {
    if (this.deleted) return;
    this.deleted = true;
    for (const region of this.regions.all.splice(0)) region.cache?.unmapped(region);
    this.forgetRegion();
    this.pages.clear(0, USER_TOP / PAGE_BYTES);
    this.site.freeRun(this.tlb, TLB_BYTES);
    this.vm.pager.framesFreed();
  }
}
