/** The handlers of the Linux interface, by family: a new file of handlers is one line here. */
import { attributeCalls } from './attributes.ts';
import type { LinuxCalls } from './caller.ts';
import { descriptorCalls } from './descriptors.ts';
import { directoryCalls } from './directories.ts';
import { fileCalls } from './files.ts';
import { ioctlCalls } from './ioctl.ts';
import { nameCalls } from './names.ts';
import { pollCalls } from './poll.ts';
import { systemCalls } from './system.ts';
import { timeCalls } from './time.ts';
import { transferCalls } from './transfer.ts';

export const FAMILIES: readonly LinuxCalls[] = [
  fileCalls,
  nameCalls,
  attributeCalls,
  directoryCalls,
  descriptorCalls,
  transferCalls,
  pollCalls,
  ioctlCalls,
  timeCalls,
  systemCalls,
];
