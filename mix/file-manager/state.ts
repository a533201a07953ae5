/**
 * What the aspects of one File Manager share: the volume it serves, its open objects, mounts and record
 * locks.
 *
 * Invariants: every operation runs to its end without a wait, except waits for locks, for a disk (`fsync`),
 * and for pages of mapped files that other sites changed; so operations are atomic against each other.
 * Rights are judged by `Credentials` that come from the protection identifier stamped on the message, never
 * from the message itself (access(2) excepted).
 */

import type { Volume } from '../../drivers/volume.ts';
import type { Key } from '../../nucleus/ids/capability.ts';
import type { UI } from '../../nucleus/ids/ui.ts';
import type { CallContext } from '../../nucleus/ipc/port.ts';
import type { Implementation } from '../../nucleus/ipc/protocol.ts';
import type { Nucleus } from '../../nucleus/nucleus.ts';
import type { Credentials } from '../protocols/credentials.ts';
import type { ObjectSpecs } from '../protocols/object.ts';
import type { FlockTable } from './flocks.ts';
import type { HandleTable } from './handles.ts';
import type { LeaseTable } from './leases.ts';
import type { LockTable } from './locks.ts';
import type { Programs } from './mapping.ts';
import type { MountTable } from './mounts.ts';
import type { Reservations } from './reservations.ts';
import type { SealTable } from './seals.ts';
import type { Segments } from './segments.ts';
import type { Watches } from './watches.ts';

/** Where the root of this server hangs in another server's tree. */
export interface Attachment {
  readonly port: UI;
  /** Handle there on the directory that has the mount point. */
  readonly parent: Key;
  /** Absolute path of the mount point. */
  readonly path: string;
}

export interface FileServer {
  readonly nucleus: Nucleus;
  readonly volume: Volume;
  /** st_dev: unique per volume and site. */
  readonly dev: number;
  readonly handles: HandleTable;
  readonly mounts: MountTable;
  readonly locks: LockTable;
  readonly flocks: FlockTable;
  readonly leases: LeaseTable;
  readonly seals: SealTable;
  readonly segments: Segments;
  readonly programs: Programs;
  readonly watches: Watches;
  /** Where it serves the object protocol; set once when it starts. */
  port: UI | null;
  readonly reservations: Reservations;
  /** The standing handle on the root, for whoever mounts this server. */
  rootKey: Key;
  attachment: Attachment | null;
  /** The tree was unmounted: for trees that live only while they are mounted. */
  readonly onUnmounted: (() => void) | undefined;
}

/** A part of the object protocol's implementation. */
export type Operations = Partial<Implementation<ObjectSpecs>>;

export function credentialsOf(context: CallContext): Credentials {
  return context.actorPi;
}
