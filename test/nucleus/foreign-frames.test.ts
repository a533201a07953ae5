/** A foreign site may send anything: it is counted and dropped, and the nucleus goes on serving. */
import fc from 'fast-check';
import { pack } from 'msgpackr';
import { afterEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../nucleus/clock.ts';
import { client, serve } from '../../nucleus/ipc/stubs.ts';
import { joinTransport, sitesReady } from '../../nucleus/join.ts';
import { Nucleus } from '../../nucleus/nucleus.ts';
import { InProcessHub } from '../../nucleus/transport/inprocess.ts';
import type { Transport } from '../../nucleus/transport/transport.ts';
import { EchoProtocol, type Joined, userThread } from './support/sites.ts';

let joined: Joined[] = [];
afterEach(async () => {
  for (const { sites } of joined) await sites.close();
  joined = [];
});

/** Changes what a transport sends, some of the time. */
function tamper(
  transport: Transport,
  change: (frames: readonly Uint8Array[]) => readonly Uint8Array[],
): Transport {
  return {
    site: transport.site,
    address: transport.address,
    lost: 0,
    listen: (listener) => transport.listen(listener),
    send: (to, frames) => transport.send(to, change(frames)),
    connect: (address) => transport.connect(address),
    peers: () => transport.peers(),
    close: () => transport.close(),
  };
}

const TIMING = { retryMs: 5, retryMaxMs: 20, pingMs: 100, deadMs: 60_000 };

async function pair(change: (frames: readonly Uint8Array[]) => readonly Uint8Array[]) {
  const hub = new InProcessHub();
  const nuclei = [new Nucleus({ site: 1 }), new Nucleus({ site: 2 })] as const;
  const transport = tamper(hub.join(1), change);
  joined = [
    { nucleus: nuclei[0], sites: joinTransport(nuclei[0], transport, { timing: TIMING }) },
    { nucleus: nuclei[1], sites: joinTransport(nuclei[1], hub.join(2), { timing: TIMING }) },
  ];
  const bugs: unknown[] = [];
  for (const nucleus of nuclei) nucleus.onBug((bug) => bugs.push(bug));
  await sitesReady(joined[0]!.sites, [2], 5000);
  const server = nuclei[1].actorCreate(null, { name: 'echo', privilege: 'supervisor' });
  const port = serve(nuclei[1], server, EchoProtocol, {
    add: ({ a, b }) => ({ sum: a + b }),
    fail: () => ({}),
    wait: () => ({}),
    echo: ({ data, more }) => ({ data, more }),
    any: ({ value }) => ({ value }),
  });
  return { nuclei, transport, bugs, target: port.ui, sites: joined[1]!.sites };
}

/** Bytes of a frame's header, and of a packet's. */
const HEADER = 50;
const PACKET = 6;

/** A frame of packets with any kinds and contents, under the header of a good one. */
function framed(good: Uint8Array, packets: readonly (readonly [number, Uint8Array])[]): Uint8Array {
  const head = Buffer.from(good.subarray(0, HEADER));
  head.writeUInt16LE(packets.length, 48);
  const parts = packets.map(([kind, content]) => {
    const packet = Buffer.alloc(PACKET);
    packet[0] = kind;
    packet.writeUInt32LE(content.length, 2);
    return Buffer.concat([packet, content]);
  });
  return Buffer.concat([head, ...parts]);
}

describe('frames of a foreign site', () => {
  it('calls go through while frames are cut, flipped, swapped and lost on the way', async () => {
    const random = seededRandom(11);
    let calm = true;
    const { nuclei, target, bugs } = await pair((frames) => {
      if (calm || random.next() < 0.6) return frames;
      const first = Uint8Array.prototype.slice.call(frames[0]);
      // The numbering of the conversation is left alone: a site that lies about that ends the conversation.
      const at = 48 + Math.floor(random.next() * Math.max(1, first.length - 48));
      if (random.next() < 0.3) return [first.subarray(0, Math.floor(random.next() * first.length))];
      if (random.next() < 0.3) return [first, Uint8Array.of(1)];
      if (at < first.length) first[at] = Math.floor(random.next() * 256);
      return [first];
    });
    const echo = client(nuclei[0], EchoProtocol);
    calm = false;
    let good = 0;
    for (let count = 0; count < 200; count++) {
      const thread = userThread(nuclei[0]);
      const call = Promise.resolve(echo.add(thread, { target }, { a: count, b: 1 }, { delayMs: 40 }));
      const sum = await call.then(
        ({ sum }) => sum,
        () => -1,
      );
      if (sum === count + 1) good += 1;
    }
    calm = true;
    expect(good).toBeGreaterThan(50);
    expect(await echo.add(userThread(nuclei[0]), { target }, { a: 1, b: 1 }, { delayMs: 5000 })).toEqual({
      sum: 2,
    });
    expect(bugs).toEqual([]);
  });

  it('whatever stands in a frame, nothing breaks', async () => {
    const { nuclei, transport, target, bugs, sites } = await pair((frames) => frames);
    const packets = fc.array(fc.tuple(fc.integer({ min: -1, max: 30 }), fc.anything({ maxDepth: 4 })));
    await fc.assert(
      fc.asyncProperty(packets, fc.array(fc.uint8Array()), async (content, raws) => {
        let body: Uint8Array;
        try {
          body = pack(content);
        } catch {
          return;
        }
        for (const header of [Uint8Array.of(), Uint8Array.of(0xc5, 2, 2, 0), new Uint8Array(50).fill(0xc5)]) {
          transport.send(2, [Buffer.concat([header, body]), ...raws]);
        }
      }),
      { numRuns: 300 },
    );
    const echo = client(nuclei[0], EchoProtocol);
    expect(await echo.add(userThread(nuclei[0]), { target }, { a: 1, b: 1 })).toEqual({ sum: 2 });
    expect(sites.malformed).toBeGreaterThan(0);
    expect(bugs).toEqual([]);
  });

  it('well-numbered frames with senseless packets are dropped packet by packet', async () => {
    let inject: (readonly [number, Uint8Array])[] | null = null;
    const { nuclei, target, bugs, sites } = await pair((frames) => {
      if (!inject || frames[0]![2] !== 2) return frames;
      const frame = framed(frames[0]!, inject);
      inject = null;
      return [frame];
    });
    const echo = client(nuclei[0], EchoProtocol);
    const thread = userThread(nuclei[0]);
    const random = seededRandom(12);
    const values: unknown[] = [
      null,
      -1,
      1.5,
      'x',
      target,
      [],
      {},
      [target],
      [1, 2, 3],
      [[target, 1, null, 1, 1, null, 0, null]],
    ];
    for (let kind = 0; kind < 20; kind++) {
      for (const value of values) {
        inject = [
          [kind, pack(Array.isArray(value) ? value : [value, value])],
          [kind, pack(value)],
          [kind, random.bytes(Math.floor(random.next() * 64))],
          [kind, Buffer.concat([random.bytes(40), pack(value)])],
        ];
        await Promise.resolve(echo.add(thread, { target }, { a: 1, b: 1 }, { delayMs: 3 })).catch(() => {});
      }
    }
    expect(await echo.add(thread, { target }, { a: 2, b: 1 }, { delayMs: 5000 })).toEqual({ sum: 3 });
    expect(sites.malformed).toBeGreaterThan(50);
    expect(bugs).toEqual([]);
  });
});
