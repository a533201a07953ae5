/**
 * FCVT between floats and integers, and FCVT.D.S. To integers all rounding modes are done here, saturation
 * and NaNs by the rare bodies. From integers other modes than to nearest are left to the exact path.
 */
import type { Bodies, Body, Emitter } from '../interpreter/emitter.ts';
import type { EntryEmitter } from '../interpreter/entry-emitter.ts';
import type { Label } from '../wasm/function.ts';
import { Control, F32, F64, I32, I64, Saturating, Type } from '../wasm/opcodes.ts';
import {
  finishDouble,
  operand,
  pushBoxed,
  pushF64,
  pushNaN,
  raise,
  rareBody,
  singleOperand,
  storeDouble,
  storeSingle,
} from './code.ts';
import { double, Flag, type Format, ROUNDING_MAX, Rounding, single } from './format.ts';
import { finishNaN } from './nan.ts';
import { leaveUnlessNearest, pushMode, pushNearest, pushUsual, roundingImmediate } from './rounding.ts';

interface Integer {
  readonly name: 'w' | 'wu' | 'l' | 'lu';
  /** The floats that fit: least ≤ x < bound, x integral. */
  readonly least: number;
  readonly bound: number;
  /** What does not fit becomes one of these registers. */
  readonly lowest: bigint;
  readonly highest: bigint;
  /** From a double that fits to i64. */
  readonly truncate: number;
  /** The integer in a register as an i64, and from that to the floats. */
  readonly load: number;
  readonly toSingle: number;
  readonly toDouble: number;
}

const SIGNED = {
  truncate: Saturating.i64F64S,
  toSingle: F32.convertI64S,
  toDouble: F64.convertI64S,
} as const;
const INTEGERS: readonly Integer[] = [
  {
    ...SIGNED,
    name: 'w',
    least: -(2 ** 31),
    bound: 2 ** 31,
    lowest: -0x8000_0000n,
    highest: 0x7fff_ffffn,
    load: I64.load32s,
  },
  { ...SIGNED, name: 'wu', least: 0, bound: 2 ** 32, lowest: 0n, highest: -1n, load: I64.load32u },
  {
    ...SIGNED,
    name: 'l',
    least: -(2 ** 63),
    bound: 2 ** 63,
    lowest: -0x8000_0000_0000_0000n,
    highest: 0x7fff_ffff_ffff_ffffn,
    load: I64.load,
  },
  {
    name: 'lu',
    least: 0,
    bound: 2 ** 64,
    lowest: 0n,
    highest: -1n,
    truncate: Saturating.i64F64U,
    load: I64.load,
    toSingle: F32.convertI64U,
    toDouble: F64.convertI64U,
  },
];

// --- to integers -------------------------------------------------------------------------------------------

/** Pushes whether the integral double y fits the type; a NaN does not. */
function pushFits(o: Emitter, type: Integer, y: number): void {
  o.f.get(y);
  pushF64(o, type.least);
  o.f.op(F64.ge).get(y);
  pushF64(o, type.bound);
  o.f.op(F64.lt, I32.and);
}

/** Stores y, which fits; inexact unless it equals x. */
function storeInteger(o: Emitter, type: Integer, x: number, y: number): void {
  raise(o, () => o.f.get(x).get(y).op(F64.ne));
  o.setRd(() => {
    o.f.get(y).saturating(type.truncate);
    if (type.name === 'wu') o.f.op(I64.extend32S);
  });
}

/** The static modes that have an instruction. Truncation first: it is what C's conversions do. */
const ROUNDERS: readonly (readonly [mode: number, opcode: number])[] = [
  [Rounding.towardZero, F64.trunc],
  [Rounding.down, F64.floor],
  [Rounding.up, F64.ceil],
];

function hotToInteger(o: Emitter, type: Integer, format: Format): void {
  const { f } = o;
  const x = o.temporary(Type.f64);
  const y = o.temporary(Type.f64);
  if (format === single) {
    pushBoxed(o, 'rs1');
    f.op(I32.eqz);
    o.rareIf();
    o.reg('rs1', F32.load).f.op(F64.promoteF32).set(x);
  } else o.reg('rs1', F64.load).f.set(x);
  for (const [mode, opcode] of ROUNDERS) {
    o.rm().f.i32(roundingImmediate(mode)).op(I32.eq).if();
    f.get(x).op(opcode).set(y);
    f.else();
  }
  pushNearest(o);
  f.op(I32.eqz);
  o.rareIf();
  f.get(x).op(F64.nearest).set(y);
  for (const _ of ROUNDERS) f.end();
  pushFits(o, type, y);
  f.op(I32.eqz);
  o.rareIf();
  storeInteger(o, type, x, y);
}

/** Sets y to x rounded to an integer by the mode in local `mode`. */
function roundByMode(o: Emitter, x: number, y: number, mode: number): void {
  const { f } = o;
  f.get(x).op(F64.nearest).set(y);
  for (const [which, opcode] of ROUNDERS) {
    f.get(x).op(opcode).get(y).get(mode).i32(which).op(I32.eq, Control.select).set(y);
  }
  f.get(mode).i32(Rounding.nearestAway).op(I32.eq).if();
  // The distance from the truncated value is exact.
  f.get(x).op(F64.trunc).tee(y);
  pushF64(o, 1);
  f.get(x).op(F64.copysign);
  pushF64(o, 0);
  f.get(x).get(y).op(F64.sub, F64.abs);
  pushF64(o, 0.5);
  f.op(F64.ge, Control.select, F64.add).set(y);
  f.end();
}

function rareToInteger(o: EntryEmitter, type: Integer, format: Format, toSlow: Label): void {
  const { f } = o;
  const mode = o.temporary(Type.i32);
  const y = o.temporary(Type.f64);
  pushMode(o);
  f.tee(mode).i32(ROUNDING_MAX).op(I32.gtU).brIf(toSlow);
  const x = format === single ? singleOperand(o, 'rs1') : operand(o, 'rs1');
  roundByMode(o, x, y, mode);
  pushFits(o, type, y);
  f.if();
  storeInteger(o, type, x, y);
  o.done();
  f.end();
  raise(o, () => f.i32(Flag.invalid));
  o.setRd(() => {
    f.i64(type.lowest).i64(type.highest).get(y);
    pushF64(o, 0);
    f.op(F64.lt, Control.select);
  });
  o.done();
}

// --- from integers -----------------------------------------------------------------------------------------

function hotFromInteger(o: Emitter, type: Integer, format: Format): void {
  const { f } = o;
  const x = o.temporary(Type.i64);
  const bits = BigInt(format.fractionBits + 1);
  o.reg('rs1', type.load).f.set(x);
  if (alwaysExact(type, format)) {
    pushNearest(o);
    f.op(I32.eqz);
    o.rareIf();
  } else {
    const exactOrUsual = f.block();
    pushUsual(o);
    f.brIf(exactOrUsual);
    pushNearest(o);
    pushSmall(o, type, x, 1n << bits);
    f.op(I32.and, I32.eqz);
    o.rareIf();
    f.end();
  }
  storeFloat(o, type, format, x);
}

/** Pushes |x| ≤ bound, which makes the conversion exact. */
function pushSmall(o: Emitter, type: Integer, x: number, bound: bigint): void {
  if (type.name === 'lu') o.f.get(x).i64(bound).op(I64.leU);
  else
    o.f
      .get(x)
      .i64(bound)
      .op(I64.add)
      .i64(2n * bound)
      .op(I64.leU);
}

const alwaysExact = (type: Integer, format: Format): boolean =>
  format === double && type.name.startsWith('w');

function storeFloat(o: Emitter, type: Integer, format: Format, x: number): void {
  if (format === single) storeSingle(o, () => o.f.get(x).op(type.toSingle));
  else o.setRd(() => o.f.get(x).op(type.toDouble), F64.store);
}

/** Inexact when more bits lie between the first and the last 1 than a significand has. */
function rareFromInteger(o: EntryEmitter, type: Integer, format: Format, toSlow: Label): void {
  const { f } = o;
  leaveUnlessNearest(o, toSlow);
  const x = o.temporary(Type.i64);
  const magnitude = o.temporary(Type.i64);
  o.reg('rs1', type.load).f.tee(x).set(magnitude);
  if (type.name !== 'lu') {
    f.i64(0).get(x).op(I64.sub).get(x).get(x).i64(0).op(I64.ltS, Control.select).set(magnitude);
  }
  raise(o, () => {
    f.i64(64).get(magnitude).op(I64.clz, I64.sub).get(magnitude).op(I64.ctz, I64.sub);
    f.i64(format.fractionBits + 1).op(I64.gtS);
  });
  storeFloat(o, type, format, x);
  o.done();
}

// --- single to double --------------------------------------------------------------------------------------

const promotion: Body = {
  hot: (o) => {
    const { f } = o;
    const r = o.temporary(Type.f64);
    pushNearest(o);
    pushBoxed(o, 'rs1');
    f.op(I32.and, I32.eqz);
    o.rareIf();
    o.reg('rs1', F32.load).f.op(F64.promoteF32).set(r);
    pushNaN(o, r);
    o.rareIf();
    storeDouble(o, r);
  },
  rare: rareBody('fcvt.d.s', (o, toSlow) => {
    const { f } = o;
    leaveUnlessNearest(o, toSlow);
    const r = singleOperand(o, 'rs1');
    pushNaN(o, r);
    f.if();
    finishNaN(o, single, double, ['rs1'], () => f.i32(1));
    f.end();
    finishDouble(o, r);
  }),
};

function conversions(type: Integer, format: Format): Record<string, Body> {
  const suffix = format === single ? 's' : 'd';
  const to = `fcvt.${type.name}.${suffix}`;
  const from = `fcvt.${suffix}.${type.name}`;
  return {
    [to]: {
      hot: (o) => hotToInteger(o, type, format),
      rare: rareBody(to, (o, toSlow) => rareToInteger(o, type, format, toSlow)),
    },
    [from]: {
      hot: (o) => hotFromInteger(o, type, format),
      rare: rareBody(from, (o, toSlow) => rareFromInteger(o, type, format, toSlow)),
    },
  };
}

export const floatConversions: Bodies = Object.assign(
  { 'fcvt.d.s': promotion },
  ...INTEGERS.flatMap((type) => [single, double].map((format) => conversions(type, format))),
);
