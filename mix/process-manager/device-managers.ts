/** Finds Device Managers: the one of a site, and the one of the system that has the terminals. */
import type { Awaitable } from '../../nucleus/awaitable.ts';
import { isKError } from '../../nucleus/errors.ts';
import type { SiteId, UI } from '../../nucleus/ids/ui.ts';
import { isSysError, SysError } from '../../subsystems/unix/errno.ts';
import { DEVICE_MANAGERS } from '../protocols/process.ts';
import type { Manager } from './manager.ts';

/** Throws EHOSTDOWN when that site is not there, or has no Device Manager. */
export function deviceManagerOf(pm: Manager, site: SiteId): UI {
  if (site === pm.site) return deviceManagerHere(pm);
  const member = pm.nucleus.ipc.allMembers(DEVICE_MANAGERS.ui).find((entry) => entry.site === site);
  if (!member) throw new SysError('EHOSTDOWN');
  return member.port;
}

export function deviceManagerHere(pm: Manager): UI {
  const member = pm.nucleus.ipc.groups.membersOf(DEVICE_MANAGERS.ui)[0];
  if (!member) throw new SysError('ENXIO');
  return member;
}

/** Tells that a Device Manager has no such device, so that another is asked. */
const hasNot = (error: unknown): boolean =>
  isSysError(error, 'ENXIO') || isSysError(error, 'ENOSYS') || isSysError(error, 'ENODEV') || isKError(error);

/**
 * Does `work` at the Device Manager that has the terminals: the known one, else this site's, else the others'
 * in turn. Throws the last refusal.
 */
export function atTerminalManager<R>(pm: Manager, work: (port: UI) => Awaitable<R>): Awaitable<R> {
  const here = deviceManagerHere(pm);
  const first = pm.terminalManager ?? here;
  const rest = pm.nucleus.ipc
    .allMembers(DEVICE_MANAGERS.ui)
    .sort((a, b) => a.site - b.site)
    .map(({ port }) => port)
    .filter((port) => port !== first);
  return attempt(pm, first, rest, work);
}

function attempt<R>(
  pm: Manager,
  port: UI,
  rest: readonly UI[],
  work: (port: UI) => Awaitable<R>,
): Awaitable<R> {
  const refused = (error: unknown): Awaitable<R> => {
    const next = rest[0];
    if (!hasNot(error) || next === undefined) throw error;
    return attempt(pm, next, rest.slice(1), work);
  };
  const found = (result: R): R => {
    pm.terminalManager = port;
    return result;
  };
  let result: Awaitable<R>;
  try {
    result = work(port);
  } catch (error) {
    return refused(error);
  }
  return result instanceof Promise ? result.then(found, refused) : found(result);
}
