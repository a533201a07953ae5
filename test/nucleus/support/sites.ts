/** Several nuclei of one process, joined, with an echo server on demand: what most tests here need. */

import type { LinkTiming } from '../../../nucleus/ipc/link.ts';
import { operation, protocol } from '../../../nucleus/ipc/protocol.ts';
import { bytes, int, list, opaque, opt, str } from '../../../nucleus/ipc/schema.ts';
import { joinTransport, type Sites, sitesReady } from '../../../nucleus/join.ts';
import { Nucleus, type NucleusOptions } from '../../../nucleus/nucleus.ts';
import { InProcessHub } from '../../../nucleus/transport/inprocess.ts';

export const faults = {
  toCode: (error: unknown) => (error instanceof RangeError ? Number(error.message) : undefined),
  fromCode: (code: number) => new RangeError(String(code)),
  bugFault: 99,
};

export const EchoProtocol = protocol('echo', faults, {
  add: operation({ a: int, b: int, note: opt(str()) }, { sum: int }),
  fail: operation({ code: int }, {}),
  wait: operation({}, {}),
  echo: operation({ data: bytes, more: opt(list(bytes)) }, { data: bytes, more: opt(list(bytes)) }),
  any: operation({ value: opaque }, { value: opaque }),
});

export interface Joined {
  readonly nucleus: Nucleus;
  readonly sites: Sites;
}

/** Sites 1…count, joined in one process, all up. */
export async function joinedSites(
  count: number,
  options: Partial<NucleusOptions> = {},
  timing: Partial<LinkTiming> = {},
): Promise<Joined[]> {
  const hub = new InProcessHub();
  const joined = Array.from({ length: count }, (_, index) => {
    const nucleus = new Nucleus({ ...options, site: index + 1 });
    return { nucleus, sites: joinTransport(nucleus, hub.join(index + 1), { timing }) };
  });
  const all = joined.map(({ nucleus }) => nucleus.site);
  await Promise.all(joined.map(({ sites }) => sitesReady(sites, all, 5000)));
  return joined;
}

export async function closeAll(joined: readonly Joined[]): Promise<void> {
  await Promise.all(joined.map(({ sites }) => sites.close()));
}

/** A thread of a fresh actor. */
export function userThread(nucleus: Nucleus, name = 'user') {
  const actor = nucleus.actorCreate(null, { name, privilege: 'supervisor' });
  return nucleus.threadCreate(actor);
}

/** Polls until `condition` holds; fails after `timeoutMs`. */
export async function until(condition: () => boolean, timeoutMs = 5000): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error('condition not reached in time');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
