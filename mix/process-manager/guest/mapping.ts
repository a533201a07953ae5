/** What regions of guests show: for /proc/PID/maps, and for the open files that mappings keep. */
import type { OpenObject } from '../objects.ts';

export interface MappingLabel {
  readonly label: string;
  readonly dev: number;
  readonly ino: number;
  readonly shared: boolean;
}

/** The opaque value of regions that show a file. Regions of one file and kind in one space have the same. */
export class FileMapping implements MappingLabel {
  readonly object: OpenObject;
  readonly dev: number;
  readonly ino: number;
  readonly shared: boolean;
  /** What mprotect may give: a shared mapping of a file open for reading is never writable. */
  readonly maxProtection: number;

  constructor(
    object: OpenObject,
    { dev, ino, shared, maxProtection }: Pick<FileMapping, 'dev' | 'ino' | 'shared' | 'maxProtection'>,
  ) {
    this.object = object;
    this.dev = dev;
    this.ino = ino;
    this.shared = shared;
    this.maxProtection = maxProtection;
  }

  get label(): string {
    return this.object.label;
  }
}

/** The opaque value of an attached System V segment; a new one for each attach. */
export class SegmentMapping implements MappingLabel {
  readonly label: string;
  /** Identifier of the segment. */
  readonly id: number;
  readonly dev = 0;
  readonly ino: number;
  readonly shared = true;

  constructor(id: number, label: string) {
    this.id = id;
    this.ino = id;
    this.label = label;
  }
}

const anonymous = (label: string): MappingLabel => ({ label, dev: 0, ino: 0, shared: false });

/** Of MAP_DROPPABLE. */
export const DROPPABLE = anonymous('');
export const HEAP = anonymous('[heap]');
export const STACK = anonymous('[stack]');
export const TRAMPOLINE = anonymous('[vdso]');
