/**
 * Calls and returns of the guest as calls and returns of translated functions, so that the host's processor
 * knows where a return goes, and nothing need be looked up.
 *
 * Before a function calls, it notes in frame 0 where the guest is to return to. A function whose guest
 * returns there gives back `~left`, below 0 and so no Reason, and its caller goes on. Whatever else the guest
 * does (it leaves for the interpreter, a longjmp) is right all the same: a Reason ends all functions, because
 * each hands it on; and who returns elsewhere jumps there.
 */
import type { FunctionBuilder, Label } from '../wasm/function.ts';
import { I32, I64 } from '../wasm/opcodes.ts';

/** i64 in frame 0: the guest address at which the caller of the function that runs goes on. */
const RETURN_TO = 0x428;
/** i32 in frame 0: how many calls are open. */
const CALL_DEPTH = 0x430;
/** As many may be open: V8's stack has room for ten times as many. */
const DEPTH_MAX = 128;
/** No instruction stands at an odd address. */
const NOWHERE = 1;

/** For who enters translated code from outside. */
export function haveNoCaller(f: FunctionBuilder): void {
  f.i32(0).i64(NOWHERE).store(I64.store, RETURN_TO);
  f.i32(0).i32(0).store(I32.store, CALL_DEPTH);
}

/** Returns when the guest returns, to `va`, to where the function was called. */
export function returnToCaller(f: FunctionBuilder, { va, left }: { va: number; left: number }): void {
  f.get(va).i32(0).load(I64.load, RETURN_TO).op(I64.eq).if();
  f.get(left).i32(-1).op(I32.xor).return().end();
}

/** Variables of a function that calls: what is restored after the call, and what came back. */
export interface CallVariables {
  readonly left: number;
  readonly outer: number;
  readonly depth: number;
  readonly result: number;
}

/**
 * Calls with `enter`, and goes on when the guest has returned to the address that `returnTo` pushes.
 * `tooDeep`: where translated code is left, to be entered again without callers.
 */
export function callAndReturn(
  f: FunctionBuilder,
  { left, outer, depth, result }: CallVariables,
  tooDeep: Label,
  returnTo: () => void,
  enter: () => void,
): void {
  f.i32(0).load(I32.load, CALL_DEPTH).tee(depth).i32(DEPTH_MAX).op(I32.geU).brIf(tooDeep);
  f.i32(0).get(depth).i32(1).op(I32.add).store(I32.store, CALL_DEPTH);
  f.i32(0).load(I64.load, RETURN_TO).set(outer);
  f.i32(0);
  returnTo();
  f.store(I64.store, RETURN_TO);
  enter();
  f.tee(result).i32(0).op(I32.geS).if();
  f.get(result).return().end();
  f.get(result).i32(-1).op(I32.xor).set(left);
  f.i32(0).get(depth).store(I32.store, CALL_DEPTH);
  f.i32(0).get(outer).store(I64.store, RETURN_TO);
}
