/** What Linux adds to files: flock, fallocate, syncfs, memfd_create. */
import { Memfd } from '../constants.ts';
import { allow, done } from './answers.ts';
import type { LinuxCalls } from './caller.ts';

/** Longest name of a memfd with its NUL: EINVAL, which the name's own limit gives. */
const NAME_BYTES = 4096;
const MEMFD_FLAGS = Memfd.CLOEXEC | Memfd.ALLOW_SEALING | Memfd.HUGETLB | Memfd.NOEXEC_SEAL | Memfd.EXEC;

export const storageCalls: LinuxCalls = {
  flock: (c) => done(c.sys.flock(c.int(0), c.int(1))),
  fallocate: (c) => done(c.sys.fallocate(c.int(0), c.int(1), c.long(2), c.long(3))),
  syncfs: (c) => done(c.sys.syncfs(c.int(0))),
  memfd_create: (c) => {
    const flags = c.uint(1);
    allow(flags, MEMFD_FLAGS);
    return c.sys.memfdCreate(c.memory.string(c.ptr(0), NAME_BYTES), flags);
  },
};
