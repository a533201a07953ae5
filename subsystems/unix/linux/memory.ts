/** mmap(2) and its kin: flags and protections of Linux, turned into calls of the address space. */
import { SysError } from '../errno.ts';
import type { Awaitable } from '../sys.ts';
import type { Caller, LinuxCalls } from './caller.ts';
import type { ForkAdvice } from './task.ts';

const PAGE_BYTES = 4096;
/** Where user addresses end (Sv39). */
const USER_TOP = 2 ** 38;

const Prot = {
  WRITE: 2,
  READ: 1,
  GROWSDOWN: 0x01000000,
  GROWSUP: 0x02000000,
  /** With PROT_EXEC and PROT_SEM. */
  ALL: 0x0300000f,
} as const;
const Flag = {
  SHARED: 1,
  PRIVATE: 2,
  SHARED_VALIDATE: 3,
  DROPPABLE: 8,
  TYPE: 15,
  FIXED: 0x10,
  ANONYMOUS: 0x20,
  GROWSDOWN: 0x100,
  LOCKED: 0x2000,
  POPULATE: 0x8000,
  NONBLOCK: 0x10000,
  HUGETLB: 0x40000,
  FIXED_NOREPLACE: 0x100000,
} as const;
/**
 * What MAP_SHARED_VALIDATE lets pass of a file: with MAP_DENYWRITE, MAP_EXECUTABLE, MAP_NORESERVE, MAP_STACK,
 * MAP_UNINITIALIZED and sizes of huge pages, which ask for nothing here. Not MAP_SYNC, which needs memory
 * that lasts, nor MAP_FIXED_NOREPLACE.
 */
const VALID_FLAGS = 0xfc07f933;
/** Sizes of huge pages that the machine has, as powers of two (0: the usual one): there are none free. */
const HUGE_SIZES: readonly number[] = [0, 21, 30];
const HUGE_SHIFT = 26;
/** Wishes below are raised to it (/proc/sys/vm/mmap_min_addr). */
const WISH_BOTTOM = 0x10000;
/** Offsets of files, and their ends, are below: EOVERFLOW. */
const OFFSET_TOP = 2 ** 64;
const Remap = { MAYMOVE: 1, FIXED: 2, DONTUNMAP: 4 } as const;
const Msync = { ASYNC: 1, INVALIDATE: 2, SYNC: 4 } as const;

/** madvise(2) by number: what the kernel must do, or only may (null). */
const ADVICE: Readonly<Record<number, 'discard' | 'willneed' | 'read' | 'write' | ForkAdvice | null>> = {
  0: null, // NORMAL
  1: null, // RANDOM
  2: null, // SEQUENTIAL
  3: 'willneed',
  4: 'discard', // DONTNEED
  8: 'discard', // FREE: now is as good as later
  10: 'dontfork',
  11: 'dofork',
  12: null, // MERGEABLE
  13: null, // UNMERGEABLE
  14: null, // HUGEPAGE
  15: null, // NOHUGEPAGE
  16: null, // DONTDUMP
  17: null, // DODUMP
  18: 'wipeonfork',
  19: 'keeponfork',
  20: null, // COLD
  21: null, // PAGEOUT
  22: 'read', // POPULATE_READ
  23: 'write', // POPULATE_WRITE
};

const pageUp = (bytes: number): number => Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;

/** Page-aligned start and rounded length of a range. Throws EINVAL, and `outside` beyond user space. */
function range(c: Caller, outside: 'ENOMEM' | 'EINVAL' = 'ENOMEM'): [number, number] {
  const va = c.ptr(0);
  const bytes = pageUp(c.ptr(1));
  // By the low half: numbers of 64 bits are not exact.
  if (c.uint(0) % PAGE_BYTES !== 0) throw new SysError('EINVAL');
  if (va + bytes > USER_TOP) throw new SysError(outside);
  return [va, bytes];
}

/** What the nucleus calls protection; that writing implies reading on this machine is its business. */
const protectionOf = (prot: number): number => prot & 7;

/** What a file cannot be asked for. Throws EOVERFLOW, EOPNOTSUPP, EINVAL. */
function checkOfFile(flags: number, offset: number, bytes: number): void {
  const type = flags & Flag.TYPE;
  if (flags & Flag.HUGETLB) throw new SysError('EINVAL');
  if (offset + pageUp(bytes) >= OFFSET_TOP) throw new SysError('EOVERFLOW');
  if (type < Flag.SHARED || type > Flag.SHARED_VALIDATE) throw new SysError('EINVAL');
  if (type === Flag.SHARED_VALIDATE && (flags & ~VALID_FLAGS) !== 0) throw new SysError('EOPNOTSUPP');
  if (flags & Flag.GROWSDOWN) throw new SysError('EINVAL');
}

/** What anonymous memory cannot be. Throws EINVAL; ENOMEM for huge pages. */
function checkAnonymous(flags: number): void {
  const type = flags & Flag.TYPE;
  if (flags & Flag.HUGETLB)
    throw new SysError(HUGE_SIZES.includes(flags >>> HUGE_SHIFT) ? 'ENOMEM' : 'EINVAL');
  if (type !== Flag.SHARED && type !== Flag.PRIVATE && type !== Flag.DROPPABLE) throw new SysError('EINVAL');
  if (type !== Flag.PRIVATE && flags & Flag.GROWSDOWN) throw new SysError('EINVAL');
  if (type === Flag.DROPPABLE && flags & Flag.LOCKED) throw new SysError('EINVAL');
}

function mmap(c: Caller): Awaitable<number> {
  const va = c.ptr(0);
  const bytes = c.ptr(1);
  const flags = c.uint(3);
  const offset = c.ptr(5);
  const type = flags & Flag.TYPE;
  const fd = flags & Flag.ANONYMOUS ? undefined : c.int(4);
  if (offset % PAGE_BYTES !== 0) throw new SysError('EINVAL');
  // As the kernel does: the descriptor before everything else.
  if (fd !== undefined) c.sys.getCloexec(fd);
  if (bytes === 0) throw new SysError('EINVAL');
  if (bytes > USER_TOP) throw new SysError('ENOMEM');
  if (fd === undefined) checkAnonymous(flags);
  else checkOfFile(flags, offset, bytes);
  const fixed = flags & Flag.FIXED_NOREPLACE ? 'noreplace' : flags & Flag.FIXED ? 'replace' : 'no';
  if (fixed !== 'no' && va % PAGE_BYTES !== 0) throw new SysError('EINVAL');
  if (fixed !== 'no' && va + bytes > USER_TOP) throw new SysError('ENOMEM');
  return c.task.space.map({
    va: fixed === 'no' && va !== 0 ? Math.max(va - (va % PAGE_BYTES), WISH_BOTTOM) : va,
    bytes: pageUp(bytes),
    protection: protectionOf(c.uint(2)),
    shared: type === Flag.SHARED || type === Flag.SHARED_VALIDATE,
    fixed,
    fd,
    offset: fd === undefined ? 0 : offset,
    populate: (flags & (Flag.POPULATE | Flag.NONBLOCK)) === Flag.POPULATE,
    locked: (flags & Flag.LOCKED) !== 0,
    growsDown: (flags & Flag.GROWSDOWN) !== 0,
    droppable: type === Flag.DROPPABLE,
  });
}

/** PROT_GROWSDOWN: the change goes down to where the stack begins. Throws EINVAL, ENOMEM. */
function growingFrom(c: Caller, va: number, prot: number): number {
  if (prot & Prot.GROWSUP) throw new SysError('EINVAL');
  if (!c.task.space.isMapped(va, PAGE_BYTES)) throw new SysError('ENOMEM');
  const start = c.task.space.growingFrom(va);
  if (start === undefined) throw new SysError('EINVAL');
  return start;
}

function mremap(c: Caller): Awaitable<number> {
  const va = c.ptr(0);
  const bytes = c.ptr(1);
  const newBytes = c.ptr(2);
  const flags = c.uint(3);
  const to = c.ptr(4);
  const fixed = (flags & Remap.FIXED) !== 0;
  const mayMove = (flags & Remap.MAYMOVE) !== 0;
  const keep = (flags & Remap.DONTUNMAP) !== 0;
  if (flags & ~(Remap.MAYMOVE | Remap.FIXED | Remap.DONTUNMAP)) throw new SysError('EINVAL');
  if ((fixed || keep) && !mayMove) throw new SysError('EINVAL');
  if (va % PAGE_BYTES !== 0 || newBytes === 0) throw new SysError('EINVAL');
  if (fixed && to % PAGE_BYTES !== 0) throw new SysError('EINVAL');
  if (newBytes > USER_TOP || (fixed && to + newBytes > USER_TOP)) throw new SysError('EINVAL');
  if (keep && pageUp(bytes) !== pageUp(newBytes)) throw new SysError('EINVAL');
  return c.task.space.remap(va, pageUp(bytes), pageUp(newBytes), {
    mayMove,
    to: fixed ? to : undefined,
    keep,
  });
}

function madvise(c: Caller): Awaitable<number> {
  const [va, bytes] = range(c);
  const action = ADVICE[c.int(2)];
  if (action === undefined) throw new SysError('EINVAL');
  if (bytes === 0) return 0;
  const { space } = c.task;
  if (action === 'discard') {
    if (space.isLocked(va, bytes)) throw new SysError('EINVAL');
    space.discard(va, bytes);
  } else if (action === 'willneed' || action === 'read') return done(space.populate(va, bytes, 1));
  else if (action === 'write') return done(space.populate(va, bytes, 2));
  else if (action !== null) space.adviseFork(va, bytes, action);
  else if (!space.isMapped(va, bytes)) throw new SysError('ENOMEM');
  return 0;
}

/** 0 after a call that returns nothing. */
const done = (result: Awaitable<void>): Awaitable<number> =>
  result instanceof Promise ? result.then(() => 0) : 0;

function lock(c: Caller, locked: boolean, bring: boolean): Awaitable<number> {
  const start = c.ptr(0);
  const va = start - (start % PAGE_BYTES);
  const bytes = pageUp(c.ptr(1) + (start - va));
  if (va + bytes > USER_TOP || !c.task.space.isMapped(va, bytes)) throw new SysError('ENOMEM');
  return bytes === 0 ? 0 : done(c.task.space.lock(va, bytes, locked, bring));
}

const MLOCK_ONFAULT = 1;
const MCL = { CURRENT: 1, FUTURE: 2, ONFAULT: 4 } as const;

/** Commands of membarrier(2). One processor a site runs all threads, so every barrier holds already. */
const Barrier = { PRIVATE: 8 | 32 | 128, REGISTER: 16 | 64 | 256, ALL: 0b11_1111_1111 } as const;
const GET_REGISTRATIONS = 512;

function membarrier(c: Caller): number {
  const command = c.int(0);
  if (c.uint(1) !== 0) throw new SysError('EINVAL');
  if (command === 0) return Barrier.ALL;
  if (command < 0 || (command & (command - 1)) !== 0 || command & ~Barrier.ALL) throw new SysError('EINVAL');
  if (command === GET_REGISTRATIONS) return c.task.barriers;
  if (command & Barrier.REGISTER) c.task.barriers |= command;
  // Among the threads of a process: it has to be registered for first.
  if (command & Barrier.PRIVATE && (c.task.barriers & (command << 1)) === 0) throw new SysError('EPERM');
  return 0;
}

export const memoryCalls: LinuxCalls = {
  mmap,
  mremap,
  madvise,
  munmap: (c) => {
    const [va, bytes] = range(c, 'EINVAL');
    if (bytes === 0) throw new SysError('EINVAL');
    c.task.space.unmap(va, bytes);
    return 0;
  },
  mprotect: (c) => {
    const [va, bytes] = range(c);
    const prot = c.uint(2);
    if ((prot & ~Prot.ALL) !== 0) throw new SysError('EINVAL');
    if (bytes === 0) return 0;
    const start = prot & (Prot.GROWSDOWN | Prot.GROWSUP) ? growingFrom(c, va, prot) : va;
    c.task.space.protect(start, va + bytes - start, protectionOf(prot));
    return 0;
  },
  brk: (c) => c.task.space.brk(c.ptr(0)),
  msync: (c) => {
    const [va, bytes] = range(c);
    const flags = c.uint(2);
    const both = (flags & Msync.ASYNC) !== 0 && (flags & Msync.SYNC) !== 0;
    if (flags & ~7 || both) throw new SysError('EINVAL');
    if (!c.task.space.isMapped(va, bytes)) throw new SysError('ENOMEM');
    if (flags & Msync.INVALIDATE && c.task.space.isLocked(va, bytes)) throw new SysError('EBUSY');
    if (flags & Msync.ASYNC) return 0;
    return done(c.task.space.sync(va, bytes, (flags & Msync.INVALIDATE) !== 0));
  },
  mincore: (c) => {
    const [va, bytes] = range(c);
    c.memory.write(c.ptr(2), c.task.space.resident(va, bytes));
    return 0;
  },
  mlock: (c) => lock(c, true, true),
  mlock2: (c) => {
    if (c.uint(2) & ~MLOCK_ONFAULT) throw new SysError('EINVAL');
    return lock(c, true, (c.uint(2) & MLOCK_ONFAULT) === 0);
  },
  munlock: (c) => lock(c, false, false),
  mlockall: (c) => {
    const flags = c.uint(0);
    const [present, future] = [(flags & MCL.CURRENT) !== 0, (flags & MCL.FUTURE) !== 0];
    if ((!present && !future) || flags & ~(MCL.CURRENT | MCL.FUTURE | MCL.ONFAULT))
      throw new SysError('EINVAL');
    return done(c.task.space.lockAll({ present, future, bring: (flags & MCL.ONFAULT) === 0 }));
  },
  munlockall: (c) => done(c.task.space.lockAll({ present: false, future: false, bring: false })),
  membarrier,
  riscv_flush_icache: (c) => {
    if (c.ptr(2) & ~1) throw new SysError('EINVAL');
    c.task.flushInstructions();
    return 0;
  },
};
