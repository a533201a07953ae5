import { afterEach, describe, expect, it } from 'vitest';
import type { Actor } from '../../nucleus/actors/actor.ts';
import { staticGroup } from '../../nucleus/ipc/group.ts';
import type { LinkTiming } from '../../nucleus/ipc/link.ts';
import type { Nucleus } from '../../nucleus/nucleus.ts';
import { closeAll, type Joined, joinedSites, until, userThread } from './support/sites.ts';

let joined: Joined[] = [];
afterEach(() => closeAll(joined));

const text = (body: Uint8Array | undefined): string => Buffer.from(body ?? []).toString();
const message = (value: string) => ({ body: Buffer.from(value) });

interface World {
  readonly nuclei: Nucleus[];
  readonly actors: Actor[];
}

async function world(count: number, timing: Partial<LinkTiming> = {}): Promise<World> {
  joined = await joinedSites(count, {}, timing);
  const nuclei = joined.map(({ nucleus }) => nucleus);
  const actors = nuclei.map((nucleus) =>
    nucleus.actorCreate(null, { name: 'home', privilege: 'supervisor' }),
  );
  return { nuclei, actors };
}

/** Receives `count` messages, answering them. */
async function drain(nucleus: Nucleus, actor: Actor, li: number, count: number): Promise<string[]> {
  const thread = nucleus.threadCreate(actor);
  const got: string[] = [];
  while (got.length < count) {
    const { message: received } = await nucleus.ipcReceive(thread, li, { delayMs: 2000 });
    got.push(text(received.body));
    nucleus.ipcReply(thread, { body: received.body });
  }
  return got;
}

describe('migration to another site', () => {
  it('takes queue and memberships along; blocked receivers get K_EABORT; senders need not know', async () => {
    const { nuclei, actors } = await world(3);
    const [one, two, three] = nuclei as [Nucleus, Nucleus, Nucleus];
    const group = staticGroup('staticSystem', 7);
    const port = one.portCreate(actors[0]!);
    one.grpPortInsert(actors[0]!, group, port.ui);
    one.portEnable(actors[0]!, port.li);
    const blocked = one.ipcReceive(one.threadCreate(actors[0]!), port.li);
    const [local, remote] = [userThread(one), userThread(three)];
    const moved = one.portMigrate(actors[0]!, port.li, actors[1]!.capability.ui, { follow: true });
    await expect(blocked).rejects.toThrow('K_EABORT');
    const calls = [
      one.ipcCall(local, message('held'), { target: port.ui }),
      three.ipcCall(remote, message('chasing'), { target: port.ui }),
    ];
    const { li, sequence } = await moved;
    expect([sequence, two.ipc.ports.get(port.ui)?.enabled]).toEqual([1, false]);
    expect((await drain(two, actors[1]!, li, 2)).sort()).toEqual(['chasing', 'held']);
    expect((await Promise.all(calls)).map(({ body }) => text(body))).toEqual(['held', 'chasing']);
    await until(() => three.ipc.allMembers(group.ui).every(({ site }) => site === 2));
    expect(three.ipc.allMembers(group.ui)).toEqual([{ port: port.ui, site: 2 }]);
    expect(await three.ipc.remote?.locate(port.ui)).toBe(2);
  });

  it('queued calls are answered from there, queued sends arrive in order, over several moves', async () => {
    const { nuclei, actors } = await world(4);
    const sender = nuclei[3]!;
    const port = nuclei[0]!.portCreate(actors[0]!);
    const thread = userThread(sender);
    const calls: Promise<unknown>[] = [];
    let li = port.li;
    for (let hop = 0; hop < 6; hop++) {
      for (let count = 0; count < 5; count++) {
        await sender.ipcSend(thread, message(`${hop}${count}`), { target: port.ui });
      }
      calls.push(
        Promise.resolve(sender.ipcCall(userThread(sender), message(`call${hop}`), { target: port.ui })),
      );
      const [from, to] = [hop % 3, (hop + 1) % 3];
      const destination = actors[to]!.capability.ui;
      ({ li } = await nuclei[from]!.portMigrate(actors[from]!, li, destination, { follow: true }));
    }
    const got = await drain(nuclei[0]!, actors[0]!, li, 36);
    const sends = got.filter((value) => !value.startsWith('call'));
    expect(sends).toEqual([...sends].sort());
    expect(sends.length).toBe(30);
    await Promise.all(calls);
  });

  it('without follow the queue is deleted, its calls fail with K_EMOVED', async () => {
    const { nuclei, actors } = await world(3);
    const [one, two, three] = nuclei as [Nucleus, Nucleus, Nucleus];
    const port = one.portCreate(actors[0]!);
    const call = three.ipcCall(userThread(three), message('x'), { target: port.ui });
    await until(() => port.queue.length === 1);
    const { li } = await one.portMigrate(actors[0]!, port.li, actors[1]!.capability.ui, { follow: false });
    await expect(call).rejects.toThrow('K_EMOVED');
    const thread = two.threadCreate(actors[1]!);
    await expect(two.ipcReceive(thread, li, { delayMs: 0 })).rejects.toThrow('K_ETIMEOUT');
  });

  it('an abort follows a call to where its message went', async () => {
    // An answer to an abort is awaited for as long as a link may take to fail.
    const { nuclei, actors } = await world(3, { pingMs: 50, deadMs: 250, retryMaxMs: 100 });
    const [one, two, three] = nuclei as [Nucleus, Nucleus, Nucleus];
    const port = one.portCreate(actors[0]!);
    const [serving, client] = [two.threadCreate(actors[1]!), userThread(three)];
    const call = three.ipcCall(client, message('x'), { target: port.ui });
    await until(() => port.queue.length === 1);
    const { li } = await one.portMigrate(actors[0]!, port.li, actors[1]!.capability.ui, { follow: true });
    await two.ipcReceive(serving, li);
    const work = serving.delay(60_000);
    client.abort();
    // The serving thread gives up without an answer: the client awaits one, then ends.
    await Promise.all([expect(call).rejects.toThrow('K_EABORT'), expect(work).rejects.toThrow('K_EABORT')]);
  });

  it('is refused for no actor, static ports and handlers, and the port stays as it was', async () => {
    const { nuclei, actors } = await world(2);
    const one = nuclei[0]!;
    const port = one.portCreate(actors[0]!);
    await one.ipcSend(userThread(one), message('kept'), { target: port.ui });
    const gone = actors[1]!.capability.ui;
    nuclei[1]!.actorDelete(actors[1]!);
    await expect(one.portMigrate(actors[0]!, port.li, gone, { follow: true })).rejects.toThrow('K_EUNKNOWN');
    expect(await drain(one, actors[0]!, port.li, 1)).toEqual(['kept']);
    await expect(one.portMigrate(actors[0]!, port.li, port.ui, { follow: true })).rejects.toThrow('K_EINVAL');
    await joined[1]!.sites.close();
    await expect(one.portMigrate(actors[0]!, port.li, gone, { follow: true })).rejects.toThrow(
      'K_EUNREACHABLE',
    );
    one.svMsgHandler(actors[0]!, port.li, () => ({}));
    expect(() => one.portMigrate(actors[0]!, port.li, gone, { follow: true })).toThrow('K_EINVAL');
  });
});
