/**
 * The other process of the IPC benchmark: a site that serves a null operation and one that answers with as
 * much as a mapper does, and a raw Router that echoes, so that all are measured between the same two
 * processes. Ends with its parent.
 */
import { Context, Router } from 'zeromq';
import { EMPTY_MESSAGE } from '../../nucleus/ipc/message.ts';
import { joinTransport } from '../../nucleus/join.ts';
import { FIRST_PAGES } from '../../nucleus/memory/read-ahead.ts';
import { PAGE_BYTES } from '../../nucleus/memory/site-memory.ts';
import { Nucleus } from '../../nucleus/nucleus.ts';
import { socketOptions, zeromqTransport } from '../../nucleus/transport/zeromq.ts';

async function echo(address: string, replyBytes: number): Promise<void> {
  const router = new Router({ ...socketOptions(new Context()), mandatory: true, handover: true });
  await router.bind(address);
  const reply = Buffer.alloc(replyBytes, 1);
  const ignore = (): void => {};
  for (;;) {
    const [id] = await router.receive();
    router.send([id!, reply]).then(ignore, ignore);
  }
}

const [address, rawAddress, replyBytes] = process.argv.slice(2);
const nucleus = new Nucleus({ site: 2 });
joinTransport(nucleus, await zeromqTransport({ site: 2, address: address! }));
const actor = nucleus.actorCreate(null, { name: 'null', privilege: 'supervisor' });
const port = nucleus.portCreate(actor);
nucleus.svMsgHandler(actor, port.li, () => EMPTY_MESSAGE);
const bulkPort = nucleus.portCreate(actor);
const pages = { ...EMPTY_MESSAGE, body: new Uint8Array(FIRST_PAGES * PAGE_BYTES) };
nucleus.svMsgHandler(actor, bulkPort.li, () => pages);
void echo(rawAddress!, Number(replyBytes));
process.stdout.write(`${port.ui} ${bulkPort.ui}\n`);
process.on('disconnect', () => process.exit(0));
