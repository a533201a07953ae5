/**
 * The exact path: every F and D instruction that computes, in integers. It decides what the fast path of the
 * interpreter (index.ts) leaves open, and is what the fast path is tested against. Operands and results are
 * 64-bit registers, singles NaN-boxed. A call takes about a microsecond.
 */
import { add, fusedMultiplyAdd } from './add.ts';
import { classify, equal, extreme, injectSign, less } from './compare.ts';
import { convertFormat, fromInteger, type IntegerType, toInteger } from './convert.ts';
import { box, double, type Format, type Outcome, single, unbox } from './format.ts';
import { divide, multiply, squareRoot } from './multiply.ts';
import { negate, type Unpacked, unpack } from './unpack.ts';

export interface FloatOperation {
  /** The mnemonic. */
  readonly name: string;
  /** The register files of the operands: two f registers are 'ff'. */
  readonly sources: 'f' | 'ff' | 'fff' | 'x';
  readonly result: 'f' | 'x';
  /** Whether the instruction has an rm field. */
  readonly rounds: boolean;
  /** Registers in, register out; `mode` is never reserved or dynamic. */
  readonly run: (mode: number, a: bigint, b: bigint, c: bigint) => Outcome;
}

type Arithmetic = (format: Format, mode: number, x: Unpacked, y: Unpacked, z: Unpacked) => Outcome;
type OnPatterns = (format: Format, a: bigint, b: bigint) => Outcome;

const boxed = (format: Format, { bits, flags }: Outcome): Outcome => ({ bits: box(format, bits), flags });

function arithmetic(name: string, sources: 'f' | 'ff' | 'fff', compute: Arithmetic) {
  return (format: Format): FloatOperation => {
    const read = (register: bigint) => unpack(format, unbox(format, register));
    return {
      name: `${name}.${suffix(format)}`,
      sources,
      result: 'f',
      rounds: true,
      run: (mode, a, b, c) => boxed(format, compute(format, mode, read(a), read(b), read(c))),
    };
  };
}

function onPatterns(name: string, sources: 'f' | 'ff', result: 'f' | 'x', compute: OnPatterns) {
  return (format: Format): FloatOperation => ({
    name: `${name}.${suffix(format)}`,
    sources,
    result,
    rounds: false,
    run: (_mode, a, b) => {
      const outcome = compute(format, unbox(format, a), unbox(format, b));
      return result === 'x' ? outcome : boxed(format, outcome);
    },
  });
}

const suffix = (format: Format): string => (format === single ? 's' : 'd');

const INTEGERS: readonly (readonly [string, IntegerType])[] = [
  ['w', { width: 32, signed: true }],
  ['wu', { width: 32, signed: false }],
  ['l', { width: 64, signed: true }],
  ['lu', { width: 64, signed: false }],
];

function integerConversions(format: Format): FloatOperation[] {
  return INTEGERS.flatMap(([name, type]) => [
    {
      name: `fcvt.${name}.${suffix(format)}`,
      sources: 'f' as const,
      result: 'x' as const,
      rounds: true,
      run: (mode: number, a: bigint) => toInteger(format, type, mode, unbox(format, a)),
    },
    {
      name: `fcvt.${suffix(format)}.${name}`,
      sources: 'x' as const,
      result: 'f' as const,
      rounds: true,
      run: (mode: number, a: bigint) => boxed(format, fromInteger(format, type, mode, a)),
    },
  ]);
}

function formatConversion(from: Format, to: Format): FloatOperation {
  return {
    name: `fcvt.${suffix(to)}.${suffix(from)}`,
    sources: 'f',
    result: 'f',
    rounds: true,
    run: (mode, a) => boxed(to, convertFormat(from, to, mode, unbox(from, a))),
  };
}

/** Moves take the bits as they are: boxes are neither asked for nor undone. */
function move(
  name: string,
  sources: 'f' | 'x',
  result: 'f' | 'x',
  compute: (a: bigint) => bigint,
): FloatOperation {
  return { name, sources, result, rounds: false, run: (_mode, a) => ({ bits: compute(a), flags: 0 }) };
}

const OF_BOTH_FORMATS = [
  arithmetic('fadd', 'ff', (f, mode, x, y) => add(f, mode, x, y)),
  arithmetic('fsub', 'ff', (f, mode, x, y) => add(f, mode, x, negate(y))),
  arithmetic('fmul', 'ff', (f, mode, x, y) => multiply(f, mode, x, y)),
  arithmetic('fdiv', 'ff', (f, mode, x, y) => divide(f, mode, x, y)),
  arithmetic('fsqrt', 'f', (f, mode, x) => squareRoot(f, mode, x)),
  arithmetic('fmadd', 'fff', (f, mode, x, y, z) => fusedMultiplyAdd(f, mode, x, y, z)),
  arithmetic('fmsub', 'fff', (f, mode, x, y, z) => fusedMultiplyAdd(f, mode, x, y, negate(z))),
  arithmetic('fnmsub', 'fff', (f, mode, x, y, z) => fusedMultiplyAdd(f, mode, negate(x), y, z)),
  arithmetic('fnmadd', 'fff', (f, mode, x, y, z) => fusedMultiplyAdd(f, mode, negate(x), y, negate(z))),
  onPatterns('fmin', 'ff', 'f', (f, a, b) => extreme(f, false, a, b)),
  onPatterns('fmax', 'ff', 'f', (f, a, b) => extreme(f, true, a, b)),
  onPatterns('fsgnj', 'ff', 'f', (f, a, b) => injectSign(f, (_own, other) => other, a, b)),
  onPatterns('fsgnjn', 'ff', 'f', (f, a, b) => injectSign(f, (_own, other) => !other, a, b)),
  onPatterns('fsgnjx', 'ff', 'f', (f, a, b) => injectSign(f, (own, other) => own !== other, a, b)),
  onPatterns('feq', 'ff', 'x', equal),
  onPatterns('flt', 'ff', 'x', (f, a, b) => less(f, false, a, b)),
  onPatterns('fle', 'ff', 'x', (f, a, b) => less(f, true, a, b)),
  onPatterns('fclass', 'f', 'x', classify),
];

export const floatOperations: readonly FloatOperation[] = [
  ...[single, double].flatMap((format) => OF_BOTH_FORMATS.map((make) => make(format))),
  ...[single, double].flatMap(integerConversions),
  formatConversion(double, single),
  formatConversion(single, double),
  move('fmv.x.w', 'f', 'x', (a) => BigInt.asUintN(64, BigInt.asIntN(32, a))),
  move('fmv.w.x', 'x', 'f', (a) => box(single, BigInt.asUintN(32, a))),
  move('fmv.x.d', 'f', 'x', (a) => a),
  move('fmv.d.x', 'x', 'f', (a) => a),
];

const byName = new Map(floatOperations.map((operation, index) => [operation.name, index]));

/** The index of an operation in `floatOperations`, by which the slow path names it. */
export function floatOperationIndex(name: string): number {
  const index = byName.get(name);
  if (index === undefined) throw new Error(`no float operation ${name}`);
  return index;
}
