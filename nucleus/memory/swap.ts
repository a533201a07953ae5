/**
 * Swap space: temporary segments of the default mapper (MpCreate), cut into slots of one page. Anonymous
 * pages go there when memory is short.
 *
 * Slots are reference-counted like frames, so page tables with swapped pages are copied by counting too. A
 * frame that has a true copy in a slot knows it (`frames.slot`, which is a reference), and the slot knows the
 * frame: the frame can be given up without writing it again, and the next owner of the slot that comes for it
 * shares the frame. The first write to the frame ends that. While a slot is being written (`pending`) its
 * copy is not yet true.
 */
import { type Awaitable, isPromise } from '../awaitable.ts';
import type { Thread } from '../executive/thread.ts';
import type { Capability } from '../ids/capability.ts';
import type { UI } from '../ids/ui.ts';
import type { MemoryCore } from './core.ts';
import { CLUSTER_BYTES } from './mapper-protocol.ts';
import { type PageTable, REFERENCED, SLOT, type SlotReferences, WRITABLE } from './pages.ts';
import { Fault, PAGE_BYTES } from './site-memory.ts';
import { Transfer } from './transfer.ts';

/** Slots of one temporary segment: 128 MiB. */
const SEGMENT_SLOTS = 32_768;
const CLUSTER_PAGES = CLUSTER_BYTES / PAGE_BYTES;
/** After the default mapper has failed, it is left alone for so long, ms. */
const RETRY_MS = 500;

class SwapSegment {
  readonly capability: Capability;
  readonly references = new Int32Array(SEGMENT_SLOTS);
  used = 0;
  /** Where the search for free slots goes on. */
  next = 1;
  /** Its mapper failed: nothing more goes there before this time. */
  notBeforeMs = 0;

  constructor(capability: Capability) {
    this.capability = capability;
  }

  /** A run of up to `count` free slots; slot 0 is not used, so that 0 can mean none. */
  find(count: number): { first: number; count: number } | undefined {
    for (let tried = 0; tried < SEGMENT_SLOTS; tried++) {
      const first = ((this.next + tried - 1) % (SEGMENT_SLOTS - 1)) + 1;
      let length = 0;
      while (length < count && this.references[first + length] === 0) length += 1;
      if (length === 0) continue;
      this.next = ((first + length - 1) % (SEGMENT_SLOTS - 1)) + 1;
      return { first, count: length };
    }
    return undefined;
  }
}

export class Swap implements SlotReferences {
  /** The default mapper: a port, or a group of which one member is asked. */
  mapper: UI | null = null;
  private readonly vm: MemoryCore;
  private readonly limitSlots: number;
  private readonly segments: SwapSegment[] = [];
  /** Frames that are true copies of their slots. */
  private readonly frameOf = new Map<number, number>();
  private readonly pending = new Set<number>();
  private readonly pulls = new Map<number, Transfer>();
  private creating = false;
  private notBeforeMs = 0;

  constructor(vm: MemoryCore, limitBytes: number) {
    this.vm = vm;
    this.limitSlots = Math.floor(limitBytes / PAGE_BYTES);
    vm.site.frames.slotDropped = (frame) => this.forget(frame);
  }

  /** Bytes in use. */
  get usedBytes(): number {
    return this.segments.reduce((sum, { used }) => sum + used, 0) * PAGE_BYTES;
  }

  // --- references ------------------------------------------------------------------------------------------

  private segmentOf(slot: number): SwapSegment {
    return this.segments[Math.floor(slot / SEGMENT_SLOTS)]!;
  }

  share(slot: number): void {
    this.segmentOf(slot).references[slot % SEGMENT_SLOTS]! += 1;
  }

  release(slot: number): void {
    const segment = this.segmentOf(slot);
    const at = slot % SEGMENT_SLOTS;
    segment.references[at]! -= 1;
    if (segment.references[at] === 0) segment.used -= 1;
  }

  /** A frame was written to, or ends: the slot is no copy of it any more. */
  private forget(frame: number): void {
    const { slot } = this.vm.site.frames;
    const copy = slot[frame]!;
    slot[frame] = 0;
    this.frameOf.delete(copy);
    this.release(copy);
  }

  private remember(frame: number, slot: number): void {
    this.vm.site.frames.slot[frame] = slot;
    this.frameOf.set(slot, frame);
  }

  /** The slot that truly holds what a frame holds, or 0. */
  copyOf(frame: number): number {
    const slot = this.vm.site.frames.slot[frame]!;
    return slot !== 0 && this.pending.has(slot) ? 0 : slot;
  }

  isBusy(frame: number): boolean {
    const slot = this.vm.site.frames.slot[frame]!;
    return slot !== 0 && this.pending.has(slot);
  }

  // --- writing ---------------------------------------------------------------------------------------------

  /** Up to `count` slots in a row, with a reference each; undefined when there are none now. */
  reserve(count: number): { first: number; count: number } | undefined {
    const now = this.vm.clock.monotonic();
    for (let tries = 0; tries < 2; tries++) {
      for (const [index, segment] of this.segments.entries()) {
        if (segment.notBeforeMs > now || segment.used >= SEGMENT_SLOTS - 1) continue;
        const found = segment.find(Math.min(count, this.limitSlots - this.usedBytes / PAGE_BYTES));
        if (!found) continue;
        segment.references.fill(1, found.first, found.first + found.count);
        segment.used += found.count;
        return { first: index * SEGMENT_SLOTS + found.first, count: found.count };
      }
      if (tries === 0 && !this.extend()) return undefined;
    }
    return undefined;
  }

  /** Asks the default mapper for another segment; true when it is there at once. */
  private extend(): boolean {
    const { vm, mapper } = this;
    if (mapper === null || this.creating || vm.clock.monotonic() < this.notBeforeMs) return false;
    if (this.usedBytes >= this.limitSlots * PAGE_BYTES) return false;
    const made = (reply: { segment: Capability }): void => {
      this.creating = false;
      this.segments.push(new SwapSegment(reply.segment));
      vm.pager.pushEnded();
    };
    const failed = (): void => {
      this.creating = false;
      this.notBeforeMs = vm.clock.monotonic() + RETRY_MS;
      vm.pager.pushEnded();
    };
    this.creating = true;
    vm.pager.pushBegins();
    try {
      const destination = { target: mapper, mode: 'functional' } as const;
      const reply = vm.threads.run((thread) =>
        vm.mapper.create(thread, destination, { size: SEGMENT_SLOTS * PAGE_BYTES }, { abortable: false }),
      );
      if (isPromise(reply)) {
        reply.then(made, failed);
        return false;
      }
      made(reply);
      return true;
    } catch {
      failed();
      return false;
    }
  }

  /**
   * Writes frames to slots that were reserved for them, in a row. Settles with whether it was done; the
   * copies of frames that were written to meanwhile are given up.
   */
  write(first: number, frames: readonly number[]): Awaitable<boolean> {
    const { site, threads, mapper } = this.vm;
    const data = new Uint8Array(frames.length * PAGE_BYTES);
    for (const [index, frame] of frames.entries()) {
      data.set(site.u8.subarray(frame * PAGE_BYTES, (frame + 1) * PAGE_BYTES), index * PAGE_BYTES);
      this.remember(frame, first + index);
      // One reference is the frame's, one is kept until the slot is written.
      this.share(first + index);
      this.pending.add(first + index);
    }
    const segment = this.segmentOf(first);
    const request = { ...this.names(segment), offset: (first % SEGMENT_SLOTS) * PAGE_BYTES, data };
    const ended = (done: boolean): boolean => {
      if (!done) segment.notBeforeMs = this.vm.clock.monotonic() + RETRY_MS;
      for (const [index, frame] of frames.entries()) this.written(first + index, frame, done);
      return done;
    };
    try {
      const destination = { target: segment.capability.ui, mode: 'functional' } as const;
      const reply = threads.run((thread) =>
        mapper.pushOut(thread, destination, request, { abortable: false }),
      );
      if (!isPromise(reply)) return ended(true);
      return reply.then(
        () => ended(true),
        () => ended(false),
      );
    } catch {
      return ended(false);
    }
  }

  private written(slot: number, frame: number, done: boolean): void {
    this.pending.delete(slot);
    if (!done && this.vm.site.frames.slot[frame] === slot) this.forget(frame);
    this.release(slot);
  }

  private names({ capability }: SwapSegment) {
    return { key: capability.key, cache: this.vm.caches.swapCapability };
  }

  // --- reading ---------------------------------------------------------------------------------------------

  /** Brings a page back whose entry is a slot: 1 when it is here now, or a Fault code. */
  pullIn(pages: PageTable, page: number): number {
    const slot = pages.get(page) & ~SLOT;
    const here = this.frameOf.get(slot);
    if (here !== undefined) {
      this.vm.site.frames.share(here);
      pages.set(page, here | WRITABLE | REFERENCED);
      this.release(slot);
      return 1;
    }
    const running = this.pulls.get(slot);
    if (running) {
      this.vm.awaited = running;
      return Fault.absent;
    }
    return this.pullFrom(pages, page, slot);
  }

  private pullFrom(pages: PageTable, page: number, slot: number): number {
    const { vm } = this;
    const segment = this.segmentOf(slot);
    const frame = vm.pager.take(true);
    if (frame <= 0) return frame;
    const frames = [frame, ...this.readAhead(pages, page, slot)];
    const transfer = new Transfer(page, page + frames.length, 0);
    for (const index of frames.keys()) this.pulls.set(slot + index, transfer);
    const offset = (slot % SEGMENT_SLOTS) * PAGE_BYTES;
    const range = { offset, size: frames.length * PAGE_BYTES };
    const wanted = { ...this.names(segment), access: 1, ...range };
    const request = { ...wanted, requiredOffset: offset, requiredSize: PAGE_BYTES };
    const call = (thread: Thread) =>
      vm.mapper.pullIn(thread, { target: segment.capability.ui, mode: 'functional' }, request, {
        abortable: false,
      });
    const finish = (outcome: number, error: Error | null): number => {
      for (const index of frames.keys()) this.pulls.delete(slot + index);
      vm.failure = error;
      transfer.end(outcome, error);
      return outcome;
    };
    const answered = (reply: { offset: number; data: Uint8Array }): number => {
      const complete = reply.offset === offset && reply.data.length >= PAGE_BYTES;
      for (const [index, each] of frames.entries()) {
        const data = complete ? reply.data.subarray(index * PAGE_BYTES, (index + 1) * PAGE_BYTES) : null;
        // The page that was asked for is kept until who asked comes to it.
        this.arrived(pages, page + index, slot + index, each, data, index === 0 ? REFERENCED : 0);
      }
      return finish(complete ? 1 : Fault.bus, null);
    };
    const failed = (error: Error): number => {
      for (const each of frames) vm.site.frames.release(each);
      return finish(Fault.bus, error);
    };
    try {
      const reply = vm.threads.run(call);
      if (!isPromise(reply)) return answered(reply);
      reply.then(answered, failed);
    } catch (error) {
      return failed(error as Error);
    }
    vm.awaited = transfer;
    return Fault.absent;
  }

  /** Frames for the pages that follow, when they lie in the slots that follow and memory is not short. */
  private readAhead(pages: PageTable, page: number, slot: number): number[] {
    const frames: number[] = [];
    for (let next = 1; next < CLUSTER_PAGES; next++) {
      if (pages.get(page + next) !== (SLOT | (slot + next))) break;
      if (this.frameOf.has(slot + next) || this.pulls.has(slot + next)) break;
      const frame = this.vm.pager.takeExtra();
      if (frame === 0) break;
      frames.push(frame);
    }
    return frames;
  }

  /** Puts a page that was read where its slot is still asked for. */
  private arrived(
    pages: PageTable,
    page: number,
    slot: number,
    frame: number,
    data: Uint8Array | null,
    flags: number,
  ): void {
    const { site } = this.vm;
    if (data?.length !== PAGE_BYTES || pages.get(page) !== (SLOT | slot)) {
      site.frames.release(frame);
      return;
    }
    site.u8.set(data, frame * PAGE_BYTES);
    pages.set(page, frame | WRITABLE | flags);
    // The reference that the page table had to the slot is the frame's now.
    this.remember(frame, slot);
  }
}
