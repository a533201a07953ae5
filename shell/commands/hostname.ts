/** hostname: the name of the site that this process runs on. */
import { command, Fatal } from './lib/command.ts';

export default command(
  {
    name: 'hostname',
    usage: '[OPTION]... [NAME]',
    summary: 'Print the name of the site that the process runs on.',
    options: {
      short: { short: 's', long: 'short', help: 'print the name up to the first dot' },
      fqdn: { short: 'f', long: ['fqdn', 'long'], help: 'print the full name' },
    },
  },
  async ({ sys, options, operands, out }) => {
    if (operands.length > 0) throw new Fatal('you must be root to change the host name');
    const name = sys.uname().nodename;
    await out.line(options.short ? name.split('.')[0]! : name);
  },
);
