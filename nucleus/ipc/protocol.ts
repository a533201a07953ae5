/**
 * Typed protocols: one declaration per server. From it come the client stub (`client`), the server
 * (`serve`, a message handler; `serveLoop`, a thread that receives), the decoder that traces use, and the
 * check of everything that arrives from another site.
 *
 *     export const CounterProtocol = protocol('counter', 7, {
 *       add: operation({ amount: int }, { total: int }),
 *     });
 *     const counter = client(nucleus, CounterProtocol);
 *     const { total } = await counter.add(thread, { target }, { amount: 2 });
 *
 * Failures: a handler throws a *fault*, an error with a positive number of the subsystem's own (`faultOf`
 * maps them both ways), or a KError (negative). Any other error is a bug in the server: it is reported to the
 * nucleus and the client gets the protocol's `bugFault`.
 */
import type { Awaitable } from '../awaitable.ts';
import type { Thread } from '../executive/thread.ts';
import type { Destination } from './message.ts';
import type { CallContext } from './port.ts';
import { type RecordOf, rec, type Schema } from './schema.ts';

type AnyFields = Record<string, Schema<unknown>>;

export interface OperationSpec<Q extends AnyFields, R extends AnyFields> {
  readonly request: Q;
  readonly reply: R;
}

/** One operation at run time: what encoders, traces and dispatch need. */
export interface Operation {
  readonly name: string;
  /** Position in the protocol: the number on the wire. */
  readonly number: number;
  readonly request: Schema<unknown>;
  readonly reply: Schema<unknown>;
}

/** Maps a subsystem's errors to positive numbers and back. */
export interface Faults {
  toCode(error: unknown): number | undefined;
  fromCode(code: number): Error;
  /** What a client sees when a server has a bug. */
  readonly bugFault: number;
}

export interface Protocol {
  readonly name: string;
  readonly operations: readonly Operation[];
  readonly faults: Faults;
}

export type SpecTable = Record<string, OperationSpec<AnyFields, AnyFields>>;

export interface TypedProtocol<T extends SpecTable> extends Protocol {
  readonly specs: T;
}

export type RequestOf<S> = S extends OperationSpec<infer Q, AnyFields> ? RecordOf<Q> : never;
export type ReplyOf<S> = S extends OperationSpec<AnyFields, infer R> ? RecordOf<R> : never;

export type Client<T extends SpecTable> = {
  readonly [N in keyof T]: (
    thread: Thread,
    destination: Destination,
    request: RequestOf<T[N]>,
    options?: CallOptions,
  ) => Awaitable<ReplyOf<T[N]>>;
};

export type Implementation<T extends SpecTable> = {
  readonly [N in keyof T]: (request: RequestOf<T[N]>, context: CallContext) => Awaitable<ReplyOf<T[N]>>;
};

export interface CallOptions {
  /** The wait for the reply is abortable unless false. */
  abortable?: boolean;
  delayMs?: number;
}

export function operation<Q extends AnyFields, R extends AnyFields>(
  request: Q,
  reply: R,
): OperationSpec<Q, R> {
  return { request, reply };
}

export function protocol<T extends SpecTable>(name: string, faults: Faults, specs: T): TypedProtocol<T> {
  const operations = Object.entries(specs).map(
    ([opName, spec], number): Operation => ({
      name: opName,
      number,
      request: rec(spec.request) as Schema<unknown>,
      reply: rec(spec.reply) as Schema<unknown>,
    }),
  );
  return { name, operations, faults, specs };
}
