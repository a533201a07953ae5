import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { UI } from '../../nucleus/ids/ui.ts';
import { client, serve } from '../../nucleus/ipc/stubs.ts';
import { joinTransport, type Sites, sitesReady } from '../../nucleus/join.ts';
import { Nucleus } from '../../nucleus/nucleus.ts';
import { type CurveKeys, newCurveKeys, zeromqTransport } from '../../nucleus/transport/zeromq.ts';
import { EchoProtocol, until, userThread } from './support/sites.ts';
import { runModule } from './support/spawn.ts';

let directory = '';
let open: Sites[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'chorus-zmq-'));
});
afterEach(async () => {
  await Promise.all(open.map((sites) => sites.close()));
  open = [];
  rmSync(directory, { recursive: true, force: true });
});

async function site(number: number, address?: string, curve?: CurveKeys): Promise<Sites> {
  const transport = await zeromqTransport({
    site: number,
    address: address ?? `ipc://${directory}/${number}`,
    curve,
  });
  const sites = joinTransport(new Nucleus({ site: number }), transport);
  open.push(sites);
  return sites;
}

function echoOn({ nucleus }: Sites) {
  const actor = nucleus.actorCreate(null, { name: 'echo', privilege: 'supervisor' });
  const port = serve(nucleus, actor, EchoProtocol, {
    add: ({ a, b }) => ({ sum: a + b }),
    fail: () => ({}),
    wait: async (_request, { thread }) => {
      await thread.delay(60_000);
      return {};
    },
    echo: ({ data, more }) => ({ data, more }),
    any: ({ value }) => ({ value }),
  });
  return { target: port.ui };
}

describe('sites over ZeroMQ', () => {
  it('calls in both directions over ipc://, large and many', async () => {
    const [one, two] = [await site(1), await site(2)];
    two.connect(one.transport.address);
    await sitesReady(one, [2], 5000);
    await sitesReady(two, [1], 5000);
    for (const [from, to] of [
      [one, two],
      [two, one],
    ] as const) {
      const dest = echoOn(to);
      const echo = client(from.nucleus, EchoProtocol);
      const data = new Uint8Array(65_536).map((_, index) => index);
      const reply = await echo.echo(userThread(from.nucleus), dest, { data });
      expect(Buffer.compare(reply.data, data)).toBe(0);
      const sums = Array.from({ length: 2000 }, (_, a) =>
        echo.add(userThread(from.nucleus), dest, { a, b: 1 }),
      );
      expect((await Promise.all(sums)).map(({ sum }) => sum)).toEqual(sums.map((_, index) => index + 1));
    }
  });

  it('introduces a site that knows one address to all others', async () => {
    const all = [await site(1), await site(2), await site(3), await site(4)];
    for (const late of all.slice(1)) late.connect(all[0]!.transport.address);
    for (const sites of all) await sitesReady(sites, [1, 2, 3, 4], 5000);
    expect(all[3]!.sites().map(({ site, up }) => [site, up])).toContainEqual([2, true]);
    const dest = echoOn(all[1]!);
    const echo = client(all[3]!.nucleus, EchoProtocol);
    expect(await echo.add(userThread(all[3]!.nucleus), dest, { a: 1, b: 2 })).toEqual({ sum: 3 });
  });

  it('fails pending calls at once when a site leaves, and takes it back after', async () => {
    const [one, two] = [await site(1), await site(2)];
    two.connect(one.transport.address);
    await sitesReady(one, [2], 5000);
    const dest = echoOn(two);
    const changes: [number, boolean][] = [];
    one.nucleus.onSite((number, up) => changes.push([number, up]));
    const waiting = Promise.resolve(
      client(one.nucleus, EchoProtocol).wait(userThread(one.nucleus), dest, {}),
    );
    const outcome = expect(waiting).rejects.toThrow('K_ELINKFAILURE');
    await client(one.nucleus, EchoProtocol).add(userThread(one.nucleus), dest, { a: 1, b: 1 });
    await two.close();
    await outcome;
    expect(readdirSync(directory)).toEqual(['1']);
    const again = await site(2);
    again.connect(one.transport.address);
    await until(() => changes.length === 2);
    expect(changes).toEqual([
      [2, false],
      [2, true],
    ]);
  });

  it('notices a site process killed by SIGKILL, and takes a rebooted one back', async () => {
    const one = await site(1);
    const args = ['2', `ipc://${directory}/2`, one.transport.address];
    const child = await runModule('child-site', args);
    await sitesReady(one, [2], 5000);
    const echo = client(one.nucleus, EchoProtocol);
    const dest = { target: child.line as UI };
    expect(await echo.add(userThread(one.nucleus), dest, { a: 1, b: 2 })).toEqual({ sum: 3 });
    const waits = Array.from({ length: 50 }, () =>
      Promise.resolve(echo.wait(userThread(one.nucleus), dest, {})),
    );
    const outcomes = Promise.allSettled(waits);
    const startMs = performance.now();
    child.process.kill('SIGKILL');
    for (const outcome of await outcomes)
      expect(outcome).toMatchObject({ reason: { kname: 'K_ELINKFAILURE' } });
    expect(performance.now() - startMs).toBeLessThan(2000);
    await expect(echo.add(userThread(one.nucleus), dest, { a: 1, b: 2 })).rejects.toThrow('K_EUNREACHABLE');
    const again = await runModule('child-site', args);
    await sitesReady(one, [2], 5000);
    const call = echo.add(userThread(one.nucleus), { target: again.line as UI }, { a: 20, b: 2 });
    expect(await call).toEqual({ sum: 22 });
    await expect(echo.add(userThread(one.nucleus), dest, { a: 1, b: 2 })).rejects.toThrow('K_EUNREACHABLE');
    again.process.kill('SIGKILL');
  });

  it('admits only known keys over tcp://', async () => {
    const keys = await newCurveKeys();
    const one = await site(1, 'tcp://127.0.0.1:*', keys);
    const two = await site(2, 'tcp://127.0.0.1:*', keys);
    two.connect(one.transport.address);
    await sitesReady(two, [1], 5000);
    const stranger = await site(3, 'tcp://127.0.0.1:*', await newCurveKeys());
    stranger.connect(one.transport.address);
    const plain = await site(4, 'tcp://127.0.0.1:*');
    plain.connect(one.transport.address.split('?')[0]!);
    await expect(sitesReady(stranger, [1], 300)).rejects.toThrow('K_ETIMEOUT');
    await expect(sitesReady(plain, [1], 10)).rejects.toThrow('K_ETIMEOUT');
    await expect(zeromqTransport({ site: 5, address: 'tcp://0.0.0.0:*' })).rejects.toThrow(
      'CURVE keys are required',
    );
    await expect(zeromqTransport({ site: 5, address: 'udp://x' })).rejects.toThrow('neither');
  });
});
