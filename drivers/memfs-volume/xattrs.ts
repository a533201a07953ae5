/** The extended attributes of one inode in memory: values by name, in the order they were first set. */
import { Limits } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import { PAGE_BYTES } from './bytes.ts';

export class Xattrs {
  private readonly values = new Map<string, Uint8Array>();
  private bytes = 0;

  /** 4 KiB pages that they are counted as. */
  get pageCount(): number {
    return Math.ceil(this.bytes / PAGE_BYTES);
  }

  get isEmpty(): boolean {
    return this.values.size === 0;
  }

  names(): string[] {
    return [...this.values.keys()];
  }

  get(name: string): Uint8Array | undefined {
    return this.values.get(name)?.slice();
  }

  /** Sets or (undefined) removes. Throws ENOSPC beyond XATTR_TOTAL_MAX bytes, or `pagesLeft` more pages. */
  set(name: string, value: Uint8Array | undefined, pagesLeft: number): void {
    const old = this.values.get(name);
    const nameBytes = Buffer.byteLength(name);
    const before = old ? old.length + nameBytes : 0;
    const bytes = this.bytes - before + (value ? value.length + nameBytes : 0);
    const grows = bytes > this.bytes;
    if (grows && bytes > Limits.XATTR_TOTAL_MAX) throw new SysError('ENOSPC');
    if (grows && Math.ceil(bytes / PAGE_BYTES) - this.pageCount > pagesLeft) throw new SysError('ENOSPC');
    if (value) this.values.set(name, value.slice());
    else this.values.delete(name);
    this.bytes = bytes;
  }
}
