/** What a protocol declaration gives at run time: client stub, message-handler server, receiving server. */
import type { Actor } from '../actors/actor.ts';
import { type Awaitable, isPromise } from '../awaitable.ts';
import { isKError, KError } from '../errors.ts';
import type { Thread } from '../executive/thread.ts';
import type { Nucleus } from '../nucleus.ts';
import type { Destination, Message } from './message.ts';
import type { CallContext, MessageHandler, Port } from './port.ts';
import type {
  CallOptions,
  Client,
  Implementation,
  Operation,
  Protocol,
  SpecTable,
  TypedProtocol,
} from './protocol.ts';

type AnyImplementation = Record<string, (request: unknown, context: CallContext) => Awaitable<unknown>>;

/** The client stub: one function per operation, an ipcCall each. */
export function client<T extends SpecTable>(nucleus: Nucleus, protocol: TypedProtocol<T>): Client<T> {
  nucleus.protocols.set(protocol.name, protocol);
  const stub: Record<string, unknown> = {};
  for (const op of protocol.operations) stub[op.name] = clientOperation(nucleus, protocol, op);
  return stub as Client<T>;
}

function clientOperation(nucleus: Nucleus, protocol: Protocol, op: Operation) {
  return (thread: Thread, dest: Destination, value: unknown, options?: CallOptions): Awaitable<unknown> => {
    const reply = nucleus.ipc.call(thread, { call: { protocol, op, value } }, dest, options);
    return isPromise(reply) ? reply.then(resultOf) : resultOf(reply);
  };
}

function resultOf(reply: Message): unknown {
  if (!reply.result) throw new KError('K_EFAULT');
  return reply.result.value;
}

/** Connects a message handler that dispatches a protocol's operations. Returns the port it serves on. */
export function serve<T extends SpecTable>(
  nucleus: Nucleus,
  actor: Actor,
  protocol: TypedProtocol<T>,
  implementation: Implementation<T>,
): Port {
  nucleus.protocols.set(protocol.name, protocol);
  const port = nucleus.portCreate(actor);
  nucleus.svMsgHandler(
    actor,
    port.li,
    handlerFor(nucleus, protocol, implementation as unknown as AnyImplementation),
  );
  return port;
}

/**
 * Serves a further protocol on a port that serves one already: an object of the port is then spoken to in
 * either.
 */
export function serveAlso<T extends SpecTable>(
  nucleus: Nucleus,
  port: Port,
  protocol: TypedProtocol<T>,
  implementation: Implementation<T>,
): void {
  nucleus.protocols.set(protocol.name, protocol);
  const first = port.handler;
  if (!first) throw new KError('K_EINVAL');
  const also = handlerFor(nucleus, protocol, implementation as unknown as AnyImplementation);
  port.handler = (message, context) =>
    (message.call?.protocol.name === protocol.name ? also : first)(message, context);
}

function handlerFor(nucleus: Nucleus, protocol: Protocol, implementation: AnyImplementation): MessageHandler {
  const wrap = (error: unknown): Error => faultFrom(nucleus, protocol, error);
  return (message, context) => {
    const call = message.call;
    if (!call || call.protocol.name !== protocol.name) throw new KError('K_EFAULT');
    let value: Awaitable<unknown>;
    try {
      value = implementation[call.op.name]!(call.value, context);
    } catch (error) {
      throw wrap(error);
    }
    if (!isPromise(value)) return { result: { value } };
    return value.then(
      (result) => ({ result: { value: result } }),
      (error: unknown) => {
        throw wrap(error);
      },
    );
  };
}

/**
 * Faults and nucleus errors pass; anything else is a bug in the server and becomes the protocol's bugFault.
 */
function faultFrom(nucleus: Nucleus, protocol: Protocol, error: unknown): Error {
  if (isKError(error) || protocol.faults.toCode(error) !== undefined) return error as Error;
  nucleus.reportBug(error);
  return protocol.faults.fromCode(protocol.faults.bugFault);
}

/**
 * A thread's server loop: receives on one port and replies, one request after another, until the thread is
 * aborted or deleted.
 */
export async function serveLoop<T extends SpecTable>(
  nucleus: Nucleus,
  thread: Thread,
  li: number,
  protocol: TypedProtocol<T>,
  implementation: Implementation<T>,
): Promise<void> {
  nucleus.protocols.set(protocol.name, protocol);
  const handle = handlerFor(nucleus, protocol, implementation as unknown as AnyImplementation);
  for (;;) {
    try {
      await nucleus.ipcReceive(thread, li);
    } catch (error) {
      if (isKError(error)) return;
      throw error;
    }
    const transaction = thread.current!;
    try {
      transaction.reply(await handle(transaction.message, { ...transaction.head, thread }));
    } catch (error) {
      transaction.fail(error as Error);
    }
    // The abort of a client that gave up was meant for this request, not for the loop.
    if (transaction.abandoned) thread.takeAborted();
  }
}
