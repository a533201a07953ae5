/**
 * The emitter of translated functions: operands of an instruction are constants, and variables that hold the
 * guest's registers. What a body cannot do it leaves to the interpreter, all of it at the same exit, which
 * takes the address of the entry to go on with.
 */

import { TLB_OTHER } from '../../../memory/tlb.ts';
import { Emitter, type Variables } from '../interpreter/emitter.ts';
import type { RegisterField } from '../interpreter/entry.ts';
import { pageOf, TLB_ADDEND, tableOf, tlbEntry } from '../interpreter/translate.ts';
import { SINK } from '../state.ts';
import type { FunctionBuilder, Label } from '../wasm/function.ts';
import { Control, F32, F64, I32, I64, Type } from '../wasm/opcodes.ts';
import type { Group } from './accesses.ts';
import type { Lowered } from './lowering.ts';
import { isFloat, wordOf } from './registers.ts';

const LOW_HALF = 0xffff_ffff;
const RM_MASK = 0xffff;

export class RegionEmitter extends Emitter {
  /** Variables of registers, by word. */
  private readonly locals = new Map<number, number>();
  private current: Lowered | undefined;
  private group: Group | undefined;
  private exit: Label | undefined;

  constructor(f: FunctionBuilder, v: Variables) {
    super(f, v);
  }

  /** The instruction whose body comes next, the group of its access to memory, and where it may leave. */
  begin(instruction: Lowered, group: Group | undefined, exit: Label | undefined): void {
    this.current = instruction;
    this.group = group;
    this.exit = exit;
  }

  private get instruction(): Lowered {
    return this.current!;
  }

  /** The variable of a register. */
  local(word: number): number {
    let local = this.locals.get(word);
    if (local === undefined) {
      local = this.f.local(isFloat(word) ? Type.f64 : Type.i64);
      this.locals.set(word, local);
    }
    return local;
  }

  reg(field: RegisterField, opcode: number = I64.load): this {
    const address = this.instruction[field];
    if (address === 0) {
      this.f.i64(0);
      convert(this.f, false, opcode);
      return this;
    }
    const word = wordOf(address);
    this.f.get(this.local(word));
    convert(this.f, isFloat(word), opcode);
    return this;
  }

  high(field: RegisterField): this {
    this.reg(field).f.i64(32).op(I64.shrU, I32.wrapI64);
    return this;
  }

  setRd(value: () => void, opcode: number = I64.store): this {
    value();
    const { rd } = this.instruction;
    if (rd === SINK) {
      this.f.op(Control.drop);
      return this;
    }
    const word = wordOf(rd);
    if (isFloat(word) && opcode === I64.store) this.f.op(F64.reinterpretI64);
    this.f.set(this.local(word));
    return this;
  }

  imm(): this {
    this.f.i64(this.instruction.imm);
    return this;
  }
  imm32(): this {
    this.f.i32(this.instruction.imm);
    return this;
  }
  rm(): this {
    this.f.i32(this.instruction.imm & RM_MASK);
    return this;
  }
  inPage(field: RegisterField | 'offset'): this {
    this.f.get(this.v.page).i64(this.instruction[field]).op(I64.add);
    return this;
  }

  rareIf(): this {
    return this.leaveIf();
  }

  physical(): number {
    const group = this.group!;
    if (group.local === undefined) this.lookUp(group);
    this.f.get(group.local!);
    return this.instruction.imm - group.least;
  }

  /** Looks up the page of a group of accesses, which must lie in one. */
  private lookUp(group: Group): void {
    const { f, v } = this;
    const entry = this.temporary(Type.i32);
    const page = this.temporary(Type.i64);
    const table = tableOf(group.access);
    this.reg('rs1').f.i64(group.least).op(I64.add).set(v.va);
    pageOf(f, v.va, group.end - group.least - 1);
    f.set(page);
    tlbEntry(f, v.va, v.tlb);
    f.tee(entry).load(I64.load, table).get(page).op(I64.ne).if();
    f.get(entry).i32(TLB_OTHER).op(I32.xor).tee(entry).load(I64.load, table).get(page).op(I64.ne);
    this.leaveIf();
    f.end();
    group.local = f.local(Type.i32);
    f.get(v.va)
      .op(I32.wrapI64)
      .get(entry)
      .load(I32.load, table + TLB_ADDEND)
      .op(I32.add)
      .set(group.local);
  }

  private leaveIf(): this {
    const { f } = this;
    f.if();
    f.i32(this.instruction.at).br(this.exit!).end();
    return this;
  }
}

/** From an i64, or f64, on the stack to what the opcode would load from it. */
function convert(f: FunctionBuilder, float: boolean, opcode: number): void {
  if (opcode === F64.load) {
    if (!float) f.op(F64.reinterpretI64);
    return;
  }
  if (float) f.op(I64.reinterpretF64);
  if (opcode === I64.load) return;
  if (opcode === I64.load32s) f.op(I64.extend32S);
  else if (opcode === I64.load32u) f.i64(LOW_HALF).op(I64.and);
  else if (opcode === I32.load) f.op(I32.wrapI64);
  else if (opcode === F32.load) f.op(I32.wrapI64, F32.reinterpretI32);
  else throw new Error(`no register is read with ${opcode}`);
}
