/**
 * Comparisons, minimum and maximum, sign injection, classes and moves, complete: none needs the exact path.
 * Hot: numbers, properly boxed. Rare: NaNs and singles that are not boxed.
 */
import type { Bodies, Body, Emitter } from '../interpreter/emitter.ts';
import type { EntryEmitter } from '../interpreter/entry-emitter.ts';
import { Control, F32, F64, I32, I64, Type } from '../wasm/opcodes.ts';
import { BOX, bitsOf, operand, pushBoxed, raise, singleOperand } from './code.ts';
import { double, Flag, type Format, single } from './format.ts';
import { pushAnySignaling, pushNaNBits, pushSignaling, storeCanonicalNaN } from './nan.ts';

const isSingle = (format: Format): boolean => format === single;

/** Locals with both operands as numbers: f32 for boxed singles in hot bodies, else doubles. */
function hotOperands(o: Emitter, format: Format): [number, number] {
  if (!isSingle(format)) return [operand(o, 'rs1'), operand(o, 'rs2')];
  pushBoxed(o, 'rs1', 'rs2');
  o.f.op(I32.eqz);
  o.rareIf();
  const a = o.temporary(Type.f32);
  const b = o.temporary(Type.f32);
  o.reg('rs1', F32.load).f.set(a);
  o.reg('rs2', F32.load).f.set(b);
  return [a, b];
}

/** The opcode for a format of one that both types have. */
const opcode = (format: Format, name: 'eq' | 'lt' | 'le' | 'gt' | 'ge' | 'min' | 'max'): number =>
  isSingle(format) ? F32[name] : F64[name];

/** FEQ, FLT, FLE: NaNs compare false; FEQ signals for signaling ones, the others for all. */
function comparison(name: 'eq' | 'lt' | 'le', format: Format): Body {
  return {
    hot: (o) => {
      const { f } = o;
      const [a, b] = hotOperands(o, format);
      f.get(a).get(b).op(opcode(format, 'le'));
      f.get(a).get(b).op(opcode(format, 'ge'), I32.or, I32.eqz);
      o.rareIf();
      o.setRd(() => f.get(a).get(b).op(opcode(format, name), I64.extendI32U));
    },
    rare: (o) => {
      const { f } = o;
      const read = isSingle(format) ? singleOperand : operand;
      const a = read(o, 'rs1');
      const b = read(o, 'rs2');
      const bits = [bitsOf(o, 'rs1', isSingle(format)), bitsOf(o, 'rs2', isSingle(format))];
      raise(o, () => {
        if (name === 'eq') pushAnySignaling(o, format, bits);
        else {
          pushNaNBits(o, format, bits[0]!);
          pushNaNBits(o, format, bits[1]!);
          f.op(I32.or);
        }
        f.i32(Math.log2(Flag.invalid)).op(I32.shl);
      });
      o.setRd(() => f.get(a).get(b).op(F64[name], I64.extendI32U));
    },
  };
}

/** FMIN, FMAX. WebAssembly's min and max order zeros as these do. */
function extreme(name: 'min' | 'max', format: Format): Body {
  return {
    hot: (o) => {
      const { f } = o;
      const [a, b] = hotOperands(o, format);
      const r = isSingle(format) ? o.temporary(Type.f32) : o.temporary(Type.f64);
      f.get(a).get(b).op(opcode(format, name)).tee(r).get(r);
      f.op(isSingle(format) ? F32.ne : F64.ne);
      o.rareIf();
      if (isSingle(format)) storeBoxed(o, () => f.get(r).op(I32.reinterpretF32, I64.extendI32U));
      else o.setRd(() => f.get(r), F64.store);
    },
    rare: (o) => rareExtreme(o, name, format),
  };
}

/** A NaN loses against a number; two make a canonical one. */
function rareExtreme(o: EntryEmitter, name: 'min' | 'max', format: Format): void {
  const { f } = o;
  const a = bitsOf(o, 'rs1', isSingle(format));
  const b = bitsOf(o, 'rs2', isSingle(format));
  raise(o, () => {
    pushAnySignaling(o, format, [a, b]);
    f.i32(Math.log2(Flag.invalid)).op(I32.shl);
  });
  const store = (value: number) => {
    if (isSingle(format)) storeBoxed(o, () => f.get(value));
    else o.setRd(() => f.get(value));
  };
  pushNaNBits(o, format, a);
  f.if();
  pushNaNBits(o, format, b);
  f.if();
  storeCanonicalNaN(o, format);
  f.else();
  store(b);
  f.end();
  o.done();
  f.end();
  pushNaNBits(o, format, b);
  f.if();
  store(a);
  o.done();
  f.end();
  // Numbers that are no properly boxed singles do not exist: both are boxed here, or doubles.
  const read = isSingle(format) ? singleOperand : operand;
  const x = read(o, 'rs1');
  const y = read(o, 'rs2');
  f.get(x).get(y).op(F64[name]).set(x);
  if (isSingle(format)) storeBoxed(o, () => f.get(x).op(F32.demoteF64, I32.reinterpretF32, I64.extendI32U));
  else o.setRd(() => f.get(x), F64.store);
}

/** rd = what `push` pushes, a pattern in the low half of an i64, boxed. */
function storeBoxed(o: Emitter, push: () => void): void {
  o.setRd(() => {
    push();
    o.f.i64(BOX).op(I64.or);
  });
}

/** FSGNJ, FSGNJN, FSGNJX. */
function signInjection(how: 'same' | 'opposite' | 'xor', format: Format): Body {
  const sign = isSingle(format) ? 0x8000_0000n : -0x8000_0000_0000_0000n;
  /** From what pushes the two patterns: pushes the result. */
  const push = (o: Emitter, pushOperand: (field: 'rs1' | 'rs2') => void) => {
    const { f } = o;
    pushOperand('rs1');
    if (how !== 'xor') f.i64(~sign).op(I64.and);
    pushOperand('rs2');
    if (how === 'opposite') f.i64(-1).op(I64.xor);
    f.i64(sign).op(I64.and, how === 'xor' ? I64.xor : I64.or);
  };
  const onRegisters = (o: Emitter) => o.setRd(() => push(o, (field) => o.reg(field)));
  if (!isSingle(format)) return { hot: onRegisters };
  return {
    // The upper halves of boxed singles are all ones, and remain so.
    hot: (o) => {
      pushBoxed(o, 'rs1', 'rs2');
      o.f.op(I32.eqz);
      o.rareIf();
      onRegisters(o);
    },
    rare: (o) => {
      const patterns = { rs1: bitsOf(o, 'rs1', true), rs2: bitsOf(o, 'rs2', true) };
      storeBoxed(o, () => push(o, (field) => o.f.get(patterns[field])));
    },
  };
}

/** The bits of FCLASS for NaNs; those of numbers are 4 + size, or 3 - size for negative ones. */
const SIGNALING_CLASS = 8;
const QUIET_CLASS = 9;

/** FCLASS, from the pattern alone. */
function classification(format: Format): Body {
  return {
    rare: (o) => {
      const { f } = o;
      const bits = bitsOf(o, 'rs1', isSingle(format));
      const magnitude = o.temporary(Type.i64);
      const size = o.temporary(Type.i64);
      f.get(bits)
        .i64((1n << BigInt(format.width - 1)) - 1n)
        .op(I64.and)
        .set(magnitude);
      pushNaNBits(o, format, bits);
      f.if();
      o.setRd(() => {
        f.i64(1 << SIGNALING_CLASS).i64(1 << QUIET_CLASS);
        pushSignaling(o, format, bits);
        f.op(Control.select);
      });
      o.done();
      f.end();
      // 0: zero, 1: subnormal, 2: normal, 3: infinite.
      const least = [1n, 1n << BigInt(format.fractionBits), format.infinity];
      least.forEach((bound, n) => {
        f.get(magnitude).i64(bound).op(I64.geU, I64.extendI32U);
        if (n > 0) f.op(I64.add);
      });
      f.set(size);
      o.setRd(() => {
        f.i64(1).i64(3).get(size).op(I64.sub).i64(4).get(size).op(I64.add);
        f.get(bits).get(magnitude).op(I64.ne, Control.select, I64.shl);
      });
    },
  };
}

const both = (name: string, make: (format: Format) => Body): [string, Body][] => [
  [`${name}.s`, make(single)],
  [`${name}.d`, make(double)],
];

/** Moves take the bits as they are. */
const copy: Body = { hot: (o) => o.setRd(() => o.reg('rs1')) };

export const inspections: Bodies = {
  ...Object.fromEntries([
    ...both('feq', (format) => comparison('eq', format)),
    ...both('flt', (format) => comparison('lt', format)),
    ...both('fle', (format) => comparison('le', format)),
    ...both('fmin', (format) => extreme('min', format)),
    ...both('fmax', (format) => extreme('max', format)),
    ...both('fsgnj', (format) => signInjection('same', format)),
    ...both('fsgnjn', (format) => signInjection('opposite', format)),
    ...both('fsgnjx', (format) => signInjection('xor', format)),
    ...both('fclass', classification),
  ]),
  'fmv.x.d': copy,
  'fmv.d.x': copy,
  'fmv.x.w': { hot: (o) => o.setRd(() => o.reg('rs1', I64.load32s)) },
  'fmv.w.x': { hot: (o) => storeBoxed(o, () => o.reg('rs1', I64.load32u)) },
};
