/** How a command is being evaluated; bits, as they travel down with every call. */
export const Flags = {
  /** Its failure is being tested, so `set -e` does not act (POSIX 2.8.1, set -e). */
  TESTED: 1,
  /** The process ends after it: a simple command may exec without fork. */
  LAST: 2,
} as const;
