/**
 * A site in a process of its own: serves the echo protocol, prints its address and port, until it is killed.
 */
import { serve } from '../../../nucleus/ipc/stubs.ts';
import { joinTransport } from '../../../nucleus/join.ts';
import { Nucleus } from '../../../nucleus/nucleus.ts';
import { zeromqTransport } from '../../../nucleus/transport/zeromq.ts';
import { EchoProtocol } from './sites.ts';

const [number, address, ...connect] = process.argv.slice(2);
const nucleus = new Nucleus({ site: Number(number), epoch: (Date.now() >> 8) & 0xffff });
joinTransport(nucleus, await zeromqTransport({ site: nucleus.site, address: address! }), { connect });
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
process.stdout.write(`${port.ui}\n`);
