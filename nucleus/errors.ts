/**
 * Nucleus error codes: one table. Calls throw KError; the number is what travels on the wire and what K_E…
 * constants are in the manuals (negative).
 */
const TABLE = {
  K_EABORT: [-1, 'the thread was aborted while it waited'],
  K_EINVAL: [-2, 'invalid argument'],
  K_EBUSY: [-3, 'resource in use'],
  K_ENOMEM: [-4, 'a nucleus table or buffer limit was reached'],
  K_ELINKFAILURE: [-5, 'the site or actor that should have answered is gone'],
  K_EUNKNOWN: [-6, 'no such actor, thread, port or group'],
  K_EPRIV: [-7, 'the actor is not privileged for this call'],
  K_ETIMEOUT: [-8, 'the delay ran out'],
  K_EFULL: [-9, 'the port queue is full'],
  K_ESIZE: [-10, 'the message is larger than the limit'],
  K_EUNREACHABLE: [-11, 'no reachable port answers to this identifier'],
  K_EFAULT: [-12, 'malformed message or address'],
  K_EMOVED: [-13, 'the port has migrated and its pending transactions were deleted'],
} as const satisfies Record<string, readonly [number, string]>;

export type KErrorName = keyof typeof TABLE;

const NAMES = new Map<number, KErrorName>(
  Object.entries(TABLE).map(([name, row]) => [row[0], name as KErrorName]),
);

/** A failed nucleus call. Errors are values: no stack trace is collected. */
export class KError extends Error {
  readonly kcode: number;
  readonly kname: KErrorName;

  constructor(kname: KErrorName) {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super(`${kname}: ${TABLE[kname][1]}`);
    Error.stackTraceLimit = limit;
    this.kname = kname;
    this.kcode = TABLE[kname][0];
  }
}

export function isKError(error: unknown, name?: KErrorName): error is KError {
  return error instanceof KError && (name === undefined || error.kname === name);
}

/** The error for a code that came over the wire; unknown codes become K_EFAULT. */
export function kerrorFromCode(code: number): KError {
  return new KError(NAMES.get(code) ?? 'K_EFAULT');
}
