/**
 * Names of one directory in memory: a map for look-ups and a list in order of creation for reading. An
 * entry's cookie grows with creation, so a reader that goes on after a cookie neither repeats nor misses an
 * entry that was there all the time, however the directory changes meanwhile.
 */
import type { Ino } from '../volume.ts';

export interface DirectoryEntry {
  readonly name: string;
  readonly ino: Ino;
  readonly cookie: number;
  gone: boolean;
}

export class DirectoryNames {
  private readonly byName = new Map<string, DirectoryEntry>();
  private order: DirectoryEntry[] = [];
  private nextCookie = 1;

  get count(): number {
    return this.byName.size;
  }

  get(name: string): DirectoryEntry | undefined {
    return this.byName.get(name);
  }

  add(name: string, ino: Ino): void {
    const entry: DirectoryEntry = { name, ino, cookie: this.nextCookie++, gone: false };
    this.byName.set(name, entry);
    this.order.push(entry);
  }

  remove(name: string): void {
    const entry = this.byName.get(name);
    if (!entry) return;
    entry.gone = true;
    this.byName.delete(name);
    if (this.order.length > 32 && this.order.length > this.byName.size * 2) {
      this.order = this.order.filter((kept) => !kept.gone);
    }
  }

  /** At most `max` entries whose cookie is greater than `cookie`. */
  after(cookie: number, max: number): DirectoryEntry[] {
    const result: DirectoryEntry[] = [];
    for (let i = this.firstAfter(cookie); i < this.order.length && result.length < max; i++) {
      const entry = this.order[i]!;
      if (!entry.gone) result.push(entry);
    }
    return result;
  }

  private firstAfter(cookie: number): number {
    let low = 0;
    let high = this.order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.order[middle]!.cookie <= cookie) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
