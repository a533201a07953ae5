/**
 * Loading: an ELF program and its interpreter come into an empty address space, as regions that map the file
 * (text and data private copies of it, bss zero-filled), with stack, break, and the page that signal handlers
 * return to.
 *
 *   0x10000 …            programs linked at fixed addresses, then the break
 *   0x2a_aaaa_a000 …     position-independent programs, then the break
 *   … below the stack    mmap, downwards; the interpreter first
 *   … 0x3f_ffff_f000     the stack, which grows as far as RLIMIT_STACK
 */
import { GROWTH_GAP_BYTES } from '../../../nucleus/memory/region.ts';
import { Access, PAGE_BYTES, USER_TOP } from '../../../nucleus/memory/site-memory.ts';
import { setPc, setX } from '../../../nucleus/supervisor/cpu/state.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import { type LoadSegment, pageDown, pageUp } from '../../../subsystems/unix/linux/elf.ts';
import { MINSIGSTKSZ } from '../../../subsystems/unix/linux/signals.ts';
import type { Awaitable, Environment } from '../../../subsystems/unix/sys.ts';
import { type FileSegment, mapPrivately, programSegment } from './file-segment.ts';
import type { GuestThread } from './guest.ts';
import { STACK, TRAMPOLINE } from './mapping.ts';
import type { ElfFile, ElfProgram } from './program.ts';
import { asErrno } from './region-errors.ts';
import type { Space } from './space.ts';
import { At, HWCAP, startStack } from './start-stack.ts';

const SP = 2;
const PIE_BASE = 0x2a_aaaa_a000;
const STACK_TOP = USER_TOP - PAGE_BYTES;
/** The stack region's size at first. */
const STACK_BYTES = 128 * 1024;
/** Room for it to grow, as long as RLIMIT_STACK within these bounds: mmap begins below. */
const STACK_ROOM_MIN = 128 * 1024 * 1024;
const STACK_ROOM_MAX = Math.floor(USER_TOP / 6 / PAGE_BYTES) * 5 * PAGE_BYTES;
/** What arguments and environment may take: a quarter of RLIMIT_STACK within these bounds (E2BIG). */
const ARGUMENT_BYTES_MIN = 128 * 1024;
const ARGUMENT_BYTES_MAX = 6 * 1024 * 1024;
const CLOCK_TICKS = 100;
/** li a7, 139 (rt_sigreturn); ecall: unwinders know a signal frame by these two. */
const TRAMPOLINE_CODE = Uint8Array.of(0x93, 0x08, 0xb0, 0x08, 0x73, 0, 0, 0);
const READ_EXECUTE = 5;
const READ_WRITE = 3;

/** Fills an empty space and points the thread at the program's first instruction. */
export async function loadInto(
  g: GuestThread,
  program: ElfProgram,
  argv: readonly string[],
  env: Environment,
): Promise<void> {
  const { space } = g.guest;
  const { main, interpreter } = program;
  const { limits, pm } = g.process;
  const { vm } = pm.nucleus;
  const stackMax = limits.stack.soft;
  space.mapTop = STACK_TOP - pageUp(within(stackMax + GROWTH_GAP_BYTES, STACK_ROOM_MIN, STACK_ROOM_MAX));
  asErrno(() =>
    vm.rgnAllocate(space.context, {
      start: STACK_TOP - STACK_BYTES,
      size: STACK_BYTES,
      protection: main.image.executableStack ? 7 : READ_WRITE,
      growsDown: true,
      opaque: STACK,
    }),
  );
  const base = main.image.relocatable ? PIE_BASE - main.image.low : 0;
  await loadFile(g, main, base);
  space.brkStart = main.image.high + base;
  space.brk = space.brkStart;
  const interpreterBase = interpreter ? await loadInterpreter(g, interpreter) : 0;
  loadTrampoline(g, space);
  const auxiliary = auxiliaryVector(g, main, base, interpreterBase);
  space.startCode = base + main.image.low;
  space.auxiliary = auxiliary.flat();
  const environment = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const random = pm.nucleus.random.bytes(16);
  const { sp, bytes } = startStack(STACK_TOP, argv, environment, main.path, random, auxiliary);
  if (bytes.length > within(stackMax / 4, ARGUMENT_BYTES_MIN, ARGUMENT_BYTES_MAX))
    throw new SysError('E2BIG');
  await g.memory.store(sp, bytes);
  setX(g.state, SP, sp);
  setPc(g.state, interpreter ? interpreterBase + interpreter.image.entry : base + main.image.entry);
}

const within = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));

async function loadInterpreter(g: GuestThread, interpreter: ElfFile): Promise<number> {
  const { low, high, relocatable } = interpreter.image;
  const base = relocatable ? pageDown(g.guest.space.mapTop - (high - low)) - low : 0;
  await loadFile(g, interpreter, base);
  return base;
}

async function loadFile(g: GuestThread, file: ElfFile, base: number): Promise<void> {
  const segment = programSegment(g.guest.space, file);
  for (const part of file.image.segments) {
    const zeroed = loadSegment(g, segment, part, base);
    if (zeroed) await zeroed;
  }
}

function loadSegment(g: GuestThread, file: FileSegment, segment: LoadSegment, base: number): Awaitable<void> {
  const { space } = g.guest;
  const { vm, context } = space;
  const { va, fileBytes, memoryBytes, protection, offset } = segment;
  const start = pageDown(va) + base;
  const fileEnd = pageUp(va + fileBytes) + base;
  const end = pageUp(va + memoryBytes) + base;
  if (fileBytes > 0) {
    mapPrivately(space, file, { start, size: fileEnd - start, protection, offset: pageDown(offset) });
  }
  const from = fileBytes > 0 ? fileEnd : start;
  if (end > from) {
    asErrno(() => vm.rgnAllocate(context, { start: from, size: end - from, protection }));
  }
  const tail = va + fileBytes + base;
  if (fileBytes > 0 && memoryBytes > fileBytes && tail < fileEnd && protection & Access.write) {
    return g.memory.store(tail, new Uint8Array(fileEnd - tail));
  }
}

function loadTrampoline(g: GuestThread, space: Space): void {
  const { vm } = g.process.pm.nucleus;
  const { context } = space;
  const place = {
    anywhere: true,
    top: space.mapTop,
    size: PAGE_BYTES,
    protection: READ_WRITE,
    opaque: TRAMPOLINE,
  };
  space.trampoline = asErrno(() => vm.rgnAllocate(context, { ...place, protection: READ_WRITE }));
  g.memory.write(space.trampoline, TRAMPOLINE_CODE);
  vm.rgnSetProtect(context, space.trampoline, PAGE_BYTES, READ_EXECUTE);
}

function auxiliaryVector(
  g: GuestThread,
  { image }: ElfFile,
  base: number,
  interpreterBase: number,
): (readonly [number, number])[] {
  const { creds } = g.process;
  const secure = creds.uid !== creds.euid || creds.gid !== creds.egid;
  return [
    [At.PHDR, image.headersAt === 0 ? 0 : image.headersAt + base],
    [At.PHENT, image.headerBytes],
    [At.PHNUM, image.headerCount],
    [At.PAGESZ, PAGE_BYTES],
    [At.BASE, interpreterBase],
    [At.FLAGS, 0],
    [At.ENTRY, image.entry + base],
    [At.UID, creds.uid],
    [At.EUID, creds.euid],
    [At.GID, creds.gid],
    [At.EGID, creds.egid],
    [At.HWCAP, HWCAP],
    [At.CLKTCK, CLOCK_TICKS],
    [At.SECURE, secure ? 1 : 0],
    [At.MINSIGSTKSZ, MINSIGSTKSZ],
  ];
}
