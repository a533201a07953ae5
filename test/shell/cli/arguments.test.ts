/** Reading the command line: what belongs to us, what to the script, and what is wrong. */
import { describe, expect, it } from 'vitest';
import { integerFlag, readArguments, secondsFlag, UsageError } from '../../../shell/cli/arguments.ts';
import { helpText } from '../../../shell/cli/help.ts';
import { limitFlags } from '../../../shell/cli/limit-flags.ts';
import { environmentFlags } from '../../../shell/cli/plan.ts';
import { COMMANDS, type CommandName } from '../../../shell/cli/table.ts';

describe('readArguments', () => {
  it('is the terminal without a command', () => {
    expect(readArguments([])).toEqual({ command: 'terminal', flags: {}, operands: [] });
    expect(readArguments(['--plain', '--sites', '2']).flags).toEqual({ plain: true, sites: '2' });
  });

  it('takes flags before and after the name of the command, in every spelling', () => {
    const { flags, operands } = readArguments([
      '--json',
      'sh',
      '-e',
      'A=1',
      '-eB',
      '--env=C=x=y',
      '-v/a:/b:ro',
      '-w',
      '/tmp',
      '--timeout=1.5',
      '-c',
      'echo $1',
      'name',
      '--json',
      '-x',
    ]);
    expect(flags).toEqual({
      json: true,
      env: ['A=1', 'B', 'C=x=y'],
      volume: ['/a:/b:ro'],
      workdir: '/tmp',
      timeout: '1.5',
      command: 'echo $1',
    });
    expect(operands).toEqual(['name', '--json', '-x']);
  });

  it("leaves everything from the first operand on, and after '--', to the program", () => {
    expect(readArguments(['run', 'ls', '-l', '--sites', '3'])).toMatchObject({
      flags: {},
      operands: ['ls', '-l', '--sites', '3'],
    });
    expect(readArguments(['run', '--', '-odd'])).toMatchObject({ operands: ['-odd'] });
    expect(readArguments(['sh', '-', '-a'])).toMatchObject({ operands: ['-', '-a'] });
    expect(readArguments(['sh', '-c', '-n foo'])).toMatchObject({ flags: { command: '-n foo' } });
  });

  it('takes flags among the operands of commands that run no program', () => {
    expect(readArguments(['pull', 'dash', '-o', 'dir', 'bash', '--suite=sid'])).toEqual({
      command: 'pull',
      flags: { output: 'dir', suite: 'sid' },
      operands: ['dash', 'bash'],
    });
    expect(readArguments(['--json', 'pull', '--', '-o'])).toMatchObject({
      operands: ['-o'],
      flags: { json: true },
    });
  });

  it.each([
    [['--bogus'], /unknown flag: --bogus/],
    [['sh', '-Z'], /unknown flag: -Z/],
    [['frobnicate'], /unknown command: frobnicate/],
    [['sh', '-c'], /-c needs a value/],
    [['sh', '--json=yes'], /--json takes no value/],
    [['sites', '--user', 'root'], /chorus sites takes no --user/],
    [['up', 'now'], /unexpected 'now'/],
  ])('refuses %j in one line', (args, text) => {
    expect(() => readArguments(args)).toThrow(UsageError);
    expect(() => readArguments(args)).toThrow(text);
  });

  it('checks numbers', () => {
    expect(integerFlag('sites', '3', 1, 64)).toBe(3);
    expect(secondsFlag('timeout', '.5')).toBe(500);
    for (const text of ['0', '65', 'x', '1.5', '', '1e1']) {
      expect(() => integerFlag('sites', text, 1, 64)).toThrow(UsageError);
    }
    for (const text of ['0', '-1', 'x', '', '1s'])
      expect(() => secondsFlag('timeout', text)).toThrow(UsageError);
  });

  it('forwards host variables by name', () => {
    process.env.CHORUS_TEST_VALUE = 'from host';
    expect(environmentFlags(['A=1=2', 'CHORUS_TEST_VALUE', 'CHORUS_TEST_NONE', 'E='])).toEqual({
      A: '1=2',
      CHORUS_TEST_VALUE: 'from host',
      E: '',
    });
    expect(() => environmentFlags(['=x'])).toThrow(UsageError);
  });
});

describe('helpText', () => {
  it('tells of every command and its flags', () => {
    for (const name of Object.keys(COMMANDS) as CommandName[]) {
      const spec = COMMANDS[name];
      expect(helpText(undefined)).toContain(spec.summary);
      if (name === 'terminal') continue;
      for (const flag of spec.flags) expect(helpText(name)).toContain(`--${flag}`);
    }
  });
});

describe('limitFlags', () => {
  it('counts bytes by 1024 and the rest by 1000', () => {
    const given = ['memory=64M', 'instructions=1.5m', 'time=0.5', 'cpu=2', 'output=3k', 'files=10'];
    expect(limitFlags(given)).toEqual({
      memoryBytesMax: 64 * 1024 * 1024,
      instructionsMax: 1_500_000,
      wallTimeMsMax: 500,
      cpuSecondsMax: 2,
      outputBytesMax: 3072,
      openFilesMax: 10,
    });
  });

  it.each(['memory', 'bogus=1', 'memory=', 'memory=0', 'memory=-1', 'memory=1x', '=1'])(
    'refuses %s',
    (text) => {
      expect(() => limitFlags([text])).toThrow(UsageError);
    },
  );
});
