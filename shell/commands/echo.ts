/** echo: its arguments on standard output, with GNU's -n, -e, -E. */
import type { Program } from '../../subsystems/unix/sys.ts';
import { gnuEcho } from './lib/echo-text.ts';
import { utf8 } from './lib/text.ts';

const HELP = `Usage: echo [SHORT-OPTION]... [STRING]...
  or:  echo LONG-OPTION
Echo the STRING(s) to standard output.

  -n             do not output the trailing newline
  -e             enable interpretation of backslash escapes
  -E             disable interpretation of backslash escapes (default)
      --help     display this help and exit
      --version  output version information and exit
`;

const echo: Program = {
  name: 'echo',
  async main(sys, argv) {
    const args = argv.slice(1);
    const lone = args.length === 1 ? args[0] : undefined;
    const text = lone === '--help' ? HELP : lone === '--version' ? 'echo 0.1.0\n' : gnuEcho(args);
    await sys.write(1, utf8.encode(text));
    return 0;
  },
};

export default echo;
