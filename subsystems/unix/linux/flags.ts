/**
 * Numbers of the riscv64 Linux ABI that only the Linux interface needs. Those that native programs use too
 * (open flags, modes, poll events …) are in ../constants.ts with the same values: both are asm-generic.
 */

/** Flags of the *at calls, and the descriptor that means the working directory. */
export const AT = {
  FDCWD: -100,
  SYMLINK_NOFOLLOW: 0x100,
  EACCESS: 0x200,
  REMOVEDIR: 0x200,
  SYMLINK_FOLLOW: 0x400,
  NO_AUTOMOUNT: 0x800,
  EMPTY_PATH: 0x1000,
  /** AT_STATX_FORCE_SYNC and AT_STATX_DONT_SYNC. */
  STATX_SYNC: 0x6000,
} as const;

/** Open flags that mean nothing here, and are kept out of what servers see. */
export const OpenFlag = { ASYNC: 0o20000, DIRECT: 0o40000, LARGEFILE: 0o100000 } as const;

/** fcntl(2) commands. */
export const F = {
  DUPFD: 0,
  GETFD: 1,
  SETFD: 2,
  GETFL: 3,
  SETFL: 4,
  GETLK: 5,
  SETLK: 6,
  SETLKW: 7,
  SETOWN: 8,
  GETOWN: 9,
  SETSIG: 10,
  GETSIG: 11,
  SETOWN_EX: 15,
  GETOWN_EX: 16,
  OFD_GETLK: 36,
  OFD_SETLK: 37,
  OFD_SETLKW: 38,
  SETLEASE: 1024,
  GETLEASE: 1025,
  DUPFD_CLOEXEC: 1030,
  SETPIPE_SZ: 1031,
  GETPIPE_SZ: 1032,
  ADD_SEALS: 1033,
  GET_SEALS: 1034,
} as const;

export const FD_CLOEXEC = 1;

/** Clocks of clock_gettime(2). */
export const Clock = {
  REALTIME: 0,
  MONOTONIC: 1,
  PROCESS_CPUTIME_ID: 2,
  THREAD_CPUTIME_ID: 3,
  MONOTONIC_RAW: 4,
  REALTIME_COARSE: 5,
  MONOTONIC_COARSE: 6,
  BOOTTIME: 7,
  REALTIME_ALARM: 8,
  BOOTTIME_ALARM: 9,
  TAI: 11,
} as const;

/** Clocks that follow the time of day; the others count from the start. */
export const isRealtime = (clock: number): boolean =>
  clock === Clock.REALTIME ||
  clock === Clock.REALTIME_COARSE ||
  clock === Clock.REALTIME_ALARM ||
  clock === Clock.TAI;

export const TIMER_ABSTIME = 1;

/** Highest user address + 1 (Sv39): an argument beyond it is EFAULT before anything is looked at. */
export const USER_END = 2 ** 38;
