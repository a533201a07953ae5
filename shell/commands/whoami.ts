/** whoami: the name of the effective user. */
import { command, Fatal } from './lib/command.ts';
import { loadNames } from './lib/names.ts';

export default command(
  {
    name: 'whoami',
    usage: '[OPTION]...',
    summary: 'Print the user name associated with the current effective user ID.',
    options: {},
    operands: [0, 0],
  },
  async ({ sys, out }) => {
    const uid = sys.geteuid();
    const name = (await loadNames(sys)).userName(uid);
    if (name === undefined) throw new Fatal(`cannot find name for user ID ${uid}`);
    await out.line(name);
  },
);
