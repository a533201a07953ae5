/**
 * init: pid 1 of the system. Children of processes that end become its own; it leaves none of them a zombie.
 */
import { SA } from '../../subsystems/unix/constants.ts';
import { Sig } from '../../subsystems/unix/signals.ts';
import type { Program } from '../../subsystems/unix/sys.ts';

export const initProgram: Program = {
  name: 'init',
  async main(sys) {
    sys.sigaction(Sig.CHLD, { disposition: 'default', flags: SA.NOCLDWAIT });
    for (;;) await sys.sigsuspend([]);
  },
};
