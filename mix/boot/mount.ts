/**
 * Joins a server's tree to the tree of the system: directories made on the way, then the two halves of a
 * mount.
 */
import type { Thread } from '../../nucleus/executive/thread.ts';
import type { Key } from '../../nucleus/ids/capability.ts';
import type { UI } from '../../nucleus/ids/ui.ts';
import type { Client } from '../../nucleus/ipc/protocol.ts';
import { Limits, O } from '../../subsystems/unix/constants.ts';
import { isSysError, SysError } from '../../subsystems/unix/errno.ts';
import type { MovedTo, ObjectSpecs } from '../protocols/object.ts';

export interface Tree {
  readonly port: UI;
  readonly source: string;
  readonly type: string;
}

type Start = { port: UI; at: Key | undefined; path: string };

/** Follows a walk from server to server. Absolute symbolic links start again at the root. */
async function follow<R extends { moved?: MovedTo }>(
  root: UI,
  path: string,
  step: (start: Start, links: number) => R | Promise<R>,
): Promise<R & { server: UI }> {
  let start: Start = { port: root, at: undefined, path };
  for (let hops = 0, links = 0; hops <= Limits.SYMLOOP_MAX; hops++) {
    const reply = await step(start, links);
    if (!reply.moved) return { ...reply, server: start.port };
    const { kind, port, key, rest } = reply.moved;
    links = reply.moved.links;
    start =
      kind === 'root' || !port
        ? { port: root, at: undefined, path: rest.replace(/^\/+/, '') }
        : { port, at: key, path: rest };
  }
  throw new SysError('ELOOP');
}

/** Mounts `tree` at absolute `path`, making missing directories. Throws SysError. */
export async function mountTree(
  objects: Client<ObjectSpecs>,
  thread: Thread,
  root: UI,
  path: string,
  tree: Tree,
): Promise<void> {
  const parts = path.split('/').filter((part) => part !== '');
  for (let i = 1; i <= parts.length; i++)
    await makeDirectory(objects, thread, root, parts.slice(0, i).join('/'));
  const parentPath = parts.slice(0, -1).join('/');
  const parent = await follow(root, parentPath, ({ port, at, path: rest }, links) =>
    objects.open(
      thread,
      { target: port },
      {
        at,
        path: rest,
        links,
        flags: O.PATH | O.DIRECTORY,
        mode: 0,
        umask: 0,
      },
    ),
  );
  if (!parent.key) throw new SysError('EIO');
  const top = await objects.mounted(
    thread,
    { target: tree.port },
    { port: parent.server, parent: parent.key, path },
  );
  await follow(root, parts.join('/'), ({ port, at, path: rest }, links) =>
    objects.mount(
      thread,
      { target: port },
      {
        at,
        path: rest,
        links,
        port: tree.port,
        key: top.root,
        source: tree.source,
        type: tree.type,
        ...(port === parent.server ? { parent: parent.key } : {}),
      },
    ),
  );
  // The mount keeps the handle from now on.
  await objects.release(thread, { target: parent.server }, { key: parent.key });
}

async function makeDirectory(
  objects: Client<ObjectSpecs>,
  thread: Thread,
  root: UI,
  path: string,
): Promise<void> {
  try {
    await follow(root, path, ({ port, at, path: rest }, links) =>
      objects.mkdir(thread, { target: port }, { at, path: rest, links, mode: 0o755, umask: 0o022 }),
    );
  } catch (error) {
    if (!isSysError(error, 'EEXIST')) throw error;
  }
}
