/** Sockets and System V IPC between sites of a bad network, and when a site dies in the middle. */
import { describe, expect, it } from 'vitest';
import type { NetworkFaults } from '../../nucleus/transport/simulated.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import { IPC, SEM_UNDO } from '../../subsystems/unix/ipc.ts';
import { AF, MSG, SOCK, type SocketAddress } from '../../subsystems/unix/sockets.ts';
import type { Fd, Sys } from '../../subsystems/unix/sys.ts';
import { Simulation } from './simulation.ts';

const FAULTS: Partial<NetworkFaults> = { delayMs: [0.2, 6], loss: 0.08, duplicate: 0.08 };
const TOTAL = 600_000;

async function started(seed: number) {
  const simulation = new Simulation(seed);
  await simulation.boot();
  simulation.network.faults = { ...simulation.network.faults, ...FAULTS };
  const process = (site: number): Sys => simulation.sites[site - 1]!.processes.hostProcess('test');
  return { simulation, process };
}

async function errorOf(call: () => unknown): Promise<string> {
  try {
    await call();
    return 'ok';
  } catch (error) {
    if (error instanceof SysError) return error.code;
    throw error;
  }
}

async function connected(from: Sys, to: Sys, address: SocketAddress): Promise<{ client: Fd; server: Fd }> {
  const listener = await to.socket(address.family, SOCK.STREAM);
  await to.bind(listener, address);
  await to.listen(listener, 1);
  const client = await from.socket(address.family, SOCK.STREAM);
  const [, { fd: server }] = await Promise.all([
    from.connect(client, await to.getsockname(listener)),
    to.accept(listener),
  ]);
  await to.close(listener);
  return { client, server };
}

/** The byte at a place of the stream. */
const byteAt = (at: number): number => (at * 7 + (at >> 8)) & 0xff;

async function sendAll(sys: Sys, fd: Fd): Promise<void> {
  for (let at = 0; at < TOTAL; ) {
    const piece = new Uint8Array(Math.min(30_011, TOTAL - at)).map((_, i) => byteAt(at + i));
    at += await sys.write(fd, piece);
  }
  await sys.close(fd);
}

/** Bytes that came, and how many were wrong. */
async function receiveAll(sys: Sys, fd: Fd): Promise<[number, number]> {
  let at = 0;
  let wrong = 0;
  for (;;) {
    const data = await sys.read(fd, 20_000);
    if (data.length === 0) return [at, wrong];
    data.forEach((byte, i) => {
      if (byte !== byteAt(at + i)) wrong += 1;
    });
    at += data.length;
  }
}

describe('sockets and IPC on a bad network', () => {
  for (const seed of [11, 12, 13]) {
    it(`streams arrive whole and in order: seed ${seed}`, { timeout: 60_000 }, async () => {
      const { simulation, process } = await started(seed);
      const [two, three] = [process(2), process(3)];
      const names = [
        { family: AF.INET, host: '127.0.0.1', port: 0 },
        { family: AF.UNIX, path: '\0name' },
      ];
      for (const address of names) {
        const { client, server } = await simulation.drive(connected(two, three, address));
        const moved = Promise.all([sendAll(two, client), receiveAll(three, server)]);
        expect((await simulation.drive(moved))[1]).toEqual([TOTAL, 0]);
      }
    });
  }

  it('messages and semaphores are neither lost nor doubled', { timeout: 60_000 }, async () => {
    const { simulation, process } = await started(14);
    const [one, two, three] = [process(1), process(2), process(3)];
    const work = async (): Promise<number[]> => {
      const queue = await three.msgget(0x42, IPC.CREAT | 0o600);
      const set = await two.semget(0x42, 1, IPC.CREAT | 0o600);
      const give = async (sys: Sys): Promise<void> => {
        for (let i = 0; i < 20; i++) {
          await sys.msgsnd(queue, 1, new Uint8Array([i]));
          await sys.semop(set, [{ index: 0, op: 1, flags: 0 }]);
        }
      };
      const take = async (): Promise<number[]> => {
        const got: number[] = [];
        for (let i = 0; i < 40; i++) {
          await one.semop(set, [{ index: 0, op: -1, flags: 0 }]);
          got.push((await one.msgrcv(queue, 10, 0)).data[0]!);
        }
        return [...got.sort((a, b) => a - b), (await one.semvalues(set))[0]!];
      };
      return (await Promise.all([take(), give(two), give(three)]))[0];
    };
    const wanted = Array.from({ length: 40 }, (_, i) => i >> 1);
    expect(await simulation.drive(work())).toEqual([...wanted, 0]);
  });

  it('a site that dies resets its connections and gives back what it owed', { timeout: 60_000 }, async () => {
    const { simulation, process } = await started(15);
    const [two, three] = [process(2), process(3)];
    const address = { family: AF.INET, host: '127.0.0.1', port: 0 };
    const { client } = await simulation.drive(connected(two, three, address));
    const set = await simulation.drive(
      (async () => {
        const id = await two.semget(IPC.PRIVATE, 1, 0o600);
        await two.semset(id, [3], 0);
        await three.semop(id, [{ index: 0, op: -2, flags: SEM_UNDO }]);
        return id;
      })(),
    );
    const reading = errorOf(() => two.read(client, 10));
    simulation.network.crash(3);
    expect(await simulation.drive(reading)).toBe('ECONNRESET');
    const later = simulation.drive(
      errorOf(() => two.sendmsg(client, new Uint8Array(1), { flags: MSG.NOSIGNAL })),
    );
    expect(await later).toBe('EPIPE');
    expect(await simulation.drive(Promise.resolve(two.semvalues(set)))).toEqual([3]);
  });
});
