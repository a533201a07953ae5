import { describe, expect, it } from 'vitest';
import { operation, protocol } from '../../nucleus/ipc/protocol.ts';
import { bytes, int, opt, str } from '../../nucleus/ipc/schema.ts';
import { client, serve } from '../../nucleus/ipc/stubs.ts';
import { Nucleus } from '../../nucleus/nucleus.ts';

const faults = {
  toCode: (error: unknown) => (error instanceof RangeError ? 7 : undefined),
  fromCode: (code: number) => new RangeError(`fault ${code}`),
  bugFault: 99,
};

const CounterProtocol = protocol('counter', faults, {
  add: operation({ amount: int, note: opt(str()) }, { total: int }),
  fail: operation({ how: str() }, {}),
  echo: operation({ data: bytes }, { data: bytes }),
});

function counterServer() {
  const nucleus = new Nucleus({ site: 1 });
  const server = nucleus.actorCreate(null, { name: 'counter', privilege: 'supervisor' });
  let total = 0;
  const port = serve(nucleus, server, CounterProtocol, {
    add: ({ amount }) => ({ total: (total += amount) }),
    fail: ({ how }) => {
      if (how === 'fault') throw new RangeError('out');
      throw new TypeError('a bug');
    },
    echo: async ({ data }) => ({ data }),
  });
  const user = nucleus.actorCreate(null, { name: 'user' });
  const thread = nucleus.threadCreate(user);
  return { nucleus, thread, dest: { target: port.ui }, counter: client(nucleus, CounterProtocol) };
}

describe('typed protocols on one site', () => {
  it('runs the handler in the caller and returns without a wait', () => {
    const { thread, dest, counter } = counterServer();
    expect(counter.add(thread, dest, { amount: 2 })).toEqual({ total: 2 });
    expect(counter.add(thread, dest, { amount: 3, note: 'x' })).toEqual({ total: 5 });
  });

  it('passes faults and turns bugs into the bug fault', async () => {
    const { nucleus, thread, dest, counter } = counterServer();
    const bugs: unknown[] = [];
    nucleus.onBug((bug) => bugs.push(bug));
    expect(() => counter.fail(thread, dest, { how: 'fault' })).toThrow('out');
    expect(() => counter.fail(thread, dest, { how: 'bug' })).toThrow('fault 99');
    expect(bugs).toHaveLength(1);
    expect(await counter.echo(thread, dest, { data: new Uint8Array([1]) })).toEqual({
      data: new Uint8Array([1]),
    });
  });
});
