/**
 * A guest on its way to another site by fork: registers, the map of its regions, the pages that are its own,
 * and how it handles signals. What regions show of files travels as the files' capabilities, and comes from
 * their mappers again; private pages are sent along. Memory that was shared without a file before another
 * site was linked has no mapper that the site could ask: ENOSYS.
 */
import { isKey, type Key } from '../../../nucleus/ids/capability.ts';
import { isUi, type UI } from '../../../nucleus/ids/ui.ts';
import type { MemoryContext } from '../../../nucleus/memory/context.ts';
import { type Inherit, type Region, RegionKind } from '../../../nucleus/memory/region.ts';
import { Access, Fault, PAGE_BYTES } from '../../../nucleus/memory/site-memory.ts';
import { allocateState, freeState, STATE_USED, setX } from '../../../nucleus/supervisor/cpu/state.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import type { AlternateStack, CloneRequest } from '../../../subsystems/unix/linux/task.ts';
import { SignalSet } from '../../../subsystems/unix/signal-set.ts';
import type { Environment, Pid, SignalAction } from '../../../subsystems/unix/sys.ts';
import { distantFork } from '../distant-fork.ts';
import type { Manager } from '../manager.ts';
import { takeObjects } from '../marshal.ts';
import { imageOf, type ObjectImage } from '../objects.ts';
import type { Process } from '../process.ts';
import { Guest, type GuestThread } from './guest.ts';
import { newGuestImage, newGuestThread, quotaOf } from './image.ts';
import { FileMapping, type MappingLabel } from './mapping.ts';
import { asErrno } from './region-errors.ts';
import { guestRuntime } from './runtime.ts';
import { Space } from './space.ts';

const SP = 2;
const TP = 4;
const A0 = 10;
/** The entry that means: an image of memory and registers, not a function of a program. */
export const GUEST_ENTRY = '';

interface RegionImage {
  start: number;
  bytes: number;
  protection: number;
  inherit: Inherit;
  growsDown: boolean;
  /** The segment that it shows, and from where; undefined for anonymous memory. */
  segment: { ui: UI; key: Key; offset: number; shared: boolean } | undefined;
  /** What it is called, when it shows no file. */
  mapping: MappingLabel | undefined;
  /** Which of the cargo's files it shows; -1: none. */
  file: number;
  /** Its own pages: [offset in the region, bytes]. */
  pages: [number, Uint8Array][];
}

/** An open file that regions show: the child's site has it open as well. */
type FileImage = ObjectImage & Pick<FileMapping, 'dev' | 'ino' | 'shared' | 'maxProtection'>;

export interface GuestCargo {
  files: FileImage[];
  registers: Uint8Array;
  regions: RegionImage[];
  brkStart: number;
  brk: number;
  mapTop: number;
  trampoline: number;
  startCode: number;
  auxiliary: readonly number[];
  mask: readonly [number, number];
  altStack: AlternateStack;
  actions: [number, SignalAction][];
  name: string;
  clearTid: number;
  childTid: number;
}

/** Forks a guest onto the execution site of its children. */
export async function forkElsewhere(g: GuestThread, request: CloneRequest): Promise<Pid> {
  const pid = await distantFork(g.t, GUEST_ENTRY, await pack(g, request));
  if (request.parentTid !== 0) g.memory.setU32(request.parentTid, pid);
  return pid;
}

async function pack(g: GuestThread, request: CloneRequest): Promise<GuestCargo> {
  const { space } = g.guest;
  const { context } = space;
  const regions: RegionImage[] = [];
  const files: FileMapping[] = [];
  for (const region of context.regions.all) {
    if (region.inherit !== 'none') regions.push(await packRegion(g, context, region, files));
  }
  return {
    files: files.map(fileImage),
    registers: childRegisters(g, request),
    regions,
    brkStart: space.brkStart,
    brk: space.brk,
    mapTop: space.mapTop,
    trampoline: space.trampoline,
    startCode: space.startCode,
    auxiliary: space.auxiliary,
    mask: g.mask.words(),
    altStack: g.altStack,
    actions: request.clearHandlers ? [] : [...g.process.signals.actions],
    name: g.name,
    clearTid: request.clearTid,
    childTid: request.childTid,
  };
}

/** As the child begins: the parent's, with the result of clone and what clone was asked to set. */
function childRegisters(g: GuestThread, { stack, tls }: CloneRequest): Uint8Array {
  const { memory } = g.state;
  const child = allocateState(memory);
  const { address } = child;
  try {
    memory.u8.copyWithin(address, g.state.address, g.state.address + STATE_USED);
    setX(child, A0, 0);
    if (stack !== 0) setX(child, SP, stack);
    if (tls !== undefined) setX(child, TP, tls);
    return memory.u8.slice(address, address + STATE_USED);
  } finally {
    freeState(child);
  }
}

function fileImage({ object, dev, ino, shared, maxProtection }: FileMapping): FileImage {
  return { ...imageOf(object), dev, ino, shared, maxProtection };
}

async function packRegion(
  g: GuestThread,
  context: MemoryContext,
  region: Region,
  files: FileMapping[],
): Promise<RegionImage> {
  const { start, end, protection, inherit, growsDown, cache, shift, opaque } = region;
  const shared = region.kind === RegionKind.shared;
  if (cache && !cache.segment) throw new SysError('ENOSYS');
  return {
    start,
    bytes: end - start,
    protection,
    inherit,
    growsDown,
    segment: cache?.segment ? { ...cache.segment, offset: start + shift * PAGE_BYTES, shared } : undefined,
    mapping: opaque instanceof FileMapping ? undefined : (opaque as MappingLabel | undefined),
    file: opaque instanceof FileMapping ? numberOf(files, opaque) : -1,
    pages: shared || inherit === 'zero' ? [] : await ownPages(g, context, start, end),
  };
}

/** Where a file is in the list; it is added if it is not. */
function numberOf(files: FileMapping[], file: FileMapping): number {
  const known = files.indexOf(file);
  return known >= 0 ? known : files.push(file) - 1;
}

/** The volatile pages of a range; those in swap space are brought back. */
async function ownPages(
  g: GuestThread,
  context: MemoryContext,
  start: number,
  end: number,
): Promise<[number, Uint8Array][]> {
  const pages: [number, Uint8Array][] = [];
  for (let va = start; va < end; va += PAGE_BYTES) {
    if (context.pages.get(va / PAGE_BYTES) === 0) continue;
    let address = context.touch(va, Access.read);
    while (address === Fault.absent) {
      if ((await context.fault(va, Access.read, g.thread)) < 0) throw new SysError('ENOMEM');
      address = context.touch(va, Access.read);
    }
    // A page without any rights (PROT_NONE) keeps what it has: nobody can look.
    if (address > 0) pages.push([va - start, context.site.u8.slice(address, address + PAGE_BYTES)]);
  }
  return pages;
}

// --- the site where the child begins
// -------------------------------------------------------------------------

/** Cargo comes from another manager, but over a wire: a misshapen one is refused. Throws EPROTO. */
function checkCargo(value: unknown): GuestCargo {
  const cargo = value as GuestCargo;
  const shaped =
    typeof value === 'object' &&
    value !== null &&
    cargo.registers instanceof Uint8Array &&
    cargo.registers.length === STATE_USED &&
    Array.isArray(cargo.files) &&
    cargo.files.every(({ port }) => isUi(port)) &&
    Array.isArray(cargo.regions) &&
    Array.isArray(cargo.actions) &&
    cargo.regions.every(({ segment }) => !segment || (isUi(segment.ui) && isKey(segment.key)));
  if (!shaped) throw new SysError('EPROTO');
  return cargo;
}

/** Gives a process built here the image that arrived, and lets it run. Throws ENOMEM, EPROTO. */
export async function arrive(child: Process, env: Environment, value: unknown): Promise<void> {
  const cargo = checkCargo(value);
  const { pm } = child;
  const { processor } = guestRuntime(pm);
  const { vm } = pm.nucleus;
  const image = newGuestImage(child, env);
  const space = new Space(vm, vm.contextOf(child.actor), pm.objects);
  const { brkStart, brk, mapTop, trampoline, startCode, auxiliary } = cargo;
  Object.assign(space, { brkStart, brk, mapTop, trampoline, startCode, auxiliary });
  const guest = new Guest(image, space, quotaOf(child));
  image.guest = guest;
  const thread = newGuestThread(guest, child.pid);
  const { memory, address } = thread.state;
  memory.u8.set(cargo.registers, address);
  thread.mask = new SignalSet(...cargo.mask);
  thread.altStack = cargo.altStack;
  thread.name = cargo.name;
  thread.clearTid = cargo.clearTid;
  for (const [sig, action] of cargo.actions) child.signals.actions.set(sig, action);
  const files = await takeFiles(pm, space, cargo.files);
  for (const region of cargo.regions) await unpackRegion(thread, region, files);
  if (cargo.childTid !== 0) thread.memory.setU32(cargo.childTid, child.pid);
  guest.updateMask();
  processor.ready(thread);
}

/** This site has the files open now; the mappings keep them so. */
async function takeFiles(pm: Manager, space: Space, images: readonly FileImage[]): Promise<FileMapping[]> {
  const objects = await takeObjects(pm, images);
  const files = images.map((image, i) => space.mapping(objects[i]!, image));
  for (const object of objects) void pm.objects.drop(object);
  return files;
}

async function unpackRegion(
  g: GuestThread,
  region: RegionImage,
  files: readonly FileMapping[],
): Promise<void> {
  const { vm } = g.process.pm.nucleus;
  const { context } = g.guest.space;
  const { start, bytes, protection, inherit, growsDown, segment, pages } = region;
  const mapping = files[region.file] ?? region.mapping;
  // Pages are written through the region, so it is writable at first.
  const atFirst = pages.length > 0 ? protection | 3 : protection;
  const options = {
    start,
    size: bytes,
    protection: atFirst,
    inherit,
    growsDown,
    ...(mapping ? { opaque: mapping } : {}),
  };
  asErrno(() => {
    if (!segment) vm.rgnAllocate(context, options);
    else if (segment.shared) vm.rgnMap(context, options, segment, segment.offset);
    else vm.rgnInit(context, options, segment, segment.offset);
  });
  for (const [offset, content] of pages) await g.memory.store(start + offset, content);
  if (atFirst !== protection) asErrno(() => vm.rgnSetProtect(context, start, bytes, protection));
}
