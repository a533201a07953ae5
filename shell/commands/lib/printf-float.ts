/** C's floating conversions: e, f, g, a. */

interface FloatDirective {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
  readonly conversion: string;
}

/** Most digits that the engine's own conversions give; the rest are zeros. */
const ENGINE_DIGITS = 100;

function fixed(value: number, precision: number): string {
  const digits = Math.min(precision, ENGINE_DIGITS);
  const text =
    value < 1e21 ? value.toFixed(digits) : `${BigInt(value)}${digits > 0 ? `.${'0'.repeat(digits)}` : ''}`;
  return text + '0'.repeat(precision - digits);
}

function exponential(value: number, precision: number): string {
  const text = value.toExponential(Math.min(precision, ENGINE_DIGITS));
  return text.replace(/e([-+])(\d)$/, 'e$10$2');
}

function general(value: number, precision: number, keepZeros: boolean): string {
  const significant = precision === 0 ? 1 : precision;
  const exponent =
    value === 0 ? 0 : Number(value.toExponential(Math.min(significant - 1, ENGINE_DIGITS)).split('e')[1]);
  const scientific = exponent < -4 || exponent >= significant;
  const text = scientific ? exponential(value, significant - 1) : fixed(value, significant - 1 - exponent);
  if (keepZeros || !text.includes('.')) return text;
  return text.replace(/\.?0+(?=e|$)/, '');
}

function hexadecimal(value: number): string {
  if (value === 0) return '0x0p+0';
  let exponent = Math.floor(Math.log2(value));
  let mantissa = value / 2 ** exponent;
  if (mantissa >= 2) {
    mantissa /= 2;
    exponent += 1;
  }
  return `0x${mantissa.toString(16)}p${exponent < 0 ? '' : '+'}${exponent}`;
}

/** The number without padding to the width, except by zeros. */
export function formatFloat(value: number, directive: FloatDirective): string {
  const { flags, width, conversion } = directive;
  const negative = value < 0 || Object.is(value, -0);
  const sign = negative ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
  const magnitude = Math.abs(value);
  const precision = directive.precision ?? 6;
  const kind = conversion.toLowerCase();
  let text: string;
  if (!Number.isFinite(magnitude)) text = Number.isNaN(magnitude) ? 'nan' : 'inf';
  else if (kind === 'f') text = fixed(magnitude, precision);
  else if (kind === 'e') text = exponential(magnitude, precision);
  else if (kind === 'g') text = general(magnitude, precision, flags.includes('#'));
  else text = hexadecimal(magnitude);
  if (conversion !== kind) text = text.toUpperCase();
  const zeros = flags.includes('0') && !flags.includes('-') && Number.isFinite(magnitude);
  return sign + (zeros ? text.padStart(width - sign.length, '0') : text);
}
