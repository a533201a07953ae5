import { afterEach, describe, expect, it } from 'vitest';
import { uiSite } from '../../nucleus/ids/ui.ts';
import { staticGroup } from '../../nucleus/ipc/group.ts';
import type { Destination } from '../../nucleus/ipc/message.ts';
import type { Nucleus } from '../../nucleus/nucleus.ts';
import { closeAll, type Joined, joinedSites, until, userThread } from './support/sites.ts';

let joined: Joined[] = [];
afterEach(() => closeAll(joined));

const GROUP = staticGroup('staticSystem', 42);

/** A port in the group that answers with its site's number. */
function member(nucleus: Nucleus) {
  const actor = nucleus.actorCreate(null, { name: 'member', privilege: 'supervisor' });
  const port = nucleus.portCreate(actor);
  nucleus.svMsgHandler(actor, port.li, () => ({ body: Uint8Array.of(nucleus.site) }));
  nucleus.grpPortInsert(actor, GROUP, port.ui);
  return { actor, port };
}

async function ask(nucleus: Nucleus, dest: Omit<Destination, 'target'>): Promise<number> {
  const reply = await nucleus.ipcCall(userThread(nucleus), {}, { target: GROUP.ui, ...dest });
  return reply.body![0]!;
}

describe('groups across sites', () => {
  it('functional, associative, exclusive', async () => {
    joined = await joinedSites(4);
    const [one, two, three, four] = joined.map(({ nucleus }) => nucleus) as [
      Nucleus,
      Nucleus,
      Nucleus,
      Nucleus,
    ];
    const members = [two, three].map(member);
    await until(() => [one, four].every((nucleus) => nucleus.ipc.allMembers(GROUP.ui).length === 2));
    expect([2, 3]).toContain(await ask(one, { mode: 'functional' }));
    expect(await ask(two, { mode: 'functional' })).toBe(2);
    const spread = new Set<number>();
    for (let count = 0; count < 10; count++) spread.add(await ask(one, { mode: 'functional' }));
    expect([...spread].sort()).toEqual([2, 3]);
    expect(await ask(one, { mode: 'associative', coTarget: uiSite(3) })).toBe(3);
    expect(await ask(two, { mode: 'exclusive', coTarget: uiSite(2) })).toBe(3);
    // Any UI declared on the site will do: an actor's, a port's.
    expect(await ask(four, { mode: 'associative', coTarget: members[0]!.actor.capability.ui })).toBe(2);
    expect(await ask(four, { mode: 'associative', coTarget: members[1]!.port.ui })).toBe(3);
    await expect(ask(four, { mode: 'associative', coTarget: uiSite(4) })).rejects.toThrow('K_EUNREACHABLE');
    await expect(ask(four, { mode: 'associative' })).rejects.toThrow('K_EINVAL');
  });

  it('broadcast reaches every member once; members vanish with their port and their site', async () => {
    joined = await joinedSites(3);
    const nuclei = joined.map(({ nucleus }) => nucleus);
    const received: number[] = [];
    const actors = nuclei.map((nucleus) => {
      const actor = nucleus.actorCreate(null, { name: 'listener', privilege: 'supervisor' });
      const port = nucleus.portCreate(actor);
      nucleus.svMsgHandler(actor, port.li, () => {
        received.push(nucleus.site);
        return {};
      });
      nucleus.grpPortInsert(actor, GROUP, port.ui);
      return actor;
    });
    const first = nuclei[0]!;
    await until(() => first.ipc.allMembers(GROUP.ui).length === 3);
    await first.ipcSend(userThread(first), {}, { target: GROUP.ui });
    await until(() => received.length === 3);
    expect(received.sort()).toEqual([1, 2, 3]);
    nuclei[1]!.actorDelete(actors[1]!);
    await until(() => first.ipc.allMembers(GROUP.ui).length === 2);
    await joined[2]!.sites.close();
    await until(() => first.ipc.allMembers(GROUP.ui).length === 1);
  });

  it('a site that joins late hears of all members', async () => {
    joined = await joinedSites(2);
    const [one, two] = joined.map(({ nucleus }) => nucleus) as [Nucleus, Nucleus];
    for (let count = 0; count < 600; count++) {
      const actor = one.kernel;
      const port = one.portCreate(actor);
      one.grpPortInsert(actor, staticGroup('staticSystem', 1000 + count), port.ui);
    }
    const last = staticGroup('staticSystem', 1599).ui;
    await until(() => two.ipc.allMembers(last).length === 1);
    expect(two.ipc.allMembers(staticGroup('staticSystem', 1000).ui)).toEqual([
      { port: expect.any(String), site: 1 },
    ]);
  });
});
