/** The recorded answers of the oracle (format: record.mjs), and random operands for asking it more. */
import { readFileSync } from 'node:fs';
import { INSTRUCTIONS } from './driver.mjs';

export const BOX = 0xffff_ffff_0000_0000n;

export interface Vector {
  readonly operands: readonly bigint[];
  readonly mode: number;
  readonly bits: bigint;
  readonly flags: number;
}

/** All vectors by mnemonic. */
export function recordedVectors(): Map<string, Vector[]> {
  const text = readFileSync(new URL('recorded/vectors.txt', import.meta.url), 'utf8');
  const sources = new Map(INSTRUCTIONS.map(({ name, sources }) => [name, sources.length]));
  const values = new Map<string, bigint[]>();
  const vectors = new Map<string, Vector[]>();
  let tuples: Iterator<bigint[]> = [][Symbol.iterator]();
  let into: Vector[] = [];
  for (const line of text.trim().split('\n')) {
    const [first, name, ...rest] = line.split(' ');
    if (first === 'values') values.set(name!, rest.map(register));
    else if (first === 'op') {
      tuples = tuplesOf(values.get(rest[0]!)!, sources.get(name!)!);
      vectors.set(name!, (into = []));
    } else into.push(...outcomes(tuples.next().value, line));
  }
  return vectors;
}

/** As the recorder writes registers: 8 digits are a boxed single. */
function register(hex: string): bigint {
  const value = BigInt(`0x${hex}`);
  return hex.length === 8 ? BOX | value : value;
}

function* tuplesOf(values: readonly bigint[], count: number): Generator<bigint[]> {
  if (count === 0) yield [];
  else for (const value of values) for (const rest of tuplesOf(values, count - 1)) yield [value, ...rest];
}

/** One vector for each outcome of a line; left out modes repeat the last. */
function outcomes(operands: readonly bigint[], line: string): Vector[] {
  const vectors: Vector[] = [];
  for (const text of line.split(' ')) {
    const last = vectors.at(-1);
    const [hex, flags] = text.split('/');
    const mode = vectors.length;
    if (text === '=') vectors.push({ ...last!, mode });
    else vectors.push({ operands, mode, bits: register(hex!), flags: Number.parseInt(flags!, 16) });
  }
  return vectors;
}

const RANDOM_PATTERNS = ['uniform', 'near one', 'few bits', 'edge', 'integer'] as const;

/** Operands of random bits, exponents and shapes; `random` gives numbers in [0, 1). */
export function randomRegister(random: () => number, single: boolean): bigint {
  const below = (n: number) => Math.floor(random() * n);
  const word = () => BigInt(below(2 ** 32));
  const [width, fraction] = single ? [32n, 23n] : [64n, 52n];
  const mask = (1n << width) - 1n;
  const sign = BigInt(below(2)) << (width - 1n);
  const exponentMax = (1n << (width - 1n - fraction)) - 1n;
  let bits = ((word() << 32n) | word()) & mask;
  switch (RANDOM_PATTERNS[below(RANDOM_PATTERNS.length)]) {
    case 'near one':
      bits =
        (bits & ((1n << fraction) - 1n)) | sign | ((exponentMax / 2n - 3n + BigInt(below(7))) << fraction);
      break;
    case 'few bits':
      bits =
        sign | (BigInt(below(Number(exponentMax) + 1)) << fraction) | (1n << BigInt(below(Number(fraction))));
      break;
    case 'edge':
      bits = sign | (((BigInt(below(3)) * (exponentMax >> 1n)) << fraction) + BigInt(below(5)) - 2n);
      break;
    case 'integer':
      bits = BigInt.asUintN(64, BigInt.asIntN(64, (word() << 32n) | word()) >> BigInt(below(64)));
      return single && below(2) === 0 ? BOX | (bits & mask) : bits;
    default:
  }
  bits &= mask;
  return single && below(50) !== 0 ? BOX | bits : bits;
}

/**
 * [a, b, c] where a × b is half a unit of c's last place but for a few units of its own, so that the last
 * bits of the product decide how the sum is rounded.
 */
export function almostHalfway(random: () => number, single: boolean): [bigint, bigint, bigint] {
  const below = (n: number) => Math.floor(random() * n);
  const fraction = single ? 23n : 52n;
  const bias = single ? 127n : 1023n;
  const sign = () => BigInt(below(2)) << (single ? 31n : 63n);
  const boxed = (bits: bigint) => (single ? BOX | bits : bits);
  const few = () => BigInt(below(7) - 3);
  const exponent = bias + BigInt(below(40) - 20);
  const middle = ((bias + exponent - fraction - 1n) / 2n) << fraction;
  const rest = ((bias + exponent - fraction - 1n) << fraction) - middle;
  const c = (exponent << fraction) | BigInt(below(2 ** 23));
  return [boxed(sign() | (middle + few())), boxed(sign() | (rest + few())), boxed(sign() | c)];
}

/** Xorshift: numbers in [0, 1) from a seed. */
export function generator(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
