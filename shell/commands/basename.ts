/** basename: strips directory and suffix from names (POSIX; -a, -s, -z are GNU's). */
import { command, UsageError } from './lib/command.ts';
import { baseName } from './lib/path.ts';
import { quote } from './lib/quote.ts';

export default command(
  {
    name: 'basename',
    usage: ['NAME [SUFFIX]', 'OPTION... NAME...'],
    summary:
      'Print NAME with any leading directory components removed.\nIf specified, also remove a trailing SUFFIX.',
    options: {
      multiple: { short: 'a', long: 'multiple', help: 'support multiple arguments and treat each as a NAME' },
      suffix: { short: 's', long: 'suffix', arg: 'SUFFIX', help: 'remove a trailing SUFFIX; implies -a' },
      zero: { short: 'z', long: 'zero', help: 'end each output line with NUL, not newline' },
    },
    operands: [1, Number.POSITIVE_INFINITY],
    stopAtOperand: true,
  },
  ({ options, operands, out }) => {
    const many = options.multiple || options.suffix !== undefined;
    if (!many && operands.length > 2) throw new UsageError(`extra operand ${quote(operands[2]!)}`);
    const suffix = many ? options.suffix : operands[1];
    for (const name of many ? operands : operands.slice(0, 1)) {
      let base = baseName(name);
      if (suffix && base !== suffix && base.endsWith(suffix)) base = base.slice(0, -suffix.length);
      out.put(base + (options.zero ? '\0' : '\n'));
    }
    return undefined;
  },
);
