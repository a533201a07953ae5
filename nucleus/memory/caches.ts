/**
 * The local caches of a site: found by their segment's capability, and by the key under which mappers know
 * them. A cache that nobody shows is kept for the next who needs the segment, until there are too many or its
 * pages have gone; its mapper is told when it goes (MpRelease).
 *
 * When the site of a mapper is lost, the rights that it granted mean nothing any more: what its caches hold
 * is dropped, and later accesses fail with Fault.bus.
 */
import { isPromise } from '../awaitable.ts';
import type { Thread } from '../executive/thread.ts';
import { type Capability, type Key, newKey } from '../ids/capability.ts';
import { isGroupUi, type SiteId, type UI, uiCreationSite } from '../ids/ui.ts';
import { client, serve } from '../ipc/stubs.ts';
import type { Nucleus } from '../nucleus.ts';
import { LocalCache, SEGMENT_PAGES_MAX } from './cache.ts';
import { cacheServer } from './cache-server.ts';
import type { MemoryCore } from './core.ts';
import { CacheProtocol } from './mapper-protocol.ts';
import { DIRTY, SLOT } from './pages.ts';

/** Caches kept although nobody shows them. */
const IDLE_MAX = 4096;
/** When there are more, so many at once are looked at. */
const SWEEP = 64;

export class Caches {
  /** Temporary segments that regions show. */
  readonly temporaries = new Set<LocalCache>();
  private readonly vm: MemoryCore;
  private readonly nucleus: Nucleus;
  private readonly bySegment = new Map<string, LocalCache>();
  private readonly byKey = new Map<Key, LocalCache>();
  private readonly capabilities = new Map<LocalCache, Capability>();
  private served: UI | null = null;
  private swap: Capability | null = null;
  private readonly protocol: ReturnType<typeof client<typeof CacheProtocol.specs>>;

  constructor(vm: MemoryCore, nucleus: Nucleus) {
    this.vm = vm;
    this.nucleus = nucleus;
    this.protocol = client(nucleus, CacheProtocol);
    nucleus.onSite((site, up) => {
      if (!up) this.siteLost(site);
    });
  }

  /** The cache of a segment, made if it is not there. */
  of(segment: Capability): LocalCache {
    const name = `${segment.ui}${segment.key}`;
    const found = this.bySegment.get(name);
    if (found) return found;
    const cache = new LocalCache(this.vm, segment, newKey(this.nucleus.random));
    this.bySegment.set(name, cache);
    this.byKey.set(cache.key, cache);
    if (this.bySegment.size > IDLE_MAX) this.sweep();
    return cache;
  }

  /** A temporary segment: it lives as long as regions show it, of which the caller must make one. */
  temporary(): LocalCache {
    const cache = new LocalCache(this.vm, null, '' as Key);
    this.temporaries.add(cache);
    return cache;
  }

  find(segment: Capability): LocalCache | undefined {
    return this.bySegment.get(`${segment.ui}${segment.key}`);
  }

  get(key: Key): LocalCache | undefined {
    return this.byKey.get(key);
  }

  all(): LocalCache[] {
    return [...this.byKey.values()];
  }

  /** How mappers address a cache: the port of this site's nucleus, and its key. */
  capabilityOf(cache: LocalCache): Capability {
    let capability = this.capabilities.get(cache);
    if (!capability) this.capabilities.set(cache, (capability = { ui: this.port(), key: cache.key }));
    return capability;
  }

  /** What stands for the cache of a swap segment, which has none. */
  get swapCapability(): Capability {
    this.swap ??= { ui: this.port(), key: newKey(this.nucleus.random) };
    return this.swap;
  }

  private port(): UI {
    const { nucleus } = this;
    this.served ??= serve(nucleus, nucleus.kernel, CacheProtocol, cacheServer(this, this.protocol)).ui;
    return this.served;
  }

  /** Must follow whatever may have been the last use of a cache: one that holds nothing goes. */
  settle(cache: LocalCache): void {
    if (!cache.idle) return;
    const { onIdle } = cache;
    cache.onIdle = null;
    onIdle?.();
    if (cache.pages.resident === 0 && cache.idle) this.remove(cache);
  }

  private remove(cache: LocalCache): void {
    const segment = cache.segment;
    if (segment === null || !this.byKey.delete(cache.key)) return;
    this.bySegment.delete(`${segment.ui}${segment.key}`);
    const capability = this.capabilities.get(cache);
    this.capabilities.delete(cache);
    if (capability) this.release(segment, capability);
  }

  /** Tells the mapper, who owes no answer. */
  private release(segment: Capability, cache: Capability): void {
    const call = (thread: Thread) =>
      this.vm.mapper.release(
        thread,
        { target: segment.ui, mode: 'functional' },
        { key: segment.key, cache },
        { abortable: false },
      );
    try {
      const done = this.vm.threads.run(call);
      if (isPromise(done)) done.catch(() => {});
    } catch {
      // It may be gone: that is why the cache goes.
    }
  }

  /** Too many caches: the oldest that nobody shows, and that have nothing to write back, go. */
  private sweep(): void {
    let looked = 0;
    for (const [name, cache] of this.bySegment) {
      looked += 1;
      if (looked > SWEEP) return;
      if (cache.idle && !isDirty(cache)) this.drop(cache);
      else {
        // To the end of the order, so that the next sweep sees others.
        this.bySegment.delete(name);
        this.bySegment.set(name, cache);
      }
    }
  }

  /** Drops everything that a cache holds, written back or not. */
  drop(cache: LocalCache): void {
    cache.shootDown(0, SEGMENT_PAGES_MAX);
    cache.pages.clear(0, SEGMENT_PAGES_MAX);
    this.vm.pager.framesFreed();
    this.settle(cache);
  }

  private siteLost(site: SiteId): void {
    for (const cache of this.all()) {
      const { ui } = cache.segment!;
      if (!isGroupUi(ui) && uiCreationSite(ui) === site) this.drop(cache);
    }
  }
}

function isDirty(cache: LocalCache): boolean {
  let dirty = false;
  cache.pages.forEach(0, SEGMENT_PAGES_MAX, (_page, entry) => {
    if ((entry & SLOT) === 0 && (entry & DIRTY) !== 0) dirty = true;
  });
  return dirty;
}
