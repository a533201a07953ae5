/** IPC: calls on one site, between two processes over ZeroMQ beside ZeroMQ alone, and many calls at once. */
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Dealer } from 'zeromq';
import type { UI } from '../../nucleus/ids/ui.ts';
import { EMPTY_MESSAGE } from '../../nucleus/ipc/message.ts';
import { joinTransport, sitesReady } from '../../nucleus/join.ts';
import { Nucleus } from '../../nucleus/nucleus.ts';
import type { Transport } from '../../nucleus/transport/transport.ts';
import { zeromqTransport } from '../../nucleus/transport/zeromq.ts';
import { type BenchRow, median, row } from './row.ts';

const LOCAL_CALLS = 200_000;
const ROUNDS = 2000;
const REPEATS = 9;
const AT_ONCE = 64;
/** Bytes of the frames of a null call and of its reply: what the raw ping-pong carries. */
const CALL_BYTES = 112;
const REPLY_BYTES = 62;

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

interface Pair {
  /** Runs that many calls, at most `atOnce` of them at once. */
  calls(count: number, atOnce: number): Promise<void>;
  raw(count: number): Promise<void>;
  close(): Promise<void>;
}

async function startPair(): Promise<Pair> {
  const directory = mkdtempSync(join(tmpdir(), 'chorus-bench-'));
  const [address, rawAddress] = [`ipc://${directory}/peer`, `ipc://${directory}/raw`];
  const child = fork(
    join(dirname(process.argv[1]!), 'bench-peer.js'),
    [address, rawAddress, String(REPLY_BYTES)],
    {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    },
  );
  const target = await new Promise<UI>((resolve) => {
    child.stdout!.once('data', (line: Buffer) => resolve(String(line).trim() as UI));
  });
  const nucleus = new Nucleus({ site: 1 });
  const transport: Transport = await zeromqTransport({ site: 1, address: `ipc://${directory}/own` });
  const sites = joinTransport(nucleus, transport, { connect: [address] });
  await sitesReady(sites, [2], 10_000);
  const actor = nucleus.actorCreate(null, { name: 'client' });
  const threads = Array.from({ length: AT_ONCE }, () => nucleus.threadCreate(actor));
  const dealer = new Dealer({ linger: 0 });
  dealer.connect(rawAddress);
  const request = Buffer.alloc(CALL_BYTES, 1);
  return {
    async calls(count, atOnce) {
      let left = count;
      const client = async (index: number): Promise<void> => {
        while (left-- > 0) await nucleus.ipcCall(threads[index]!, EMPTY_MESSAGE, { target });
      };
      await Promise.all(Array.from({ length: atOnce }, (_, index) => client(index)));
    },
    async raw(count) {
      for (let round = 0; round < count; round++) {
        await dealer.send(request);
        await dealer.receive();
      }
    },
    async close() {
      dealer.close();
      await sites.close();
      child.disconnect();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function timeUs(count: number, work: () => Promise<void>): Promise<number> {
  const startMs = performance.now();
  await work();
  return ((performance.now() - startMs) * 1000) / count;
}

async function remoteRows(): Promise<BenchRow[]> {
  const pair = await startPair();
  const [one, many, raw]: [number[], number[], number[]] = [[], [], []];
  try {
    // Interleaved, so that whatever else the machine does meets all of them alike.
    for (let repeat = 0; repeat <= REPEATS; repeat++) {
      const times = [
        await timeUs(ROUNDS, () => pair.raw(ROUNDS)),
        await timeUs(ROUNDS, () => pair.calls(ROUNDS, 1)),
        await timeUs(ROUNDS * 5, () => pair.calls(ROUNDS * 5, AT_ONCE)),
      ];
      if (repeat === 0) continue;
      raw.push(times[0]!);
      one.push(times[1]!);
      many.push(times[2]!);
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
