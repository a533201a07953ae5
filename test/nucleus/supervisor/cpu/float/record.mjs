/**
 * Records what qemu-riscv64 answers on edge operands: `node test/nucleus/supervisor/cpu/float/record.mjs`.
 *
 * recorded/vectors.txt: `values NAME HEX…` lists operands; `op MNEMONIC NAME` is followed by a line for each
 * tuple of that list's values in the order of nested loops, the first operand outermost. A line has an
 * outcome RESULT/FLAGS (hexadecimal) for each rounding mode, or one; `=` repeats the outcome before, and
 * trailing repetitions are left out. A value of 8 digits is a boxed single.
 */
import { writeFileSync } from 'node:fs';
import { INSTRUCTIONS, MODES, openOracle } from './driver.mjs';

const BOX = 0xffff_ffff_0000_0000n;

const view = new DataView(new ArrayBuffer(8));
function doubleBits(value) {
  view.setFloat64(0, value);
  return view.getBigUint64(0);
}
function singleBits(value) {
  view.setFloat32(0, value);
  return BOX | BigInt(view.getUint32(0));
}

const boxed = (...patterns) => patterns.map((pattern) => BOX | BigInt(pattern));

/** Zeros, ones and neighbours, subnormals, the ends of the ranges, halves of results, infinities, NaNs. */
const ARITHMETIC = {
  s: boxed(
    ...[0, 0x80000000, 0x3f800000, 0xbf800000, 0x3f800001, 0x3f7fffff, 0xbf000000, 0x40400000, 0x3eaaaaab],
    ...[0x00000001, 0x80000003, 0x00400000, 0x807fffff, 0x00800000, 0x80800001, 0x01000001, 0x1fc00001],
    ...[0x205a827a, 0x5f3504f3, 0xdf800001, 0x7e800000, 0x7f000000, 0x7f7fffff, 0xff7fffff, 0x4b800000],
    ...[0x4b000001, 0x33800000, 0xb3800001, 0x7f800000, 0xff800000, 0x7fc00000, 0xff812345],
  ).concat(0x3f800000n, 0xffff_fffe_3f80_0000n),
  d: [
    ...[0n, 1n << 63n, 0x3ff0000000000000n, 0xbff0000000000000n, 0x3ff0000000000001n, 0x3fefffffffffffffn],
    ...[0xbfe0000000000000n, 0x4008000000000000n, 0x3fd5555555555555n, 1n, 0x8000000000000003n],
    ...[0x0008000000000000n, 0x800fffffffffffffn, 0x0010000000000000n, 0x8010000000000001n],
    ...[0x0020000000000001n, 0x1ff8000000000001n, 0x200b504f333f9de6n, 0x5fe6a09e667f3bcdn],
    ...[0xdff0000000000001n, 0x7fd0000000000000n, 0x7fe0000000000000n, 0x7fefffffffffffffn],
    ...[0xffefffffffffffffn, 0x4340000000000000n, 0x4330000000000001n, 0x3ca0000000000000n],
    ...[0xbca0000000000001n, 0x7ff0000000000000n, 0xfff0000000000000n, 0x7ff8000000000000n],
    0xfff0000000012345n,
  ],
};

/** Fewer, for three operands. */
const FUSED = {
  s: boxed(0, 0x80000000, 0x3f800001, 0xbf7fffff, 0x80000001, 0x1fc00001, 0x7f7fffff, 0x4b800001, 0xff800000),
  d: [
    ...[0n, 1n << 63n, 0x3ff0000000000001n, 0xbfefffffffffffffn, 0x8000000000000001n, 0x1ff8000000000001n],
    ...[0x7fefffffffffffffn, 0x4340000000000001n, 0xfff0000000000000n],
  ],
};

/** For what only looks: signs, order, kinds. */
const COMPARED = {
  s: boxed(
    ...[0, 0x80000000, 0x3f800000, 0xbf800000, 1, 0x80000001, 0x807fffff, 0x7f7fffff, 0x7f800000, 0xff800000],
    ...[0x7fc00000, 0xffc00001, 0x7f800001],
  ).concat(0x3f800000n),
  d: [
    ...[
      0n,
      1n << 63n,
      0x3ff0000000000000n,
      0xbff0000000000000n,
      1n,
      0x8000000000000001n,
      0x800fffffffffffffn,
    ],
    ...[0x7fefffffffffffffn, 0x7ff0000000000000n, 0xfff0000000000000n, 0x7ff8000000000000n],
    ...[0xfff8000000000001n, 0x7ff0000000000001n],
  ],
};

const POWERS = [23, 24, 31, 32, 52, 53, 63, 64];

function roundable(bits, step) {
  const small = [0.25, 0.5, 0.75, 1, 1.5, 2.5, 3.5, 4194303.5, 8388607.5, 2147483647.5, 4294967295.5, 1e30];
  const large = POWERS.flatMap((n) => [2 ** n * (1 - step / 2), 2 ** n, 2 ** n * (1 + step)]);
  return [...small, ...large].flatMap((value) => [bits(value), bits(-value)]);
}

const CONVERTED = {
  s: [...ARITHMETIC.s, ...roundable(singleBits, 2 ** -23)],
  d: [
    ...ARITHMETIC.d,
    ...roundable(doubleBits, 2 ** -52),
    ...[
      0x380fffffffffffffn,
      0x3810000000000000n,
      0x380fffffe0000000n,
      0x380ffffff0000000n,
      0x3690000000000000n,
    ],
    ...[
      0x3690000000000001n,
      0xb6a8000000000000n,
      0x47efffffe0000000n,
      0x47effffff0000000n,
      0x47efffffefffffffn,
    ],
    ...[0xc7f0000000000000n, 0x3ff0000010000000n, 0x3ff0000030000000n, 0xbff0000010000001n],
  ],
};

/** Integers around the powers of two, and halfway cases of both formats. */
const INTEGERS = [
  ...[0n, 1n, 7n, 0x123456789abcdefn],
  ...POWERS.flatMap((n) => [-1n, 0n, 1n, 3n].map((d) => (1n << BigInt(n)) + d)),
  ...[0x1000003n, 0x20000000000003n, 0x7ffffffffffffe00n, 0x7ffffffffffffdffn, 0x7fffffbfffffffffn],
  ...[0x8000008000000000n, 0x8000000000000400n, 0x8000000000000401n, 0x8000008000000001n],
].flatMap((value) => [BigInt.asUintN(64, value), BigInt.asUintN(64, -value)]);

const written = (value) =>
  value >= BOX ? (value - BOX).toString(16).padStart(8, '0') : value.toString(16).padStart(16, '0');

/** The list of operands for an instruction: [name, values]. */
function operandsOf({ name, sources }) {
  const format = /\.[sw]$/.test(name) && !name.startsWith('fcvt') ? 's' : 'd';
  if (sources === 'x') return ['integers', INTEGERS];
  if (sources === 'fff') return [`fused-${format}`, FUSED[format]];
  if (name.startsWith('fcvt')) return [`converted-${name.at(-1)}`, CONVERTED[name.at(-1)]];
  if (/^f(add|sub|mul|div|sqrt)/.test(name)) return [`arithmetic-${format}`, ARITHMETIC[format]];
  if (name === 'fmv.x.w') return ['compared-s', COMPARED.s];
  return [`compared-${format}`, COMPARED[format]];
}

function tuples(values, count) {
  if (count === 0) return [[]];
  return values.flatMap((value) => tuples(values, count - 1).map((rest) => [value, ...rest]));
}

function line(outcomes) {
  const texts = outcomes.map(({ bits, fcsr }) => `${written(bits)}/${(fcsr & 31).toString(16)}`);
  const shown = texts.map((text, n) => (text === texts[n - 1] ? '=' : text));
  return shown.join(' ').replace(/( =)+$/, '');
}

function recordOne(oracle, instruction, index) {
  const [name, values] = operandsOf(instruction);
  const all = tuples(values, instruction.sources.length);
  const modes = instruction.rounds ? MODES.length : 1;
  const requests = all.flatMap(([a, b = 0n, c = 0n]) =>
    Array.from({ length: modes }, (_, mode) => ({ instruction: index, fcsr: mode << 5, a, b, c })),
  );
  const answers = oracle.ask(requests);
  return [
    `op ${instruction.name} ${name}`,
    ...all.map((_, n) => line(answers.slice(n * modes, (n + 1) * modes))),
  ];
}

const oracle = openOracle();
try {
  const lists = new Map(INSTRUCTIONS.map(operandsOf));
  const lines = [...lists].map(([name, values]) => `values ${name} ${values.map(written).join(' ')}`);
  INSTRUCTIONS.forEach((instruction, index) => {
    lines.push(...recordOne(oracle, instruction, index));
  });
  writeFileSync(new URL('recorded/vectors.txt', import.meta.url), `${lines.join('\n')}\n`);
} finally {
  oracle.close();
}
