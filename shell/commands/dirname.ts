/** dirname: names without their last component. */
import { command } from './lib/command.ts';
import { dirName } from './lib/path.ts';

export default command(
  {
    name: 'dirname',
    usage: '[OPTION] NAME...',
    summary: 'Output each NAME with its last non-slash component and trailing slashes removed.',
    options: { zero: { short: 'z', long: 'zero', help: 'end each output line with NUL, not newline' } },
    operands: [1, Number.POSITIVE_INFINITY],
  },
  ({ options, operands, out }) => {
    for (const name of operands) out.put(dirName(name) + (options.zero ? '\0' : '\n'));
    return undefined;
  },
);
