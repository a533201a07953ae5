/** Links: death in bounded time, new sessions after a cut or a reboot, many sites; all in virtual time. */
import { describe, expect, it } from 'vitest';
import { staticGroup } from '../../nucleus/ipc/group.ts';
import { client, serve } from '../../nucleus/ipc/stubs.ts';
import { joinTransport, type Sites } from '../../nucleus/join.ts';
import { Nucleus } from '../../nucleus/nucleus.ts';
import { type NetworkFaults, SimulatedNetwork } from '../../nucleus/transport/simulated.ts';
import { EchoProtocol, userThread } from './support/sites.ts';

const TIMING = { pingMs: 200, deadMs: 1000, ackDelayMs: 5, retryMs: 40, retryMaxMs: 300 };

function bootSite(network: SimulatedNetwork, number: number): Sites {
  const machine = network.boot(number);
  return joinTransport(new Nucleus(machine), machine.transport, { timing: TIMING });
}

const upCount = (sites: Sites): number => sites.sites().filter(({ up }) => up).length;

async function world(count: number, faults: Partial<NetworkFaults> = {}) {
  const network = new SimulatedNetwork(5, faults);
  const all = Array.from({ length: count }, (_, index) => bootSite(network, index + 1));
  expect(await network.run(10_000, () => all.every((sites) => upCount(sites) === count - 1))).toBe(true);
  return { network, all };
}

function echoOn({ nucleus }: Sites) {
  const actor = nucleus.actorCreate(null, { name: 'echo', privilege: 'supervisor' });
  let served = 0;
  const port = serve(nucleus, actor, EchoProtocol, {
    add: ({ a, b }) => {
      served += 1;
      return { sum: a + b };
    },
    fail: () => ({}),
    wait: async (_request, { thread }) => {
      await thread.delay(60_000);
      return {};
    },
    echo: ({ data, more }) => ({ data, more }),
    any: ({ value }) => ({ value }),
  });
  return { target: port.ui, served: () => served };
}

/** The outcome of a call, and when it came. */
function watch(network: SimulatedNetwork, call: unknown) {
  const result = { outcome: 'pending', atMs: 0 };
  const settle = (outcome: string): void => {
    result.outcome = outcome;
    result.atMs = network.now();
  };
  Promise.resolve(call).then(
    () => settle('done'),
    (error: { kname: string }) => settle(error.kname),
  );
  return result;
}

describe('a link', () => {
  it.each(['crash', 'cut'] as const)(
    'dies in bounded time after a %s, and its calls with it',
    async (how) => {
      const { network, all } = await world(2, { delayMs: [1, 5], crashNoticed: 0 });
      const [one, two] = all as [Sites, Sites];
      const { target } = echoOn(two);
      const echo = client(one.nucleus, EchoProtocol);
      const waiting = watch(network, echo.wait(userThread(one.nucleus), { target }, {}));
      await network.run(50);
      const startMs = network.now();
      if (how === 'crash') network.crash(2);
      else network.cut([1], [2]);
      const late = watch(network, echo.add(userThread(one.nucleus), { target }, { a: 1, b: 1 }));
      await network.run(5000);
      expect([waiting.outcome, late.outcome]).toEqual(['K_ELINKFAILURE', 'K_ELINKFAILURE']);
      for (const { atMs } of [waiting, late])
        expect(atMs - startMs).toBeLessThan(TIMING.deadMs + 2 * TIMING.pingMs);
      const after = watch(network, echo.add(userThread(one.nucleus), { target }, { a: 1, b: 1 }));
      await network.run(10);
      expect(after.outcome).toBe('K_EUNREACHABLE');
    },
  );

  it('starts a new session when the cut is healed and when the peer reboots', async () => {
    const { network, all } = await world(2, { delayMs: [1, 5], crashNoticed: 0 });
    const one = all[0]!;
    const changes: boolean[] = [];
    one.nucleus.onSite((_site, up) => changes.push(up));
    network.cut([1], [2]);
    await network.run(3000);
    network.heal();
    await network.run(2000);
    expect(changes).toEqual([false, true]);
    const { target, served } = echoOn(all[1]!);
    const echo = client(one.nucleus, EchoProtocol);
    const healed = watch(network, echo.add(userThread(one.nucleus), { target }, { a: 1, b: 1 }));
    await network.run(100);
    expect([healed.outcome, served()]).toEqual(['done', 1]);
    // So quick that nobody noticed the crash before the new boot spoke.
    network.crash(2);
    const pending = watch(network, echo.add(userThread(one.nucleus), { target }, { a: 1, b: 1 }));
    const again = bootSite(network, 2);
    await network.run(500);
    expect(pending.outcome).toBe('K_ELINKFAILURE');
    expect(one.sites()).toMatchObject([{ site: 2, up: true, epoch: 2 }]);
    const reborn = echoOn(again);
    const call = watch(network, echo.add(userThread(one.nucleus), { target: reborn.target }, { a: 1, b: 1 }));
    await network.run(100);
    expect(call.outcome).toBe('done');
  });

  it('delivers once and in order whatever the network does', async () => {
    const { network, all } = await world(2, { delayMs: [0.5, 60], loss: 0.15, duplicate: 0.3 });
    const [one, two] = all as [Sites, Sites];
    const actor = two.nucleus.actorCreate(null, { name: 'sink', privilege: 'supervisor' });
    const port = two.nucleus.portCreate(actor);
    const received: number[] = [];
    two.nucleus.svMsgHandler(actor, port.li, ({ body }) => {
      received.push(Number(Buffer.from(body ?? []).toString()));
      return {};
    });
    const thread = userThread(one.nucleus);
    for (let count = 0; count < 500; count++) {
      await one.nucleus.ipcSend(thread, { body: Buffer.from(String(count)) }, { target: port.ui });
      await network.run(1);
    }
    await network.run(20_000);
    expect(received).toEqual(Array.from({ length: 500 }, (_, index) => index));
    const counters = one.linkCounters(2)!;
    expect(counters.resent).toBeGreaterThan(50);
  });

  it('refuses what the peer does not take: bounded bytes', async () => {
    const network = new SimulatedNetwork(1, { crashNoticed: 0 });
    const machine = network.boot(1);
    const one = joinTransport(
      new Nucleus({ ...machine, limits: { linkBytes: 100_000 } }),
      machine.transport,
      {
        timing: TIMING,
      },
    );
    const two = bootSite(network, 2);
    await network.run(1000);
    const { target } = echoOn(two);
    network.cut([1], [2]);
    const thread = userThread(one.nucleus);
    const fill = (): void => {
      for (let count = 0; count < 100; count++)
        one.nucleus.ipcSend(thread, { body: new Uint8Array(5000) }, { target });
    };
    expect(fill).toThrow('K_EFULL');
    await expect(one.nucleus.ipcCall(thread, { body: new Uint8Array(5000) }, { target })).rejects.toThrow(
      'K_EFULL',
    );
  });
});

describe('64 sites in one process', () => {
  it('find one another, share a group, call across, and lose one', async () => {
    const { network, all } = await world(64, { delayMs: [0.5, 3] });
    const group = staticGroup('staticSystem', 64);
    const received: number[] = [];
    for (const { nucleus } of all) {
      const actor = nucleus.actorCreate(null, { name: 'member', privilege: 'supervisor' });
      const port = nucleus.portCreate(actor);
      nucleus.svMsgHandler(actor, port.li, () => {
        received.push(nucleus.site);
        return { body: Uint8Array.of(nucleus.site) };
      });
      nucleus.grpPortInsert(actor, group, port.ui);
    }
    await network.run(50);
    const first = all[0]!.nucleus;
    await first.ipcSend(userThread(first), {}, { target: group.ui });
    await network.run(50);
    expect(received.sort((a, b) => a - b)).toEqual(all.map(({ nucleus }) => nucleus.site));
    network.crash(64);
    const gone = await network.run(5000, () => all.slice(0, 63).every((sites) => upCount(sites) === 62));
    expect(gone).toBe(true);
    expect(first.ipc.allMembers(group.ui).length).toBe(63);
  });
});
