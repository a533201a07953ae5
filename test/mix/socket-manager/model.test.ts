/**
 * Random sends, receives and looks at connections, on one site and between two, against a plain list of bytes
 * or of records; and random requests to the manager's port.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PeerProtocol, SOCKET_MANAGERS, SocketProtocol } from '../../../mix/protocols/socket.ts';
import { uiSite } from '../../../nucleus/ids/ui.ts';
import { client } from '../../../nucleus/ipc/stubs.ts';
import { AF, MSG, SOCK } from '../../../subsystems/unix/sockets.ts';
import { sendWildRequests } from '../wild-requests.ts';
import { bootSites, errorOf } from './support.ts';

const step = fc.oneof(
  fc.record({ op: fc.constant('send' as const), size: fc.integer({ min: 0, max: 40_000 }) }),
  fc.record({
    op: fc.constantFrom('receive' as const, 'peek' as const),
    size: fc.integer({ min: 0, max: 50_000 }),
  }),
);

/** Distinct enough to tell bytes apart. */
const pattern = (from: number, size: number): Uint8Array =>
  new Uint8Array(size).map((_, i) => ((from + i) * 31 + ((from + i) >> 8)) & 0xff);

async function play(
  type: number,
  sites: number,
  steps: readonly { op: string; size: number }[],
): Promise<void> {
  const world = await bootSites(sites);
  const [from, to] = [world.process(1), world.process(sites)];
  const listener = await to.socket(AF.UNIX, type);
  await to.bind(listener, { family: AF.UNIX, path: '\0model' });
  await to.listen(listener, 1);
  const writer = await from.socket(AF.UNIX, type);
  await from.connect(writer, { family: AF.UNIX, path: '\0model' });
  const { fd: reader } = await to.accept(listener);
  let sent = 0;
  const records: Uint8Array[] = [];
  for (const { op, size } of steps) {
    if (op === 'send') {
      const data = pattern(sent, size);
      let count = 0;
      const error = await errorOf(async () => {
        count = await from.sendmsg(writer, data, { flags: MSG.DONTWAIT });
      });
      if (error !== 'ok') {
        expect(error).toBe('EAGAIN');
        continue;
      }
      if (type === SOCK.SEQPACKET) expect(count).toBe(size);
      sent += count;
      if (type === SOCK.SEQPACKET || count > 0) records.push(data.subarray(0, count));
      continue;
    }
    const flags = MSG.DONTWAIT | (op === 'peek' ? MSG.PEEK : 0);
    if (records.length === 0) {
      const empty = await errorOf(() => to.recvmsg(reader, Math.max(1, size), { flags }));
      expect(empty).toBe('EAGAIN');
      continue;
    }
    const got = await to.recvmsg(reader, size, { flags });
    const wanted = type === SOCK.SEQPACKET ? records[0]! : Buffer.concat(records);
    expect(Buffer.compare(got.data, wanted.subarray(0, Math.min(size, wanted.length)))).toBe(0);
    if (op === 'peek') continue;
    if (type === SOCK.SEQPACKET) {
      expect(got.length).toBe(wanted.length);
      records.shift();
    } else records.splice(0, records.length, ...(wanted.length > size ? [wanted.subarray(size)] : []));
  }
  await from.close(writer);
  if (type === SOCK.STREAM) {
    const rest = await to.recvmsg(reader, 1_000_000, { flags: MSG.WAITALL });
    expect(Buffer.compare(rest.data, Buffer.concat(records))).toBe(0);
  }
  await world.close();
}

describe('connections against a model', () => {
  for (const [what, type] of [
    ['streams', SOCK.STREAM],
    ['records', SOCK.SEQPACKET],
  ] as const) {
    for (const sites of [1, 2]) {
      it(`${what}, ${sites === 1 ? 'on one site' : 'between sites'}`, { timeout: 60_000 }, async () => {
        const runs = fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), (steps) =>
          play(type, sites, steps),
        );
        await fc.assert(runs, { numRuns: 15 });
      });
    }
  }
});

describe('whatever is asked of a Socket Manager', () => {
  for (const [who, domain] of [
    ['a process', 1],
    ['a manager', 0],
  ] as const) {
    it(`by ${who}`, { timeout: 60_000 }, async () => {
      const world = await bootSites(1);
      const { nucleus } = world.system.sites[0]!;
      const pi = { uid: domain * 1000, gid: 0, domain };
      const actor = nucleus.actorCreate(null, { name: 'wild', privilege: 'system', pi });
      const dest = { target: SOCKET_MANAGERS.ui, mode: 'associative', coTarget: uiSite(1) } as const;
      const stub = client(nucleus, SocketProtocol);
      const thread = nucleus.threadCreate(actor);
      const keys: string[] = [];
      for (const [family, type] of [
        [AF.UNIX, SOCK.STREAM],
        [AF.UNIX, SOCK.DGRAM],
        [AF.UNIX, SOCK.SEQPACKET],
        [AF.INET, SOCK.STREAM],
        [AF.INET, SOCK.DGRAM],
        [AF.INET6, SOCK.STREAM],
      ] as const) {
        const kind = { domain: family, type, protocol: 0, flags: 0 };
        for (let i = 0; i < 2; i++) keys.push((await stub.create(thread, dest, kind)).key);
        if (family !== AF.UNIX) continue;
        const { first, second } = await stub.pair(thread, dest, kind);
        keys.push(first, second);
      }
      const port = nucleus.ipc.groups.membersOf(SOCKET_MANAGERS.ui)[0]!;
      const pool = [
        ...keys,
        port,
        AF.INET6,
        SOCK.SEQPACKET,
        { family: AF.UNIX, path: '\0n' },
        { family: AF.UNIX, path: '' },
        { family: AF.UNIX, path: '/tmp/s' },
        { family: AF.INET, host: '127.0.0.1', port: 99 },
        { family: AF.INET, host: '0.0.0.0', port: 0 },
        { family: AF.INET6, host: '::1', port: 99 },
        { family: AF.INET, host: 'nowhere', port: 99_999 },
        { family: 77 },
        { site: 1, id: 'node' },
        { site: 9, id: '' },
        { pid: 1, uid: 0, gid: 0 },
        { credentials: { pid: 1, uid: 0, gid: 0 }, rights: [] },
        [{ port, key: keys[0], kind: 'socket', label: '' }],
        'tcp',
        'udp',
        '127.0.0.1',
        ...['127.0.0.1', '::', 'nonsense'].map((host) => ({
          transport: 'tcp',
          family: AF.INET,
          host,
          port: 99,
          reuseAddress: true,
          reusePort: false,
          listening: true,
          v6only: false,
          uid: 0,
          owner: port,
          endpoint: keys[0],
          site: 1,
        })),
      ];
      const options = { nucleus, actor, dest, pool, runs: 1500 };
      const counts = await sendWildRequests(SocketProtocol, options);
      expect(counts.size).toBe(Object.keys(SocketProtocol.specs).length);
      await sendWildRequests(PeerProtocol, options);
      await world.close();
    });
  }
});
