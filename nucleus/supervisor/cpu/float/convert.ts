/** Conversions between the formats, and between formats and integers. */
import { Flag, type Format, type Outcome } from './format.ts';
import { cut, infinity, round } from './round.ts';
import { isNan, nanOf, unpack } from './unpack.ts';

/** FCVT.S.D and FCVT.D.S. */
export function convertFormat(from: Format, to: Format, mode: number, a: bigint): Outcome {
  const x = unpack(from, a);
  const nan = nanOf(to, [x]);
  if (nan) return nan;
  if (x.kind === 'infinite') return infinity(to, x.negative);
  return round(to, mode, x.negative, { significand: x.significand, exponent: x.exponent, sticky: false });
}

/** An integer type of the conversions. */
export interface IntegerType {
  readonly width: 32 | 64;
  readonly signed: boolean;
}

/**
 * A float to an integer in a 64-bit register; 32-bit results, unsigned ones too, are sign-extended. What does
 * not fit saturates and is invalid (and then not inexact); a NaN becomes the largest integer.
 */
export function toInteger(format: Format, type: IntegerType, mode: number, a: bigint): Outcome {
  const x = unpack(format, a);
  const least = type.signed ? -(1n << BigInt(type.width - 1)) : 0n;
  const most = (1n << BigInt(type.signed ? type.width - 1 : type.width)) - 1n;
  if (isNan(x)) return saturated(type, most);
  if (x.kind === 'infinite') return saturated(type, x.negative ? least : most);
  const magnitude = { significand: x.significand, exponent: x.exponent, sticky: false };
  const { kept, exact } = cut(magnitude, x.negative, 0, mode);
  const value = x.negative ? -kept : kept;
  if (value < least) return saturated(type, least);
  if (value > most) return saturated(type, most);
  return { bits: inRegister(type, value), flags: exact ? 0 : Flag.inexact };
}

function saturated(type: IntegerType, value: bigint): Outcome {
  return { bits: inRegister(type, value), flags: Flag.invalid };
}

function inRegister(type: IntegerType, value: bigint): bigint {
  return BigInt.asUintN(64, BigInt.asIntN(type.width, value));
}

/** The integer of the type in the low bits of a register, to a format. */
export function fromInteger(format: Format, type: IntegerType, mode: number, register: bigint): Outcome {
  const value = type.signed ? BigInt.asIntN(type.width, register) : BigInt.asUintN(type.width, register);
  const significand = value < 0n ? -value : value;
  return round(format, mode, value < 0n, { significand, exponent: 0, sticky: false });
}
