/**
 * Ports on their way. While a port is leaving this site or arriving at it, nobody can say where it is:
 * messages for it, marks and questions are held, in order, until that is decided; then they are delivered,
 * sent back or answered as if they had just arrived.
 */
import { KError } from '../errors.ts';
import type { SiteId, UI } from '../ids/ui.ts';
import type { Post } from './post.ts';

/** Messages held for one port in transit: K_EFULL. */
const HELD_MAX = 4096;

/** leaving: given away, not yet confirmed. prepared: announced. arriving: ours, not yet installed. */
export type TransitPhase = 'leaving' | 'prepared' | 'arriving';

/** `from` is null for this site's own messages. */
export type HeldItem =
  | { readonly kind: 'post'; readonly from: SiteId | null; readonly post: Post }
  | { readonly kind: 'mark'; readonly from: SiteId }
  | { readonly kind: 'locate'; readonly from: SiteId; readonly query: number };

interface Hold {
  phase: TransitPhase;
  items: HeldItem[];
}

export class Transit {
  private readonly holds = new Map<UI, Hold>();

  begin(target: UI, phase: TransitPhase): void {
    this.holds.set(target, { phase, items: [] });
  }

  setPhase(target: UI, phase: TransitPhase): void {
    const hold = this.holds.get(target);
    if (hold) hold.phase = phase;
  }

  phaseOf(target: UI): TransitPhase | undefined {
    return this.holds.get(target)?.phase;
  }

  /** False when the port is not in transit. Throws K_EFULL. */
  hold(target: UI, item: HeldItem): boolean {
    const hold = this.holds.get(target);
    if (!hold) return false;
    if (item.kind === 'post' && hold.items.length >= HELD_MAX) throw new KError('K_EFULL');
    hold.items.push(item);
    return true;
  }

  /** The transit is over: what was held, in order. */
  end(target: UI): readonly HeldItem[] {
    const items = this.holds.get(target)?.items ?? [];
    this.holds.delete(target);
    return items;
  }

  /** A client on another site gave up a call that is held. True when it was here. */
  cancel(from: SiteId, call: number): boolean {
    for (const hold of this.holds.values()) {
      const index = hold.items.findIndex(
        (item) => item.kind === 'post' && item.from === from && item.post.call === call,
      );
      if (index < 0) continue;
      hold.items.splice(index, 1);
      return true;
    }
    return false;
  }

  siteDown(site: SiteId): void {
    for (const hold of this.holds.values()) hold.items = hold.items.filter((item) => item.from !== site);
  }
}
