/** IPC: calls on one site, between two processes over ZeroMQ beside ZeroMQ alone, and many calls at once. */
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Context, Dealer } from 'zeromq';
import type { UI } from '../../nucleus/ids/ui.ts';
import { EMPTY_MESSAGE } from '../../nucleus/ipc/message.ts';
import { joinTransport, sitesReady } from '../../nucleus/join.ts';
import { Nucleus } from '../../nucleus/nucleus.ts';
import type { Transport, TransportListener } from '../../nucleus/transport/transport.ts';
import { socketOptions, zeromqTransport } from '../../nucleus/transport/zeromq.ts';
import { type BenchRow, median, row } from './row.ts';

const LOCAL_CALLS = 200_000;
const REPEATS = 9;
/** Between two processes: calls of one measurement, and measurements of each kind, taken in turn. */
const ROUNDS = 500;
const REMOTE_REPEATS = 40;
/** Measurements of 64 calls at once among them, and their calls. */
const MANY_EVERY = 4;
const MANY_ROUNDS = 8000;
const AT_ONCE = 64;
/** Bytes of the frames of a null call and of its reply, checked: what the raw ping-pong carries. */
const CALL_BYTES = 96;
const REPLY_BYTES = 72;

/** Median time of one call on one site, µs. */
async function localCall(traced: boolean): Promise<number> {
  const nucleus = new Nucleus({ site: 1 });
  const server = nucleus.actorCreate(null, { name: 'null', privilege: 'supervisor' });
  const port = nucleus.portCreate(server);
  nucleus.svMsgHandler(server, port.li, () => EMPTY_MESSAGE);
  const thread = nucleus.threadCreate(nucleus.actorCreate(null, { name: 'client' }));
  let events = 0;
  if (traced) nucleus.tracer.subscribe(() => (events += 1));
  const dest = { target: port.ui };
  const times: number[] = [];
  for (let repeat = 0; repeat <= REPEATS; repeat++) {
    const startMs = performance.now();
    for (let count = 0; count < LOCAL_CALLS; count++) {
      const reply = nucleus.ipcCall(thread, EMPTY_MESSAGE, dest);
      if (reply instanceof Promise) await reply;
    }
    if (repeat > 0) times.push(((performance.now() - startMs) * 1000) / LOCAL_CALLS);
  }
  if (traced && events === 0) throw new Error('the subscriber heard nothing');
  return median(times);
}

export interface Pair {
  /** Runs that many null calls, at most `atOnce` of them at once. */
  calls(count: number, atOnce: number): Promise<void>;
  /** Calls, one after the other, whose answer is as many pages as a first fault brings. */
  bulk(count: number): Promise<void>;
  raw(count: number): Promise<void>;
  close(): Promise<void>;
}

export async function startPair(): Promise<Pair> {
  const directory = mkdtempSync(join(tmpdir(), 'chorus-bench-'));
  const [address, rawAddress] = [`ipc://${directory}/peer`, `ipc://${directory}/raw`];
  const child = fork(
    join(dirname(process.argv[1]!), 'bench-peer.js'),
    [address, rawAddress, String(REPLY_BYTES)],
    {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    },
  );
  const [target, bulkTarget] = await new Promise<UI[]>((resolve) => {
    child.stdout!.once('data', (line: Buffer) => resolve(String(line).trim().split(' ') as UI[]));
  });
  const nucleus = new Nucleus({ site: 1 });
  const transport = new Scales(await zeromqTransport({ site: 1, address: `ipc://${directory}/own` }));
  const sites = joinTransport(nucleus, transport, { connect: [address] });
  await sitesReady(sites, [2], 10_000);
  const actor = nucleus.actorCreate(null, { name: 'client' });
  const threads = Array.from({ length: AT_ONCE }, () => nucleus.threadCreate(actor));
  const calls = async (count: number, atOnce: number): Promise<void> => {
    let left = count;
    const client = async (index: number): Promise<void> => {
      while (left-- > 0) await nucleus.ipcCall(threads[index]!, EMPTY_MESSAGE, { target: target! });
    };
    await Promise.all(Array.from({ length: atOnce }, (_, index) => client(index)));
  };
  await calls(ROUNDS, 1);
  transport.check();
  const raw = await rawPing(rawAddress);
  return {
    calls,
    async bulk(count) {
      for (let i = 0; i < count; i++)
        await nucleus.ipcCall(threads[0]!, EMPTY_MESSAGE, { target: bulkTarget! });
    },
    raw: raw.calls,
    async close() {
      raw.close();
      await sites.close();
      child.disconnect();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Weighs the frames of a call and of its reply on their way through a transport. */
class Scales implements Transport {
  readonly site: number;
  private readonly inner: Transport;
  private sent = 0;
  private received = 0;

  constructor(inner: Transport) {
    this.inner = inner;
    this.site = inner.site;
  }

  get address(): string {
    return this.inner.address;
  }

  get lost(): number {
    return this.inner.lost;
  }

  listen(listener: TransportListener): void {
    this.inner.listen({
      onPeer: (site, reachable) => listener.onPeer(site, reachable),
      onFrames: (from, frames) => {
        this.received = frames[0]!.length;
        listener.onFrames(from, frames);
      },
    });
  }

  send(to: number, frames: readonly Uint8Array[]): void {
    this.sent = frames[0]!.length;
    this.inner.send(to, frames);
  }

  check(): void {
    if (this.sent === CALL_BYTES && this.received === REPLY_BYTES) return;
    throw new Error(`a null call is ${this.sent} bytes and ${this.received} back: correct this benchmark`);
  }

  connect(address: string): void {
    this.inner.connect(address);
  }

  peers(): readonly number[] {
    return this.inner.peers();
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}

/** The same bytes through the same kinds of sockets with the same options, received in the same way. */
async function rawPing(address: string): Promise<{ calls(count: number): Promise<void>; close(): void }> {
  const dealer = new Dealer({ ...socketOptions(new Context()), immediate: true });
  const connected = new Promise((resolve) => dealer.events.on('handshake', resolve));
  dealer.connect(address);
  await connected;
  const request = Buffer.alloc(CALL_BYTES, 1);
  let arrived: (() => void) | undefined;
  const ignore = (): void => {};
  const receive = async (): Promise<void> => {
    for (;;) {
      await dealer.receive();
      arrived?.();
    }
  };
  receive().catch(ignore);
  const once = (): Promise<void> =>
    new Promise((resolve) => {
      arrived = resolve;
      dealer.send([request]).then(ignore, ignore);
    });
  return {
    async calls(count) {
      for (let round = 0; round < count; round++) await once();
    },
    close: () => dealer.close(),
  };
}

export async function timeUs(count: number, work: () => Promise<void>): Promise<number> {
  const startMs = performance.now();
  await work();
  return ((performance.now() - startMs) * 1000) / count;
}

async function remoteRows(): Promise<BenchRow[]> {
  const pair = await startPair();
  const [one, many, raw]: [number[], number[], number[]] = [[], [], []];
  try {
    // Interleaved, so that whatever else the machine does meets all of them alike.
    for (let repeat = -2; repeat < REMOTE_REPEATS; repeat++) {
      const rawUs = await timeUs(ROUNDS, () => pair.raw(ROUNDS));
      const oneUs = await timeUs(ROUNDS, () => pair.calls(ROUNDS, 1));
      const manyUs =
        repeat % MANY_EVERY === 0 ? await timeUs(MANY_ROUNDS, () => pair.calls(MANY_ROUNDS, AT_ONCE)) : null;
      if (repeat < 0) continue;
      raw.push(rawUs);
      one.push(oneUs);
      if (manyUs !== null) many.push(manyUs);
    }
  } finally {
    await pair.close();
  }
  const perSecond = (us: number): number => 1_000_000 / us;
  return [
    row(
      'ipc: null ipcCall, two processes, ZeroMQ alone beside',
      median(one),
      'µs',
      { on: 'ratio', most: 1.3 },
      median(raw),
      median(one.map((us, i) => us / raw[i]!)),
    ),
    row(
      `ipc: null ipcCall, two processes, ${AT_ONCE} at once`,
      perSecond(median(many)),
      'calls/s',
      { on: 'ratio', least: 5 },
      perSecond(median(one)),
    ),
  ];
}

export async function run(): Promise<BenchRow[]> {
  const quiet = await localCall(false);
  const traced = await localCall(true);
  return [
    row('ipc: null ipcCall, one site', quiet, 'µs', { on: 'value', most: 2 }),
    row('ipc: null ipcCall, one site, trace subscriber', traced, 'µs', undefined, quiet),
    ...(await remoteRows()),
  ];
}
