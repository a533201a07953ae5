/** test and [: the truth of an expression as an exit status. */
import type { Program, Sys } from '../../subsystems/unix/sys.ts';
import { quote } from './lib/quote.ts';
import { evaluateTest, TestError } from './lib/test-expression.ts';
import { utf8 } from './lib/text.ts';

function message(error: TestError): string {
  const subject = quote(error.subject);
  switch (error.kind) {
    case 'number':
      return `invalid integer ${subject}`;
    case 'operator':
      return error.subject.startsWith('-')
        ? `${error.subject}: unexpected operator`
        : `extra argument ${subject}`;
    case 'argument':
      return `missing argument after ${subject}`;
    case 'parenthesis':
      return "')' expected";
  }
}

async function judge(sys: Sys, name: string, args: readonly string[]): Promise<number> {
  try {
    return (await evaluateTest(sys, args)) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof TestError)) throw error;
    await sys.write(2, utf8.encode(`${name}: ${message(error)}\n`));
    return 2;
  }
}

export const test: Program = {
  name: 'test',
  main: (sys, argv) => judge(sys, 'test', argv.slice(1)),
};

export const bracket: Program = {
  name: '[',
  async main(sys, argv) {
    if (argv.at(-1) === ']') return judge(sys, '[', argv.slice(1, -1));
    await sys.write(2, utf8.encode("[: missing ']'\n"));
    return 2;
  },
};
