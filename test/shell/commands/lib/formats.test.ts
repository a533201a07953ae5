/**
 * The shared formats of the commands: modes, sizes, dates, patterns, options, quoting. Expected values are
 * the originals' output.
 */
import { describe, expect, test } from 'vitest';
import { parseDate, parseStamp } from '../../../../shell/commands/lib/dateparse.ts';
import { globMatcher } from '../../../../shell/commands/lib/glob.ts';
import { modeText, parseMode } from '../../../../shell/commands/lib/mode.ts';
import { parseOptions, UsageError } from '../../../../shell/commands/lib/options.ts';
import { quoteIfNeeded, quoteName } from '../../../../shell/commands/lib/quote.ts';
import { humanSize, parseDuration, parseSize } from '../../../../shell/commands/lib/size.ts';
import { strftime } from '../../../../shell/commands/lib/strftime.ts';
import { UTC, zoneNamed } from '../../../../shell/commands/lib/zone.ts';

const NOW = Date.UTC(2021, 2, 4, 5, 6, 7);
const at = (text: string): string | undefined => {
  const ms = parseDate(text, NOW, UTC);
  return ms === undefined ? undefined : strftime('%F %T', ms, UTC);
};

describe('modes', () => {
  test.each([
    [0o100644, '-rw-r--r--'],
    [0o041777, 'drwxrwxrwt'],
    [0o104755, '-rwsr-xr-x'],
    [0o102644, '-rw-r-Sr--'],
  ])('%o is %s', (mode, text) => expect(modeText(mode)).toBe(text));

  test.each([
    ['u+x,g-r', 0o644, 0o704],
    ['a=r,u+w', 0o777, 0o644],
    ['+x', 0o644, 0o755],
    ['u=g', 0o740, 0o440],
    ['+X', 0o644, 0o644],
    ['4755', 0o644, 0o4755],
  ])('%s changes %o to %o', (text, old, expected) => {
    expect(parseMode(text)?.(old, false, 0o022)).toBe(expected);
  });

  test('rejects what is no mode', () => {
    expect(parseMode('zz')).toBeUndefined();
    expect(parseMode('8')).toBeUndefined();
    expect(parseMode('77777')).toBeUndefined();
  });
});

describe('sizes', () => {
  test.each([
    [1023, '1023'],
    [1024, '1.0K'],
    [10239, '10K'],
    [1048575, '1.0M'],
    [1025, '1.1K'],
  ])('%d is %s', (bytes, text) => expect(humanSize(bytes)).toBe(text));

  test('reads suffixes', () => {
    expect(parseSize('2K')).toBe(2048);
    expect(parseSize('2kB')).toBe(2000);
    expect(parseSize('3b')).toBe(1536);
    expect(parseSize('x')).toBeUndefined();
    expect(parseDuration('1.5m')).toBe(90_000);
    expect(parseDuration('1y')).toBeUndefined();
  });
});

describe('dates', () => {
  test.each([
    ['@0', '1970-01-01 00:00:00'],
    ['2021-03-04T05:06:07+02:00', '2021-03-04 03:06:07'],
    ['March 4, 2021 10:11pm', '2021-03-04 22:11:00'],
    ['3/4/21 3pm', '2021-03-04 15:00:00'],
    ['2021-01-31 +1 month', '2021-03-03 00:00:00'],
    ['yesterday', '2021-03-03 05:06:07'],
    ['2 days ago', '2021-03-02 05:06:07'],
    ['monday', '2021-03-08 00:00:00'],
    ['next friday', '2021-03-05 00:00:00'],
    ['last friday', '2021-02-26 00:00:00'],
    ['2021-03-04 05:00 3 hours ago', '2021-03-04 02:00:00'],
    ['2021-02-30', undefined],
    ['garbage', undefined],
  ])('%s', (text, expected) => expect(at(text)).toBe(expected));

  test('touch stamps', () => {
    expect(parseStamp('202001020304.05', NOW, UTC)).toBe(Date.UTC(2020, 0, 2, 3, 4, 5));
    expect(parseStamp('99999', NOW, UTC)).toBeUndefined();
  });

  test('week numbers and flags', () => {
    expect(strftime('%U %W %V %G', Date.UTC(2021, 0, 3), UTC)).toBe('01 00 53 2020');
    expect(strftime('%V %G', Date.UTC(2019, 11, 31), UTC)).toBe('01 2020');
    expect(strftime('%-d|%_d|%05d|%^a|%10Y', NOW, UTC)).toBe('4| 4|00004|THU|0000002021');
  });

  test('zones', () => {
    const berlin = zoneNamed('Europe/Berlin');
    expect(strftime('%H:%M %Z %z', Date.UTC(2021, 6, 1, 12), berlin)).toBe('14:00 CEST +0200');
    const posix = zoneNamed('EST5EDT,M3.2.0,M11.1.0');
    expect(strftime('%H %Z', Date.UTC(2021, 0, 1, 12), posix)).toBe('07 EST');
    expect(strftime('%H %Z', Date.UTC(2021, 6, 1, 12), posix)).toBe('08 EDT');
  });
});

describe('patterns and quoting', () => {
  test.each([
    ['*.c', 'a.c', true],
    ['[!a]*', 'abc', false],
    ['[[:digit:]]?', '7x', true],
    ['a\\*', 'a*', true],
    ['[', '[', true],
  ])('%s against %s', (pattern, name, expected) => expect(globMatcher(pattern)(name)).toBe(expected));

  test('names', () => {
    expect(quoteName("it's")).toBe('"it\'s"');
    expect(quoteName('a\nb')).toBe("'a'$'\\n''b'");
    expect(quoteIfNeeded('plain-1.2')).toBe('plain-1.2');
    expect(quoteIfNeeded('sp ace')).toBe("'sp ace'");
  });
});

describe('options', () => {
  const options = {
    all: { short: 'a', long: 'all' },
    lines: { short: 'n', long: 'lines', arg: 'NUM' },
    color: { long: 'color', arg: 'WHEN', optional: true },
    literal: { long: 'literal' },
  } as const;
  const parse = (...args: string[]) => parseOptions({ options, digits: 'lines' }, args);

  test('clusters, attached and separate arguments, prefixes, permutation', () => {
    expect(parse('-an5', 'x').options).toMatchObject({ all: true, lines: '5' });
    expect(parse('x', '-n', '7', 'y')).toMatchObject({ options: { lines: '7' }, operands: ['x', 'y'] });
    expect(parse('--lin=3', '--', '-a')).toMatchObject({ options: { lines: '3' }, operands: ['-a'] });
  });

  test('numbers as options', () => expect(parse('-12').options.lines).toBe('12'));

  test.each([
    [['--foo'], "unrecognized option '--foo'"],
    [['-z'], "invalid option -- 'z'"],
    [['-n'], "option requires an argument -- 'n'"],
    [['--all=1'], "option '--all' doesn't allow an argument"],
    [['--li'], "option '--li' is ambiguous; possibilities: '--lines' '--literal'"],
  ])('%j is refused', (args, text) => expect(() => parse(...args)).toThrow(new UsageError(text)));
});
