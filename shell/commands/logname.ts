/** logname: the name of the user who logged in. */
import { command } from './lib/command.ts';
import { loadNames } from './lib/names.ts';

export default command(
  {
    name: 'logname',
    usage: '',
    summary: "Print the name of the current user's login.",
    options: {},
    operands: [0, 0],
  },
  async ({ sys, out }) => {
    const names = await loadNames(sys);
    out.put(`${sys.env.LOGNAME ?? names.user(sys.getuid())}\n`);
  },
);
