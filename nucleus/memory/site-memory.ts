/**
 * The physical memory of a site: one WebAssembly.Memory cut into 4 KiB frames. It is made at its full size
 * (pages that nobody touched cost the host nothing), so the views never detach and physical addresses are
 * plain numbers for good.
 *
 * Two kinds of room: frames, which hold pages of segments, and runs, which hold tables of the nucleus (TLBs,
 * thread states, decoded instructions) and are never paged.
 */
import { KError } from '../errors.ts';
import { Frames } from './frames.ts';

export const PAGE_BYTES = 4096;
export const PAGE_SHIFT = 12;
/** Where user addresses end: the lower half of Sv39. */
export const USER_TOP = 2 ** 38;
/** A WebAssembly page. */
const WASM_PAGE_BYTES = 65536;
/** To find free frames in a row, so many times as many are made free. */
const RUN_ROOM = 4;
export const MEMORY_BYTES_MAX = 4 * 1024 * 1024 * 1024 - WASM_PAGE_BYTES;

export const Access = { read: 1, write: 2, execute: 4 } as const;

/** What `touch` and `fault` answer when there is no page for the access. */
export const Fault = { absent: 0, unmapped: -1, protection: -2, bus: -3, memory: -4 } as const;

export class SiteMemory {
  readonly bytes: number;
  readonly memory: WebAssembly.Memory;
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly f64: Float64Array;
  readonly view: DataView;
  readonly frames: Frames;
  /** Told when no run of so many frames is free: it may make room. */
  shortOfRuns: (frames: number) => void = () => {};
  private readonly freeRuns = new Map<number, number[]>();

  /** `limitBytes` is rounded up to 64 KiB. Throws K_EINVAL above MEMORY_BYTES_MAX. */
  constructor(limitBytes: number) {
    if (!(limitBytes > 0 && limitBytes <= MEMORY_BYTES_MAX)) throw new KError('K_EINVAL');
    const pages = Math.ceil(limitBytes / WASM_PAGE_BYTES);
    this.bytes = pages * WASM_PAGE_BYTES;
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const { buffer } = this.memory;
    this.u8 = new Uint8Array(buffer);
    this.u16 = new Uint16Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.f64 = new Float64Array(buffer);
    this.view = new DataView(buffer);
    this.frames = new Frames(this.u8, this.bytes / PAGE_BYTES);
  }

  /** Room for a table: page-aligned, zeroed, never paged. Throws K_ENOMEM. */
  allocateRun(bytes: number): number {
    const pages = Math.ceil(bytes / PAGE_BYTES);
    const free = this.freeRuns.get(pages)?.pop();
    if (free !== undefined) return free;
    let first = this.frames.allocateContiguous(pages);
    if (first === 0) {
      this.shortOfRuns(pages * RUN_ROOM);
      first = this.frames.allocateContiguous(pages);
    }
    if (first === 0) throw new KError('K_ENOMEM');
    return first * PAGE_BYTES;
  }

  copyFrame(from: number, to: number): void {
    this.u8.copyWithin(to * PAGE_BYTES, from * PAGE_BYTES, (from + 1) * PAGE_BYTES);
  }

  /** Gives a run back, for a later one of the same size. */
  freeRun(address: number, bytes: number): void {
    const pages = Math.ceil(bytes / PAGE_BYTES);
    this.u8.fill(0, address, address + pages * PAGE_BYTES);
    const free = this.freeRuns.get(pages);
    if (free) free.push(address);
    else this.freeRuns.set(pages, [address]);
  }
}
