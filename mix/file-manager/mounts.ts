/**
 * Mounts: the directories of this volume that other servers' trees cover, and this server's own place in the
 * tree of another. Walking into a covered directory, or above an attached root, leaves this server (see
 * walk.ts).
 */
import type { Ino, Volume } from '../../drivers/volume.ts';
import type { Key } from '../../nucleus/ids/capability.ts';
import type { UI } from '../../nucleus/ids/ui.ts';

/** Most mounts on one server: ENOSPC, as Linux answers for its mount-max. */
export const MOUNTS_MAX = 1024;

export interface Mount {
  readonly ino: Ino;
  readonly port: UI;
  readonly key: Key | undefined;
  readonly source: string;
  readonly type: string;
  /** Handle on the directory that has the mount point, pinned while the mount lasts. */
  readonly parent: Key | undefined;
}

export class MountTable {
  private readonly byIno = new Map<Ino, Mount>();
  private readonly volume: Volume;

  constructor(volume: Volume) {
    this.volume = volume;
  }

  get count(): number {
    return this.byIno.size;
  }

  at(ino: Ino): Mount | undefined {
    return this.byIno.size === 0 ? undefined : this.byIno.get(ino);
  }

  add(mount: Mount): void {
    this.volume.remember(mount.ino);
    this.byIno.set(mount.ino, mount);
  }

  remove(ino: Ino): void {
    if (this.byIno.delete(ino)) this.volume.forget(ino);
  }

  all(): Mount[] {
    return [...this.byIno.values()];
  }
}
