/** inotify(7): the object is read and polled as any other descriptor. */
import { done } from './answers.ts';
import type { LinuxCalls } from './caller.ts';

export const inotifyCalls: LinuxCalls = {
  inotify_init1: (c) => c.sys.inotifyInit(c.int(0)),
  inotify_add_watch: (c) => c.sys.inotifyAddWatch(c.int(0), c.memory.string(c.ptr(1)), c.uint(2)),
  inotify_rm_watch: (c) => done(c.sys.inotifyRmWatch(c.int(0), c.int(1))),
};
