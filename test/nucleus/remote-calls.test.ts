import { afterEach, describe, expect, it } from 'vitest';
import { client, serve } from '../../nucleus/ipc/stubs.ts';
import { closeAll, EchoProtocol, type Joined, joinedSites, userThread } from './support/sites.ts';

let joined: Joined[] = [];
afterEach(() => closeAll(joined));

async function pair() {
  joined = await joinedSites(2);
  const [one, two] = [joined[0]!.nucleus, joined[1]!.nucleus];
  const server = two.actorCreate(null, { name: 'echo', privilege: 'supervisor' });
  const aborts: string[] = [];
  const port = serve(two, server, EchoProtocol, {
    add: ({ a, b }) => ({ sum: a + b }),
    fail: ({ code }) => {
      throw new RangeError(String(code));
    },
    wait: async (_request, { thread }) => {
      try {
        await thread.delay(60_000);
      } catch (error) {
        aborts.push(String(error));
        throw error;
      }
      return {};
    },
    echo: ({ data, more }) => ({ data, more }),
    any: ({ value }) => ({ value }),
  });
  return { one, two, server, port, aborts, dest: { target: port.ui }, echo: client(one, EchoProtocol) };
}

describe('ipcCall to another site', () => {
  it('returns results and faults', async () => {
    const { one, dest, echo } = await pair();
    const thread = userThread(one);
    expect(await echo.add(thread, dest, { a: 2, b: 40 })).toEqual({ sum: 42 });
    await expect(echo.fail(thread, dest, { code: 17 })).rejects.toThrow('17');
    const value = { nested: [1, 'two', { three: null }] };
    expect(await echo.any(thread, dest, { value })).toEqual({ value });
  });

  it('carries raw bytes of every size, beside the encoder or in it', async () => {
    const { one, dest, echo } = await pair();
    const thread = userThread(one);
    for (const size of [0, 1, 100, 16_383, 16_384, 65_536]) {
      const data = new Uint8Array(size).map((_, index) => index * 7);
      const reply = await echo.echo(thread, dest, { data });
      expect(Buffer.compare(reply.data, data)).toBe(0);
    }
    const more = [new Uint8Array(20_000).fill(1), new Uint8Array(20_000).fill(2)];
    const reply = await echo.echo(thread, dest, { data: new Uint8Array(3), more });
    expect(reply.more?.map((part) => part[0])).toEqual([1, 2]);
    await expect(echo.echo(thread, dest, { data: new Uint8Array(65_537) })).rejects.toThrow('K_ESIZE');
    await expect(echo.any(thread, dest, { value: 'x'.repeat(70_000) })).rejects.toThrow('K_ESIZE');
    await expect(echo.any(thread, dest, { value: 2n ** 70n })).rejects.toThrow('K_EINVAL');
    expect(await echo.add(thread, dest, { a: 1, b: 1 })).toEqual({ sum: 2 });
  });

  it('gives the result when the work was done before the abort arrived', async () => {
    const { one, dest, echo } = await pair();
    const thread = userThread(one);
    const call = Promise.resolve(echo.add(thread, dest, { a: 20, b: 22 }));
    thread.abort();
    expect(await call).toEqual({ sum: 42 });
    expect(await echo.add(thread, dest, { a: 1, b: 1 })).toEqual({ sum: 2 });
  });

  it('ends by delay and by abort, and the serving thread is aborted', async () => {
    const { one, dest, echo, aborts } = await pair();
    const thread = userThread(one);
    await expect(echo.wait(thread, dest, {}, { delayMs: 20 })).rejects.toThrow('K_ETIMEOUT');
    const call = Promise.resolve(echo.wait(thread, dest, {}));
    thread.abort();
    await expect(call).rejects.toThrow('K_EABORT');
    await expect.poll(() => aborts.length).toBe(2);
    expect(aborts[0]).toContain('K_EABORT');
  });

  it('fails at once when the port, its actor or its site goes', async () => {
    const { one, two, dest, echo, server } = await pair();
    const calls = [1, 2, 3].map(() => Promise.resolve(echo.wait(userThread(one), dest, {})));
    const outcomes = Promise.allSettled(calls);
    await echo.add(userThread(one), dest, { a: 1, b: 1 });
    two.actorDelete(server);
    for (const outcome of await outcomes)
      expect(outcome).toMatchObject({ reason: { kname: 'K_ELINKFAILURE' } });
    await expect(echo.add(userThread(one), dest, { a: 1, b: 1 })).rejects.toThrow('K_EUNREACHABLE');
    await joined[1]!.sites.close();
    await expect(echo.add(userThread(one), dest, { a: 1, b: 1 })).rejects.toThrow('K_EUNREACHABLE');
  });
});
