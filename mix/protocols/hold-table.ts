/**
 * The open objects of a server by key, and which sites hold them. A key is 64 unpredictable bits: who knows
 * it may use the object. The site that opened an object holds it from the start; a lost site holds nothing
 * any more. An object whose last hold is gone is closed, once.
 */
import type { RandomSource } from '../../nucleus/clock.ts';
import { type Key, newKey } from '../../nucleus/ids/capability.ts';
import type { SiteId } from '../../nucleus/ids/ui.ts';
import { SysError } from '../../subsystems/unix/errno.ts';

export interface HeldObject {
  readonly holders: Set<SiteId>;
  /** The last hold is gone. */
  closed(): void;
}

export class HoldTable<T extends HeldObject> {
  private readonly objects = new Map<Key, T>();
  /** Sites that were here and are lost: an open that ends after its opener's death must leave nothing. */
  private readonly lostSites = new Set<SiteId>();
  private readonly random: RandomSource;
  private readonly limit: number;

  constructor(random: RandomSource, limit: number) {
    this.random = random;
    this.limit = limit;
  }

  get size(): number {
    return this.objects.size;
  }

  /** Throws ENFILE when `count` more objects do not fit: asked before an object is made. */
  reserve(count: number): void {
    if (this.objects.size + count > this.limit) throw new SysError('ENFILE');
  }

  /** Throws EIO when the holder was lost meanwhile; the object is closed then. */
  add(object: T, holder: SiteId): Key {
    if (this.lostSites.has(holder)) {
      object.closed();
      throw new SysError('EIO');
    }
    const key = newKey(this.random);
    object.holders.add(holder);
    this.objects.set(key, object);
    return key;
  }

  /** Throws EBADF. */
  get(key: Key): T {
    const object = this.objects.get(key);
    if (!object) throw new SysError('EBADF');
    return object;
  }

  /** All keys or none. Throws EBADF. */
  hold(keys: readonly Key[], site: SiteId): void {
    const held = keys.map((key) => this.get(key));
    for (const object of held) object.holders.add(site);
  }

  /** Throws EBADF when the site does not hold the object. */
  release(key: Key, site: SiteId): void {
    const object = this.get(key);
    if (!object.holders.delete(site)) throw new SysError('EBADF');
    if (object.holders.size === 0) this.close(key, object);
  }

  siteUp(site: SiteId): void {
    this.lostSites.delete(site);
  }

  /** A site is gone, and its holds with it. */
  dropSite(site: SiteId): void {
    this.lostSites.add(site);
    for (const [key, object] of [...this.objects]) {
      if (object.holders.delete(site) && object.holders.size === 0) this.close(key, object);
    }
  }

  private close(key: Key, object: T): void {
    this.objects.delete(key);
    object.closed();
  }
}
