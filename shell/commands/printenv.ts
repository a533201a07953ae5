/** printenv: the values of environment variables, or all of them. */
import { command } from './lib/command.ts';

export default command(
  {
    name: 'printenv',
    usage: '[OPTION]... [VARIABLE]...',
    summary: 'Print the values of the specified environment VARIABLE(s), or name and value of all.',
    options: { zero: { short: '0', long: 'null', help: 'end each output line with NUL, not newline' } },
    stopAtOperand: true,
    usageStatus: 2,
  },
  async ({ sys, operands, options, out }) => {
    const end = options.zero ? '\0' : '\n';
    if (operands.length === 0) {
      for (const [name, value] of Object.entries(sys.env)) out.put(`${name}=${value}${end}`);
      return 0;
    }
    const values = operands.map((name) => sys.env[name]);
    for (const value of values) if (value !== undefined) out.put(`${value}${end}`);
    return values.includes(undefined) ? 1 : 0;
  },
);
