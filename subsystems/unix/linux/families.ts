/** The handlers of the Linux interface, by family: a new file of handlers is one line here. */
import { attributeCalls } from './attributes.ts';
import type { LinuxCalls } from './caller.ts';
import { capabilityCalls } from './capabilities.ts';
import { copyCalls } from './copies.ts';
import { descriptorCalls } from './descriptors.ts';
import { directoryCalls } from './directories.ts';
import { eventCalls } from './events.ts';
import { fileCalls } from './files.ts';
import { identityCalls } from './identity.ts';
import { inotifyCalls } from './inotify.ts';
import { ioctlCalls } from './ioctl.ts';
import { memoryCalls } from './memory.ts';
import { nameCalls } from './names.ts';
import { pollCalls } from './poll.ts';
import { posixQueueCalls } from './posix-mq.ts';
import { processCalls } from './processes.ts';
import { schedulingCalls } from './scheduling.ts';
import { signalCalls } from './signals.ts';
import { socketCalls } from './sockets.ts';
import { storageCalls } from './storage.ts';
import { systemCalls } from './system.ts';
import { sysvIpcCalls } from './sysv-ipc.ts';
import { threadCalls } from './threads.ts';
import { timeCalls } from './time.ts';
import { timerCalls } from './timers.ts';
import { transferCalls } from './transfer.ts';
import { usageCalls } from './usage.ts';
import { xattrCalls } from './xattrs.ts';

export const FAMILIES: readonly LinuxCalls[] = [
  fileCalls,
  nameCalls,
  attributeCalls,
  directoryCalls,
  descriptorCalls,
  transferCalls,
  copyCalls,
  storageCalls,
  xattrCalls,
  pollCalls,
  eventCalls,
  inotifyCalls,
  ioctlCalls,
  timeCalls,
  systemCalls,
  capabilityCalls,
  identityCalls,
  memoryCalls,
  processCalls,
  schedulingCalls,
  signalCalls,
  threadCalls,
  timerCalls,
  usageCalls,
  socketCalls,
  sysvIpcCalls,
  posixQueueCalls,
];
