/**
 * Handles of /dev/pts: its only directory, open for reading or as a place to walk from, and O_PATH handles of
 * entries.
 */
import { Poll, S, Seek } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { DirEntry, Stat } from '../../subsystems/unix/sys.ts';
import type { ObjectKind } from '../protocols/object.ts';
import { PollQueue } from '../protocols/poll-queue.ts';
import { OpenObject } from './open-object.ts';
import { PTS_ROOT_INO, type Ptys, ptsIno } from './ptys.ts';

/** Positions 0 and 1 are '.' and '..'; pty N is at N + 2, so reading goes on however ptys come and go. */
const FIRST_ENTRY = 2;

export class PtsDirectory extends OpenObject {
  readonly kind: ObjectKind;
  readonly changed = new PollQueue();
  private readonly ptys: Ptys;
  private readonly attributes: Stat;
  private position = 0;

  constructor(kind: 'directory' | 'path', flags: number, ptys: Ptys, attributes: Stat) {
    super(flags);
    this.kind = kind;
    this.ptys = ptys;
    this.attributes = attributes;
  }

  override read(): never {
    throw new SysError(this.kind === 'path' ? 'EBADF' : 'EISDIR');
  }

  override write(): never {
    throw new SysError('EBADF');
  }

  override readdir(max: number): DirEntry[] {
    if (this.kind === 'path') throw new SysError('EBADF');
    const entries: DirEntry[] = [];
    const add = (name: string, ino: number, type: number, next: number): void => {
      if (entries.length >= max || next <= this.position) return;
      entries.push({ name, ino, type, next });
      this.position = next;
    };
    add('.', PTS_ROOT_INO, S.IFDIR, 1);
    add('..', PTS_ROOT_INO, S.IFDIR, FIRST_ENTRY);
    for (const number of this.ptys.numbers()) {
      add(String(number), ptsIno(number), S.IFCHR, FIRST_ENTRY + number + 1);
    }
    return entries;
  }

  /** Back to the start, or to a place that an earlier seek told. */
  override seek(offset: number, whence: number): number {
    const target = whence === Seek.CUR ? this.position + offset : offset;
    if (this.kind === 'path') throw new SysError('EBADF');
    if (whence === Seek.END || target < 0) throw new SysError('EINVAL');
    this.position = target;
    return target;
  }

  override readiness(): number {
    return this.kind === 'path' ? Poll.NVAL : Poll.IN | Poll.OUT;
  }

  override stat(): Stat {
    return this.attributes;
  }

  closed(): void {}
}

/** An entry opened with O_PATH: it can be looked at, and nothing else. */
export class PtsPath extends OpenObject {
  readonly kind = 'path';
  readonly changed = new PollQueue();
  private readonly attributes: Stat;

  constructor(flags: number, attributes: Stat) {
    super(flags);
    this.attributes = attributes;
  }

  override read(): never {
    throw new SysError('EBADF');
  }

  override write(): never {
    throw new SysError('EBADF');
  }

  override readiness(): number {
    return Poll.NVAL;
  }

  override stat(): Stat {
    return this.attributes;
  }

  closed(): void {}
}
