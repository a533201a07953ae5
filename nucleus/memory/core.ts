/**
 * The parts of a site's virtual memory: physical memory, local caches, the pager, swap space, and the
 * address spaces. The calls are in the classes that extend it: on regions, on segments, the rest in
 * VirtualMemory.
 */
import type { Actor } from '../actors/actor.ts';
import type { Clock } from '../clock.ts';
import { KError } from '../errors.ts';
import { ServerThreads } from '../executive/server-threads.ts';
import type { UI } from '../ids/ui.ts';
import { client } from '../ipc/stubs.ts';
import type { Nucleus } from '../nucleus.ts';
import { Caches } from './caches.ts';
import { MemoryContext } from './context.ts';
import { MapperProtocol } from './mapper-protocol.ts';
import { type PageOwner, Pager } from './pager.ts';
import { SiteMemory } from './site-memory.ts';
import { Swap } from './swap.ts';
import type { Awaited } from './transfer.ts';

/** Something that happens again and again, and that may be waited for. */
export class Signal {
  private listeners: (() => void)[] = [];

  wake(): void {
    const { listeners } = this;
    this.listeners = [];
    for (const listener of listeners) listener();
  }

  /** Settles when it happens next. */
  settled(): Promise<void> {
    return new Promise((resolve) => this.listeners.push(resolve));
  }
}

export class MemoryCore {
  readonly site: SiteMemory;
  readonly clock: Clock;
  readonly swap: Swap;
  readonly pager: Pager;
  readonly caches: Caches;
  readonly threads: ServerThreads;
  readonly mapper: ReturnType<typeof client<typeof MapperProtocol.specs>>;
  /** Is the port on this site? */
  readonly isHere: (port: UI) => boolean;
  /** A page that was held for a thread is free to go. */
  readonly holdsEnded = new Signal();
  /** What tries again when the event loop has had its turn. */
  readonly nextTurn: Awaited;
  /** What the last access that answered Fault.absent waits for. */
  awaited: Awaited;
  /** Why the last access that answered Fault.bus failed: what its mapper said; null: no such page. */
  failure: Error | null = null;
  private readonly contexts = new Map<Actor, MemoryContext>();

  constructor(nucleus: Nucleus) {
    this.site = new SiteMemory(nucleus.limits.memoryBytes);
    this.clock = nucleus.clock;
    this.nextTurn = { wait: () => nucleus.scheduler.yieldTurn().then(() => 1), error: null };
    this.awaited = this.nextTurn;
    this.threads = new ServerThreads(nucleus, nucleus.kernel, 'pager');
    this.mapper = client(nucleus, MapperProtocol);
    this.isHere = (port) => nucleus.ipc.ports.has(port);
    this.swap = new Swap(this, nucleus.limits.swapBytes);
    this.pager = new Pager(this);
    this.site.shortOfRuns = (frames) => this.pager.makeRoom(frames);
    this.caches = new Caches(this, nucleus);
  }

  /** The mapper that temporary segments are made at, for swap: a port, or a group of which one is asked. */
  get defaultMapper(): UI | null {
    return this.swap.mapper;
  }

  set defaultMapper(mapper: UI | null) {
    this.swap.mapper = mapper;
    this.pager.framesFreed();
  }

  /** The address space of an actor, made at first use. Throws K_ENOMEM, K_EUNKNOWN for a deleted actor. */
  contextOf(actor: Actor): MemoryContext {
    const found = this.contexts.get(actor);
    if (found) return found;
    if (actor.deleted) throw new KError('K_EUNKNOWN');
    const context = new MemoryContext(this, actor);
    this.contexts.set(actor, context);
    actor.onDelete.add(() => {
      this.contexts.delete(actor);
      context.delete();
    });
    return context;
  }

  /** Every address space of the site. */
  allContexts(): MemoryContext[] {
    return [...this.contexts.values()];
  }

  /** All that has pages. */
  pageOwners(): PageOwner[] {
    return [...this.contexts.values(), ...this.caches.all(), ...this.caches.temporaries];
  }
}
