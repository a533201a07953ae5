/** The one conversion of seq -f: printf's %a %e %f %g with flags, width and precision. */

type Formatter = (value: number) => string;

function general(value: number, precision: number, alternate: boolean): string {
  const digits = precision === 0 ? 1 : precision;
  if (value === 0) return alternate ? (0).toFixed(digits - 1) : '0';
  const exponent = Number(value.toExponential(digits - 1).split('e')[1]);
  const isPlain = exponent >= -4 && exponent < digits;
  const text = isPlain ? value.toFixed(digits - 1 - exponent) : exponential(value, digits - 1);
  if (alternate || !text.includes('.')) return text;
  return text.replace(/\.?0+(?=e|$)/, '');
}

function exponential(value: number, precision: number): string {
  return value.toExponential(precision).replace(/e([-+])(\d)$/, 'e$10$2');
}

function convert(letter: string, value: number, precision: number, alternate: boolean): string {
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : value < 0 ? '-inf' : 'nan';
  const lower = letter.toLowerCase();
  const text =
    lower === 'f'
      ? value.toFixed(precision)
      : lower === 'e'
        ? exponential(value, precision)
        : general(value, precision, alternate);
  return letter === lower ? text : text.toUpperCase();
}

/** Compiles the format; `fail` makes the error to throw. */
export function floatFormatter(format: string, fail: (text: string) => Error): Formatter {
  const directives = [...format.matchAll(/%(?:%|([-#+ 0']*)(\d*)(?:\.(\d*))?(.)?)/gs)].filter(
    (m) => m[0] !== '%%',
  );
  const [directive] = directives;
  if (!directive) throw fail(`format '${format}' has no % directive`);
  if (directives.length > 1) throw fail(`format '${format}' has too many % directives`);
  const [whole, flags = '', width = '', precision, letter] = directive;
  if (letter === undefined) throw fail(`format '${format}' ends in %`);
  if (!/[aAeEfFgG]/.test(letter)) throw fail(`format '${format}' has unknown %${letter} directive`);
  const before = format.slice(0, directive.index).replaceAll('%%', '%');
  const after = format.slice(directive.index + whole.length).replaceAll('%%', '%');
  return (value) => {
    const digits = precision === undefined ? 6 : Number(precision);
    const body = convert(letter, Math.abs(value), digits, flags.includes('#'));
    const sign = value < 0 ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
    const fill = Math.max(0, Number(width) - sign.length - body.length);
    if (flags.includes('-')) return before + sign + body + ' '.repeat(fill) + after;
    if (flags.includes('0')) return before + sign + '0'.repeat(fill) + body + after;
    return before + ' '.repeat(fill) + sign + body + after;
  };
}
