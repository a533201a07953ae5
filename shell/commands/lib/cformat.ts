/**
 * C's number formats on doubles: %d %i %o %x %u %e %f %g %a with flags, width and precision, as printf(3)
 * prints them.
 * JavaScript rounds exact ties up where C rounds them to even; `exactTie` corrects that.
 */
export interface FormatSpec {
  flags: string;
  /** -1 = none; the flag `-` is in `flags` when a negative width was given. */
  width: number;
  precision: number;
  conversion: string;
}

/** Digits beyond the precision that tell whether a decimal expansion is exactly half way. */
const TIE_DIGITS = 30;
const MAX_DIGITS = 100;

function roundedFixed(value: number, precision: number): string {
  if (value >= 1e21) {
    const whole = BigInt(value).toString();
    return precision > 0 ? `${whole}.${'0'.repeat(precision)}` : whole;
  }
  const digits = Math.min(precision, MAX_DIGITS);
  let text = value.toFixed(digits);
  if (digits + TIE_DIGITS <= MAX_DIGITS) {
    const long = value.toFixed(digits + TIE_DIGITS);
    const cut = long.slice(0, -TIE_DIGITS).replace(/\.$/, '');
    if (long.slice(-TIE_DIGITS) === `5${'0'.repeat(TIE_DIGITS - 1)}` && /[02468]$/.test(cut)) text = cut;
  }
  return text + '0'.repeat(precision - digits);
}

function roundedExponential(value: number, precision: number): string {
  const digits = Math.min(precision, MAX_DIGITS);
  let [mantissa = '0', exponent = '+0'] = value.toExponential(digits).split('e');
  if (digits + TIE_DIGITS <= MAX_DIGITS) {
    const [long = '', longExponent = '+0'] = value.toExponential(digits + TIE_DIGITS).split('e');
    const cut = long.slice(0, -TIE_DIGITS).replace(/\.$/, '');
    if (long.slice(-TIE_DIGITS) === `5${'0'.repeat(TIE_DIGITS - 1)}` && /[02468]$/.test(cut)) {
      mantissa = cut;
      exponent = longExponent;
    }
  }
  if (precision > digits) mantissa += '0'.repeat(precision - digits);
  return `${mantissa}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`;
}

/** %g: the shorter of %e and %f at `precision` significant digits; trailing zeros go unless `keep`. */
function general(value: number, precision: number, keep: boolean): string {
  const significant = precision === 0 ? 1 : precision;
  const exponent = value === 0 ? 0 : Number(roundedExponential(value, significant - 1).split('e')[1]);
  if (exponent < -4 || exponent >= significant) {
    const [mantissa = '', power = ''] = roundedExponential(value, significant - 1).split('e');
    return `${keep ? mantissa : trimZeros(mantissa)}e${power}`;
  }
  const text = roundedFixed(value, Math.max(0, significant - 1 - exponent));
  return keep ? text : trimZeros(text);
}

function trimZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

function hexadecimal(value: number, precision: number): string {
  if (value === 0) return `0x0${precision > 0 ? `.${'0'.repeat(precision)}` : ''}p+0`;
  const exponent = Math.floor(Math.log2(value));
  let fraction = (value / 2 ** exponent - 1).toString(16).slice(2);
  if (precision >= 0) fraction = fraction.slice(0, precision).padEnd(precision, '0');
  return `0x1${fraction ? `.${fraction}` : ''}p${exponent < 0 ? '-' : '+'}${Math.abs(exponent)}`;
}

function pad(body: string, prefix: string, { flags, width }: FormatSpec, zeros: boolean): string {
  const length = prefix.length + body.length;
  if (length >= width) return prefix + body;
  if (flags.includes('-')) return (prefix + body).padEnd(width);
  return zeros ? prefix + '0'.repeat(width - length) + body : (prefix + body).padStart(width);
}

function signOf(negative: boolean, flags: string): string {
  return negative ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
}

/** %e %f %g %a (and their capitals). */
export function formatDouble(value: number, spec: FormatSpec): string {
  const { flags, conversion } = spec;
  const kind = conversion.toLowerCase();
  const upper = conversion !== kind;
  const negative = value < 0 || Object.is(value, -0);
  const magnitude = Math.abs(value);
  const precision = spec.precision < 0 ? 6 : spec.precision;
  let text: string;
  if (!Number.isFinite(value)) text = Number.isNaN(value) ? 'nan' : 'inf';
  else if (kind === 'f') text = roundedFixed(magnitude, precision);
  else if (kind === 'e') text = roundedExponential(magnitude, precision);
  else if (kind === 'g') text = general(magnitude, precision, flags.includes('#'));
  else text = hexadecimal(magnitude, spec.precision);
  if (flags.includes('#') && precision === 0 && !text.includes('.') && kind !== 'g')
    text = text.replace(/^\d+/, '$&.');
  if (upper) text = text.toUpperCase();
  return pad(text, signOf(negative, flags), spec, flags.includes('0') && Number.isFinite(value));
}

/** %d %i %u %o %x %X of an integer. */
export function formatInteger(value: bigint | number, spec: FormatSpec): string {
  const { flags, conversion, precision } = spec;
  const negative = value < 0;
  const magnitude = negative ? -value : value;
  const radix = conversion === 'o' ? 8 : conversion === 'x' || conversion === 'X' ? 16 : 10;
  let digits = magnitude.toString(radix);
  if (conversion === 'X') digits = digits.toUpperCase();
  if (precision >= 0) digits = precision === 0 && digits === '0' ? '' : digits.padStart(precision, '0');
  let prefix = radix === 10 ? signOf(negative, conversion === 'u' ? '' : flags) : negative ? '-' : '';
  if (flags.includes('#') && radix === 16 && digits !== '0') prefix += `0${conversion}`;
  if (flags.includes('#') && radix === 8 && !digits.startsWith('0')) digits = `0${digits}`;
  return pad(digits, prefix, spec, flags.includes('0') && precision < 0);
}
