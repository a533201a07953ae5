/**
 * Calls and returns of the guest as calls and returns of translated functions, so that the host's processor
 * knows where a return goes, and nothing need be looked up.
 *
 * Who calls a function tells it where the guest is to return to. A function whose guest returns there gives
 * back `~left`, below 0 and so no Reason, and its caller goes on. Whatever else the guest does (it leaves for
 * the interpreter, a longjmp) is right all the same: a Reason ends all functions, because each hands it on;
 * and who returns elsewhere jumps there.
 *
 * The way in and the number of open calls are one parameter: the lower and the upper half of `which`.
 */
import type { FunctionBuilder, Label } from '../wasm/function.ts';
import { I32, I64 } from '../wasm/opcodes.ts';

const ONE_CALL = 0x1_0000;
const WAY_MASK = ONE_CALL - 1;
/** As many may be open: V8's stack has room for ten times as many. */
const DEPTH_MAX = 128;
/** No instruction stands at an odd address. */
const NOWHERE = 1;

/** The parameter `which`, and the one that tells where the guest returns to. */
export interface CallParameters {
  readonly which: number;
  readonly returnTo: number;
}

/** Pushes where the guest returns to, for who enters translated code from outside. */
export function pushNoCaller(f: FunctionBuilder): void {
  f.i64(NOWHERE);
}

/** Pushes the way in. */
export function pushWay(f: FunctionBuilder, { which }: CallParameters): FunctionBuilder {
  return f.get(which).i32(WAY_MASK).op(I32.and);
}

/** From the way into another function, on the stack, makes its `which`; `calls`: else it is jumped to. */
export function countCalls(f: FunctionBuilder, { which }: CallParameters, calls: boolean): void {
  f.get(which).i32(~WAY_MASK).op(I32.and, I32.add);
  if (calls) f.i32(ONE_CALL).op(I32.add);
}

/** Returns when the guest returns, to `va`, to where the function was called. */
export function returnToCaller(
  f: FunctionBuilder,
  { returnTo, va, left }: CallParameters & { va: number; left: number },
): void {
  f.get(va).get(returnTo).op(I64.eq).if();
  f.get(left).i32(-1).op(I32.xor).return().end();
}

/**
 * Calls with `enter`, and goes on when the guest has returned; `result` is a variable for what came back.
 * `tooDeep`: where translated code is left, to be entered again without callers.
 */
export function callAndReturn(
  f: FunctionBuilder,
  { which, left, result }: CallParameters & { left: number; result: number },
  tooDeep: Label,
  enter: () => void,
): void {
  f.get(which)
    .i32(DEPTH_MAX * ONE_CALL)
    .op(I32.geU)
    .brIf(tooDeep);
  enter();
  f.tee(result).i32(0).op(I32.geS).if();
  f.get(result).return().end();
  f.get(result).i32(-1).op(I32.xor).set(left);
}
