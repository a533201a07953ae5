/** Open objects of /proc: directories, files with the content of the moment they were opened, traces. */

import type { RandomSource } from '../../../nucleus/clock.ts';
import { type Key, newKey } from '../../../nucleus/ids/capability.ts';
import type { SiteId } from '../../../nucleus/ids/ui.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import type { Node } from './nodes.ts';
import type { TraceReader } from './trace.ts';

/** Open objects of one /proc: ENFILE. */
export const PROC_HANDLES_MAX = 16384;

export interface Handle {
  readonly node: Node;
  /** Path from the root of /proc: '' for the root. */
  readonly path: string;
  readonly flags: number;
  /** O_PATH: a place only. */
  readonly place: boolean;
  content: Uint8Array;
  offset: number;
  readonly trace: TraceReader | null;
  readonly holders: Set<SiteId>;
}

export class Handles {
  private readonly handles = new Map<Key, Handle>();
  private readonly random: RandomSource;

  constructor(random: RandomSource) {
    this.random = random;
  }

  add(handle: Handle): Key {
    if (this.handles.size >= PROC_HANDLES_MAX) throw new SysError('ENFILE');
    const key = newKey(this.random);
    this.handles.set(key, handle);
    return key;
  }

  /** Throws EBADF. */
  get(key: Key): Handle {
    const handle = this.handles.get(key);
    if (!handle) throw new SysError('EBADF');
    return handle;
  }

  hold(keys: readonly Key[], site: SiteId): void {
    for (const key of keys) this.get(key).holders.add(site);
  }

  release(key: Key, site: SiteId): void {
    const handle = this.get(key);
    handle.holders.delete(site);
    if (handle.holders.size > 0) return;
    this.handles.delete(key);
    handle.trace?.close();
  }

  siteLost(site: SiteId): void {
    for (const [key, { holders }] of [...this.handles]) if (holders.has(site)) this.release(key, site);
  }
}
