/**
 * csite: prints the site where children start, or runs a command on a site. (The shell's built-in changes
 * the shell itself.)
 */

import { WaitStatus } from '../../subsystems/unix/signals.ts';
import { command, Fatal, SysError } from './lib/command.ts';
import { quote } from './lib/quote.ts';
import { spawn, spawnEntries, waitFor } from './lib/spawn.ts';

export default command(
  {
    name: 'csite',
    usage: '[N [COMMAND [ARG]...]]',
    summary: 'Print the site on which new processes start, or run COMMAND on site N.',
    options: {},
    stopAtOperand: true,
    failStatus: 125,
    usageStatus: 125,
    entries: spawnEntries,
  },
  async ({ sys, operands, out }) => {
    const [site, ...argv] = operands;
    if (site === undefined) {
      await out.line(String(sys.csite()));
      return 0;
    }
    if (!/^\d+$/.test(site)) throw new Fatal(`${quote(site)}: invalid site number`);
    try {
      sys.csite(Number(site));
      if (argv.length === 0) return 0;
      const pid = await spawn(sys, { name: 'csite', argv, site: Number(site) });
      return WaitStatus.shellCode((await waitFor(sys, pid)).status);
    } catch (error) {
      if (error instanceof SysError) throw new Fatal(`site ${site}: ${error.message}`);
      throw error;
    }
  },
);
