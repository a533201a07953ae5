/**
 * The address space calls of a guest: mmap and its kin on the nucleus' regions. MAP_FIXED is rgnFree and then
 * the region call; a region's opaque value is what /proc/PID/maps shows of it.
 */
import { isKError } from '../../../nucleus/errors.ts';
import type { Capability } from '../../../nucleus/ids/capability.ts';
import { type Inherit, type Region, RegionKind } from '../../../nucleus/memory/region.ts';
import { Access, Fault, PAGE_BYTES } from '../../../nucleus/memory/site-memory.ts';
import type { RegionOptions, VirtualMemory } from '../../../nucleus/memory/virtual-memory.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import type { AddressSpace, ForkAdvice, MapRequest } from '../../../subsystems/unix/linux/task.ts';
import type { Awaitable } from '../../../subsystems/unix/sys.ts';
import { andThen } from '../and-then.ts';
import type { Process } from '../process.ts';
import { type FileSegment, segmentOf, unnamedSegment } from './file-segment.ts';
import type { GuestThread } from './guest.ts';
import { DROPPABLE, FileMapping, HEAP, SegmentMapping, STACK } from './mapping.ts';
import { asErrno } from './region-errors.ts';
import type { Space } from './space.ts';
import { mappedBytesMax } from './stack-growth.ts';

export class GuestSpace implements AddressSpace {
  private readonly g: GuestThread;

  constructor(g: GuestThread) {
    this.g = g;
  }

  private get vm(): VirtualMemory {
    return this.g.process.pm.nucleus.vm;
  }

  private get space(): Space {
    return this.g.guest.space;
  }

  map(request: MapRequest): Awaitable<number> {
    const { fd } = request;
    const file = fd === undefined ? undefined : segmentOf(this.g.t, this.space, fd, request);
    return andThen(file, (segment) => {
      const travels = !segment && request.shared && this.g.process.pm.hasNeighbours;
      return travels ? this.placeUnnamed(request) : this.place(request, segment);
    });
  }

  /** Memory shared without a file where there are other sites to fork to. */
  private async placeUnnamed(request: MapRequest): Promise<number> {
    const segment = await unnamedSegment(this.g.t, this.space, request.bytes);
    try {
      return await this.place({ ...request, offset: 0 }, segment);
    } finally {
      void this.g.process.pm.objects.drop(segment.object);
    }
  }

  private place(request: MapRequest, segment: FileSegment | undefined): Awaitable<number> {
    const { va, bytes, protection, shared, fixed } = request;
    const { vm, space } = this;
    const { context } = space;
    this.checkLimits(bytes, fixed === 'replace' ? va : undefined);
    if (isData(request)) this.checkData(bytes);
    const locked = request.locked || space.lockFuture;
    if (locked) checkLocked(this.g.process, context.lockedBytes + bytes, 'EAGAIN');
    if (fixed === 'replace') asErrno(() => space.free(va, bytes));
    const options: RegionOptions = {
      size: bytes,
      protection,
      inherit: request.droppable ? 'zero' : shared ? 'share' : 'copy',
      locked,
      growsDown: request.growsDown,
      ...(fixed === 'no'
        ? { anywhere: true, top: space.mapTop, ...(va === 0 ? {} : { start: va }) }
        : { start: va }),
      ...(segment ? { opaque: segment.mapping } : request.droppable ? { opaque: DROPPABLE } : {}),
    };
    const start = asErrno(() => {
      if (!segment) return vm.rgnAllocate(context, options);
      const { capability } = segment;
      const { offset } = request;
      return shared
        ? vm.rgnMap(context, options, capability, offset)
        : vm.rgnInit(context, options, capability, offset);
    });
    if (!request.populate && !locked) return start;
    return andThen(this.bringIn(start, bytes, protection & 2 ? 2 : 1), () => start);
  }

  /** RLIMIT_AS, and the embedding side's own, by what would be mapped. Throws ENOMEM. */
  private checkLimits(bytes: number, replaced?: number): void {
    const most = mappedBytesMax(this.g.process.limits);
    if (most === Number.POSITIVE_INFINITY) return;
    const { context } = this.space;
    let grows = bytes;
    if (replaced !== undefined) {
      for (const region of context.regions.within(replaced, replaced + bytes)) {
        grows -= Math.min(region.end, replaced + bytes) - Math.max(region.start, replaced);
      }
    }
    if (context.mappedBytes + grows > most) throw new SysError('ENOMEM');
  }

  /** RLIMIT_DATA: private memory that may be written, without the stack (getrlimit(2)). Throws ENOMEM. */
  private checkData(bytes: number): void {
    const most = this.g.process.limits.data.soft;
    if (most === Number.POSITIVE_INFINITY) return;
    let sum = bytes;
    for (const { start, end, kind, protection, growsDown, opaque } of this.space.context.regions.all) {
      const shared = kind === RegionKind.shared;
      if (opaque !== STACK && isData({ shared, protection, growsDown })) sum += end - start;
    }
    if (sum > most) throw new SysError('ENOMEM');
  }

  attach(
    segment: Capability,
    bytes: number,
    va: number,
    {
      fixed,
      protection,
      label,
      id,
    }: { fixed: MapRequest['fixed']; protection: number; label: string; id: number },
  ): number {
    this.checkLimits(bytes);
    const { space, vm } = this;
    if (fixed === 'replace') asErrno(() => space.free(va, bytes));
    const place = fixed === 'no' ? { anywhere: true, top: space.mapTop } : { start: va };
    const opaque = new SegmentMapping(id, label);
    return asErrno(() =>
      vm.rgnMap(space.context, { ...place, size: bytes, protection, inherit: 'share', opaque }, segment, 0),
    );
  }

  detach(va: number): number {
    const { context } = this.space;
    const first = context.regions.find(va);
    const mapping = first?.opaque;
    if (!first || first.start !== va || !(mapping instanceof SegmentMapping)) throw new SysError('EINVAL');
    for (const region of context.regions.all.filter(({ opaque }) => opaque === mapping)) {
      asErrno(() => this.space.free(region.start, region.end - region.start));
    }
    return mapping.id;
  }

  unmap(va: number, bytes: number): void {
    asErrno(() => this.space.free(va, bytes));
  }

  growingFrom(va: number): number | undefined {
    const region = this.space.context.regions.find(va);
    return region?.growsDown ? region.start : undefined;
  }

  protect(va: number, bytes: number, protection: number): void {
    const { context } = this.space;
    if (!context.regions.isCovered(va, va + bytes)) throw new SysError('ENOMEM');
    for (const region of context.regions.within(va, va + bytes)) {
      const { opaque } = region;
      if (opaque instanceof FileMapping && protection & ~opaque.maxProtection) throw new SysError('EACCES');
    }
    asErrno(() => this.vm.rgnSetProtect(context, va, bytes, protection));
  }

  brk(va: number): number {
    const { space, vm } = this;
    const { context } = space;
    if (va < space.brkStart) return space.brk;
    const from = pageUp(space.brk);
    const to = pageUp(va);
    try {
      if (to > from) {
        this.checkData(to - from);
        this.checkLimits(to - from);
        vm.rgnAllocate(context, { start: from, size: to - from, protection: 3, opaque: HEAP });
      } else if (to < from) vm.rgnFree(context, to, from - to);
    } catch (error) {
      if (isKError(error) || error instanceof SysError) return space.brk;
      throw error;
    }
    space.brk = va;
    return va;
  }

  remap(
    va: number,
    bytes: number,
    newBytes: number,
    options: { mayMove: boolean; to: number | undefined; keep: boolean },
  ): Awaitable<number> {
    const { vm, space } = this;
    const { context } = space;
    if (!context.regions.isCovered(va, va + Math.max(bytes, PAGE_BYTES))) throw new SysError('EFAULT');
    if (options.to === undefined && !options.keep) {
      if (newBytes <= bytes) {
        if (newBytes < bytes) space.free(va + newBytes, bytes - newBytes);
        return va;
      }
      this.checkLimits(newBytes - bytes);
      if (vm.rgnGrow(context, va, bytes, newBytes)) return va;
    }
    if (!options.mayMove) throw new SysError('ENOMEM');
    const { to } = options;
    if (to !== undefined && to < va + bytes && va < to + newBytes) throw new SysError('EINVAL');
    this.checkLimits(newBytes - (options.keep ? 0 : bytes));
    if (to !== undefined) space.free(to, newBytes);
    const place = to === undefined ? { anywhere: true, top: space.mapTop } : { start: to };
    return asErrno(() => vm.rgnMove(context, va, bytes, { ...place, size: newBytes }, options.keep));
  }

  sync(va: number, bytes: number, _invalidate: boolean): Awaitable<void> {
    return this.vm.vmFlush(this.space.context, va, bytes, this.g.thread);
  }

  discard(va: number, bytes: number): void {
    const { context } = this.space;
    if (!context.regions.isCovered(va, va + bytes)) throw new SysError('ENOMEM');
    asErrno(() => this.vm.rgnDiscard(context, va, bytes));
  }

  adviseFork(va: number, bytes: number, advice: ForkAdvice): void {
    const { context } = this.space;
    if (!context.regions.isCovered(va, va + bytes)) throw new SysError('ENOMEM');
    for (const region of context.regions.within(va, va + bytes)) {
      const inherit = inheritAfter(region, advice);
      if (inherit === region.inherit) continue;
      const start = Math.max(region.start, va);
      asErrno(() => this.vm.rgnSetInherit(context, start, Math.min(region.end, va + bytes) - start, inherit));
    }
  }

  populate(va: number, bytes: number, access: number): Awaitable<void> {
    if (!this.isMapped(va, bytes)) throw new SysError('ENOMEM');
    return this.bringIn(va, bytes, access);
  }

  /** What cannot be brought in stays out: the access that needs it says why. */
  private bringIn(va: number, bytes: number, access: number): Awaitable<void> {
    const { context } = this.space;
    for (let at = va; at < va + bytes; at += PAGE_BYTES) {
      if (context.touch(at, access) === Fault.absent) return this.bringInSlowly(at, va + bytes, access);
    }
  }

  private async bringInSlowly(from: number, end: number, access: number): Promise<void> {
    for (let at = from; at < end; at += PAGE_BYTES) {
      if ((await this.space.context.fault(at, access, this.g.thread)) < 0) return;
    }
  }

  lock(va: number, bytes: number, locked: boolean, bring: boolean): Awaitable<void> {
    const { context } = this.space;
    if (!this.isMapped(va, bytes)) throw new SysError('ENOMEM');
    if (locked) {
      let grows = 0;
      for (const region of context.regions.within(va, va + bytes)) {
        if (!region.locked) grows += Math.min(region.end, va + bytes) - Math.max(region.start, va);
      }
      checkLocked(this.g.process, context.lockedBytes + grows, 'ENOMEM');
    }
    asErrno(() => this.vm.rgnSetPaging(context, va, bytes, locked));
    if (bring) return this.bringAll(va, va + bytes);
  }

  async lockAll({
    present,
    future,
    bring,
  }: {
    present: boolean;
    future: boolean;
    bring: boolean;
  }): Promise<void> {
    const { space } = this;
    const { context } = space;
    if (present || future) checkLocked(this.g.process, present ? context.mappedBytes : 0, 'ENOMEM');
    space.lockFuture = future;
    if (future && !present) return;
    for (const { start, end } of [...context.regions.all]) {
      asErrno(() => this.vm.rgnSetPaging(context, start, end - start, present));
      if (present && bring) await this.bringAll(start, end);
    }
  }

  /** Each region's pages, with the access that it allows. */
  private async bringAll(from: number, to: number): Promise<void> {
    for (const { start, end, protection } of [...this.space.context.regions.within(from, to)]) {
      if (protection === 0) continue;
      const at = Math.max(start, from);
      const access = protection & Access.write ? Access.write : protection & Access.read || Access.execute;
      await this.bringIn(at, Math.min(end, to) - at, access);
    }
  }

  resident(va: number, bytes: number): Uint8Array {
    if (!this.isMapped(va, bytes)) throw new SysError('ENOMEM');
    return this.vm.residence(this.space.context, va, bytes);
  }

  isLocked(va: number, bytes: number): boolean {
    return this.space.context.regions.within(va, va + bytes).some(({ locked }) => locked);
  }

  isMapped(va: number, bytes: number): boolean {
    return bytes === 0 || this.space.context.regions.isCovered(va, va + bytes);
  }
}

/** What fork does with a region after madvise(2). Throws EINVAL. */
function inheritAfter({ inherit, kind, opaque }: Region, advice: ForkAdvice): Inherit {
  const usual = kind === RegionKind.shared ? 'share' : 'copy';
  switch (advice) {
    case 'dontfork':
      return 'none';
    case 'dofork':
      return inherit === 'none' ? usual : inherit;
    case 'wipeonfork':
      if (kind !== RegionKind.anonymous) throw new SysError('EINVAL');
      return 'zero';
    case 'keeponfork':
      if (opaque === DROPPABLE) throw new SysError('EINVAL');
      return inherit === 'zero' ? usual : inherit;
  }
}

const isData = ({ shared, protection, growsDown }: Pick<MapRequest, 'shared' | 'protection' | 'growsDown'>) =>
  !shared && !growsDown && (protection & Access.write) !== 0;

/** RLIMIT_MEMLOCK binds all but root. Throws EPERM where nothing may be locked, `code` beyond the limit. */
function checkLocked({ creds, limits }: Process, bytes: number, code: 'ENOMEM' | 'EAGAIN'): void {
  if (creds.euid === 0) return;
  if (limits.memlock.soft === 0) throw new SysError('EPERM');
  if (bytes > limits.memlock.soft) throw new SysError(code);
}

const pageUp = (va: number): number => Math.ceil(va / PAGE_BYTES) * PAGE_BYTES;
