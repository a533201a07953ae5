/** Protocols among managers: what programs ask by them is refused. */
import type { CallContext } from '../../nucleus/ipc/port.ts';
import { SysError } from '../../subsystems/unix/errno.ts';

/** The operations, for callers of the managers' domain alone: a process has its pid as domain. EPERM. */
export function managersOnly<Operations extends object>(operations: Operations): Operations {
  type Loose = Record<string, (request: unknown, context: CallContext) => unknown>;
  const guarded: Loose = {};
  for (const [name, body] of Object.entries(operations as unknown as Loose)) {
    guarded[name] = (request, context) => {
      if (context.actorPi.domain !== 0) throw new SysError('EPERM');
      return body(request, context);
    };
  }
  return guarded as unknown as Operations;
}
