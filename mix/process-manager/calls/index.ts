/** The bodies of the system calls, by aspect. `Calls` makes a missing or mistyped one a compile error. */

import type { Sys } from '../../../subsystems/unix/sys.ts';
import type { SysCallName } from '../../../subsystems/unix/syscalls.ts';
import type { UThread } from '../process.ts';
import { asyncCalls } from './async-io.ts';
import { copyCalls } from './copies.ts';
import { creationCalls } from './creation.ts';
import { credentialCalls } from './credentials.ts';
import { descriptorCalls } from './descriptors.ts';
import { directoryCalls } from './directories.ts';
import { eventCalls } from './events.ts';
import { fileCalls } from './files.ts';
import { identityCalls } from './identity.ts';
import { inotifyCalls } from './inotify.ts';
import { ipcCalls } from './ipc.ts';
import { jobCalls } from './jobs.ts';
import { queueCalls } from './mq.ts';
import { signalCalls } from './signals.ts';
import { socketCalls } from './sockets.ts';
import { storageCalls } from './storage.ts';
import { systemCalls } from './system.ts';
import { terminalCalls } from './terminals.ts';
import { transferCalls } from './transfer.ts';
import { xattrCalls } from './xattrs.ts';

type Body<F> = F extends (...args: infer A) => infer R ? (t: UThread, ...args: A) => R : never;
export type Calls = { readonly [N in SysCallName]: Body<Sys[N]> };

const checkpoint = (_t: UThread): undefined => undefined;

export const CALLS: Calls = {
  ...fileCalls,
  ...xattrCalls,
  ...storageCalls,
  ...inotifyCalls,
  ...directoryCalls,
  ...descriptorCalls,
  ...asyncCalls,
  ...eventCalls,
  ...transferCalls,
  ...copyCalls,
  ...terminalCalls,
  ...creationCalls,
  ...identityCalls,
  ...credentialCalls,
  ...jobCalls,
  ...signalCalls,
  ...socketCalls,
  ...ipcCalls,
  ...queueCalls,
  ...systemCalls,
  checkpoint,
};
