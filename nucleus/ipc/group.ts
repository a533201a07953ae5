/**
 * Port groups: named sets of ports. A group is only a name: membership is kept where the member ports are, so
 * an empty group needs no deletion. Dynamic and static groups differ only in how their capability is made.
 *
 * The key that guards insertion must be checkable on every site without asking: a group's UI carries 48 bits
 * of a one-way hash of its key, so key and UI prove each other anywhere. A static group's key is computed
 * from its stamp (same stamp, same capability on all sites): a well-known service name, not a secret; static
 * *system* groups may be joined by trusted actors only.
 */
import { createHash } from 'node:crypto';
import type { Actor } from '../actors/actor.ts';
import type { RandomSource } from '../clock.ts';
import { KError } from '../errors.ts';
import { type Capability, type Key, newKey } from '../ids/capability.ts';
import { type SiteId, type UI, UiType, type UiTypeCode, uiBuild, uiType } from '../ids/ui.ts';

/** grpAllocate(2K) options: K_DYNAMIC, K_STATUSER, K_STATSYS. */
export type GroupKind = 'dynamic' | 'staticUser' | 'staticSystem';

/** A member as other sites know it. */
export interface GroupMember {
  readonly port: UI;
  readonly site: SiteId;
}

function groupUi(type: UiTypeCode, site: SiteId, key: string): UI {
  const digest = createHash('sha256').update(`group:${type}:${key}`).digest();
  return uiBuild(type, site, digest.readUInt16BE(0), digest.readUInt32BE(2));
}

/** Names a group. `stamp` (32 bits) is ignored for dynamic groups. Throws K_EPRIV, K_EINVAL. */
export function allocateGroup(
  caller: Actor,
  kind: GroupKind,
  stamp: number,
  site: SiteId,
  random: RandomSource,
): Capability {
  if (kind === 'dynamic') {
    const key = newKey(random);
    return { ui: groupUi(UiType.dynamicGroup, site, key), key };
  }
  if (kind === 'staticSystem' && !caller.trusted) throw new KError('K_EPRIV');
  return staticGroup(kind, stamp);
}

/** The capability of a static group, the same on every site. Throws K_EINVAL for a stamp beyond 32 bits. */
export function staticGroup(kind: 'staticUser' | 'staticSystem', stamp: number): Capability {
  if (!Number.isInteger(stamp) || stamp < 0 || stamp > 0xffffffff) throw new KError('K_EINVAL');
  const type = kind === 'staticUser' ? UiType.staticUserGroup : UiType.staticSystemGroup;
  const key = createHash('sha256').update(`stamp:${type}:${stamp}`).digest('hex').slice(0, 16) as Key;
  return { ui: groupUi(type, 0, key), key };
}

/**
 * Throws K_EINVAL when the key is not this group's, K_EPRIV when the actor may not touch a static system
 * group.
 */
export function checkGroupKey(group: Capability, actor: Actor): void {
  const type = uiType(group.ui);
  if (type === UiType.staticSystemGroup && !actor.trusted) throw new KError('K_EPRIV');
  const site = Number.parseInt(group.ui.slice(0, 4), 16) >>> 3;
  if (groupUi(type, site, group.key) !== group.ui) throw new KError('K_EINVAL');
}

/** The groups that ports of this site are members of. */
export class LocalGroups {
  private readonly members = new Map<UI, Set<UI>>();

  insert(group: UI, port: UI): void {
    let set = this.members.get(group);
    if (!set) this.members.set(group, (set = new Set()));
    set.add(port);
  }

  remove(group: UI, port: UI): boolean {
    const set = this.members.get(group);
    if (!set?.delete(port)) return false;
    if (set.size === 0) this.members.delete(group);
    return true;
  }

  membersOf(group: UI): readonly UI[] {
    const set = this.members.get(group);
    return set ? [...set] : [];
  }

  /** All groups with their local members: what a newly linked site is told. */
  entries(): IterableIterator<[UI, Set<UI>]> {
    return this.members.entries();
  }
}
