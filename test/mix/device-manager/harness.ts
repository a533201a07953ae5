/** A site with a Device Manager, a fake Process Manager that records signals, and threads that make calls. */

import { startDeviceManager } from '../../../mix/device-manager/device-manager.ts';
import { ObjectProtocol, type Special } from '../../../mix/protocols/object.ts';
import { PROCESS_MANAGERS, ProcessProtocol, type ProcessSpecs } from '../../../mix/protocols/process.ts';
import { isKError } from '../../../nucleus/errors.ts';
import type { Thread } from '../../../nucleus/executive/thread.ts';
import type { Key, ProtectionId } from '../../../nucleus/ids/capability.ts';
import type { Implementation } from '../../../nucleus/ipc/protocol.ts';
import { client, serve } from '../../../nucleus/ipc/stubs.ts';
import { Nucleus } from '../../../nucleus/nucleus.ts';
import { S } from '../../../subsystems/unix/constants.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import { type SignalName, signalName } from '../../../subsystems/unix/signals.ts';
import type { Stat } from '../../../subsystems/unix/sys.ts';

export { pending, settle } from '../support.ts';

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (data: Uint8Array): string => new TextDecoder().decode(data);

export function attributes(mode: number, rdev = 0): Stat {
  return {
    dev: 7,
    ino: 42,
    mode,
    nlink: 1,
    uid: 0,
    gid: 0,
    rdev,
    size: 0,
    blksize: 4096,
    blocks: 0,
    atimeMs: 1,
    mtimeMs: 2,
    ctimeMs: 3,
  };
}

export const deviceNode = (rdev: number): Special => ({
  kind: 'char',
  id: '',
  rdev,
  site: 1,
  attributes: attributes(S.IFCHR | 0o666, rdev),
});

export const fifoNode = (id: string): Special => ({
  kind: 'fifo',
  id,
  rdev: 0,
  site: 1,
  attributes: attributes(S.IFIFO | 0o644),
});

export function startSite(options: { terminals: boolean; pi?: ProtectionId } = { terminals: true }) {
  const nucleus = new Nucleus({ site: 1 });
  const bugs: unknown[] = [];
  nucleus.onBug((bug) => bugs.push(bug));
  const signals: { pgid: number; sig: SignalName | undefined }[] = [];
  const pm = nucleus.actorCreate(null, { name: 'PM', privilege: 'supervisor' });
  const fake = new Proxy(
    {
      signalGroup: ({ pgid, sig }: { pgid: number; sig: number }) => {
        signals.push({ pgid, sig: signalName(sig) });
        return { sent: 1 };
      },
    },
    {},
  ) as unknown as Implementation<ProcessSpecs>;
  nucleus.grpPortInsert(pm, PROCESS_MANAGERS, serve(nucleus, pm, ProcessProtocol, fake).ui);
  const manager = startDeviceManager(nucleus, options);
  const stub = client(nucleus, ObjectProtocol);
  const dest = { target: manager.port };
  const newThread = (uid = 0): Thread => {
    const actor = nucleus.actorCreate(null, {
      name: 'process',
      privilege: 'system',
      pi: { uid, gid: uid, domain: 0 },
    });
    return nucleus.threadCreate(actor);
  };
  const thread = newThread();
  return { nucleus, manager, stub, dest, thread, newThread, signals, bugs };
}

export type TestSite = ReturnType<typeof startSite>;

/** Read and write through the Device Manager as one thread. */
export function io(site: TestSite, thread: Thread = site.thread) {
  const { stub, dest } = site;
  return {
    read: async (key: Key, max = 65536): Promise<string> =>
      textOf((await stub.read(thread, dest, { key, max, offset: -1 })).data),
    readBytes: async (key: Key, max = 65536): Promise<Uint8Array> =>
      (await stub.read(thread, dest, { key, max, offset: -1 })).data,
    write: async (key: Key, data: string | Uint8Array): Promise<number> => {
      const request = {
        key,
        data: typeof data === 'string' ? bytesOf(data) : data,
        offset: -1,
        limit: Infinity,
      };
      return (await stub.write(thread, dest, request)).count;
    },
    poll: async (key: Key, events: number, wait = false): Promise<number> =>
      (await stub.poll(thread, dest, { key, events, wait })).revents,
    release: async (key: Key): Promise<void> => {
      await stub.release(thread, dest, { key });
    },
    open: async (special: Special, flags: number): Promise<Key> =>
      (await stub.openSpecial(thread, dest, { special, flags, pid: 0, sid: 0, pgid: 0 })).key,
    pipe: async (flags = 0) => stub.pipe(thread, dest, { flags }),
  };
}

/** The error name that a call fails with, or 'ok'. */
export async function errorOf(call: () => unknown): Promise<string> {
  try {
    await call();
    return 'ok';
  } catch (error) {
    if (error instanceof SysError) return error.code;
    if (isKError(error)) return error.kname;
    throw error;
  }
}
