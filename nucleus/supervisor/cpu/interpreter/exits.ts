/**
 * What translated code calls to leave: functions of the interpreter's module.
 */
import { PAGE_BYTES } from '../../../memory/site-memory.ts';
import { PC } from '../state.ts';
import { FunctionBuilder } from '../wasm/function.ts';
import { I32, I64, Type } from '../wasm/opcodes.ts';
import { countCalls } from './calls.ts';
import { type Globals, lineLength, Reason, savePc } from './hot.ts';
import { jump } from './jump-cache.ts';
import { FUNCTION_TYPE } from './translated.ts';

/** slow(entry, page, left): translated code leaves at an entry whose line is charged. */
export function slow(globals: Globals): FunctionBuilder {
  const f = new FunctionBuilder([Type.i32, Type.i64, Type.i32], [Type.i32]);
  const v = { entry: 0, page: 1, left: 2, tlb: 0, va: 1 };
  lineLength(f, v);
  f.get(v.left).op(I32.add).set(v.left);
  savePc(f, v, globals);
  f.i32(Reason.slow);
  return f;
}

/** far(va, left): translated code goes on at va. */
export function far(globals: Globals): FunctionBuilder {
  const f = new FunctionBuilder([Type.i64, Type.i32], [Type.i32]);
  f.i32(0).get(0).store(I64.store, PC);
  f.get(1).setGlobal(globals.left).i32(Reason.fetch);
  return f;
}

/** through(which, va, left, tlb, returnTo): it goes on at va, in a translated function if one is there. */
export function through(farIndex: number, translatedType: number): FunctionBuilder {
  const f = new FunctionBuilder(FUNCTION_TYPE.params, FUNCTION_TYPE.results);
  const [which, va, left, tlb, returnTo] = [0, 1, 2, 3, 4];
  const missing = f.block();
  const args = (): void => {
    countCalls(f, { which, returnTo }, false);
    f.get(va).i64(-PAGE_BYTES).op(I64.and).get(left).get(tlb).get(returnTo);
  };
  const enter = (): unknown => f.returnCallIndirect(translatedType);
  jump(f, { va, row: f.local(Type.i32) }, missing, args, enter);
  f.end();
  f.get(va).get(left).call(farIndex);
  return f;
}
