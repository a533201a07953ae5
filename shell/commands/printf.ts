/** printf: formatted text; the logic is shared with the shell's built-in. */
import { command } from './lib/command.ts';
import type { PrintfProblem } from './lib/printf-format.ts';
import { formatPrintf } from './lib/printf-format.ts';
import { quote } from './lib/quote.ts';
import { utf8 } from './lib/text.ts';

const PROBLEMS: Readonly<Record<PrintfProblem['kind'], (subject: string) => string>> = {
  'not-numeric': (subject) => `${quote(subject)}: expected a numeric value`,
  partial: (subject) => `${quote(subject)}: value not completely converted`,
  range: (subject) => `${quote(subject)}: Numerical result out of range`,
  directive: (subject) => `${subject}: invalid conversion specification`,
};

export default command(
  {
    name: 'printf',
    usage: ['FORMAT [ARGUMENT]...', 'OPTION'],
    summary: 'Print ARGUMENT(s) according to FORMAT, or execute according to OPTION:',
    options: {},
    raw: true,
    operands: [1, Number.POSITIVE_INFINITY],
  },
  async (context) => {
    const { sys, operands } = context;
    const [format = '', ...args] = operands[0] === '--' ? operands.slice(1) : operands;
    const { text, problems } = formatPrintf(format, args, true);
    await sys.write(1, utf8.encode(text));
    for (const problem of problems) await context.error(PROBLEMS[problem.kind](problem.subject));
    return undefined;
  },
);
