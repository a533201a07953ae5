/**
 * Builds the body of one WebAssembly function: a stack machine's instructions, appended one by one, with
 * structured control whose labels are handles instead of depths.
 *
 *   const f = new FunctionBuilder([Type.i32], [Type.i32]);
 *   const done = f.block();
 *   f.get(0).op(I32.eqz).brIf(done);
 *   …
 *   f.end();
 *
 * Why our own and no library: the module is made when the first program starts, so emission must take a few
 * milliseconds with nothing to load (binaryen's and wabt's JavaScript builds are megabytes and take longer to
 * start than the whole command may). What is needed of the format fits in three small files.
 */
import { ByteWriter } from './encoding.ts';
import { Control, I32, I64, type Type } from './opcodes.ts';

/** An open block or loop: the target of branches. */
export type Label = { readonly depth: number };

/** A branch that leaves a recorded piece: where its depth stands, in how many blocks of the piece. */
interface Leave {
  at: number;
  readonly label: Label;
  readonly inner: number;
}
/** Code that can be pasted. */
export interface Piece {
  readonly bytes: Uint8Array;
  readonly leaves: readonly Leave[];
}

const TWO_BYTES = [0, 0];
const EMPTY_TYPE = 0x40;
const FIRST_TABLE = 0;
const SATURATING_PREFIX = 0xfc;
const VECTOR_PREFIX = 0xfd;

export class FunctionBuilder {
  readonly params: readonly Type[];
  readonly results: readonly Type[];
  private readonly locals: Type[] = [];
  private readonly code = new ByteWriter();
  /** Where branches leave the piece that is being recorded. */
  private leaves: Leave[] | undefined;
  private recordDepth = 0;
  /** Open blocks, the function's own included. */
  private depth = 1;

  constructor(params: readonly Type[], results: readonly Type[]) {
    this.params = params;
    this.results = results;
  }

  /** A new local variable; its index. */
  local(type: Type): number {
    this.locals.push(type);
    return this.params.length + this.locals.length - 1;
  }

  /** Instructions without immediates. */
  op(...opcodes: number[]): this {
    for (let i = 0; i < opcodes.length; i++) this.code.byte(opcodes[i]!);
    return this;
  }

  get(local: number): this {
    return this.indexed(Control.localGet, local);
  }
  set(local: number): this {
    return this.indexed(Control.localSet, local);
  }
  tee(local: number): this {
    return this.indexed(Control.localTee, local);
  }
  getGlobal(global: number): this {
    return this.indexed(Control.globalGet, global);
  }
  setGlobal(global: number): this {
    return this.indexed(Control.globalSet, global);
  }
  call(functionIndex: number): this {
    return this.indexed(Control.call, functionIndex);
  }
  /** The same instead of returning: the frame of this function is given up before. */
  returnCall(functionIndex: number): this {
    return this.indexed(Control.returnCall, functionIndex);
  }

  /** Calls the function at the index on the stack of the module's table, which has this type. */
  callIndirect(typeIndex: number): this {
    return this.indirect(Control.callIndirect, typeIndex);
  }
  returnCallIndirect(typeIndex: number): this {
    return this.indirect(Control.returnCallIndirect, typeIndex);
  }

  i32(value: number): this {
    this.code.byte(I32.const);
    this.code.signed(value);
    return this;
  }
  i64(value: number | bigint): this {
    this.code.byte(I64.const);
    this.code.signed64(value);
    return this;
  }

  /** A load or store of `opcode` at the address on the stack plus `offset`; no alignment is promised. */
  load(opcode: number, offset = 0): this {
    this.code.byte(opcode);
    this.code.byte(0);
    this.code.unsigned(offset);
    return this;
  }
  store(opcode: number, offset = 0): this {
    return this.load(opcode, offset);
  }
  /** V128.load or .store. */
  vector(opcode: number, offset = 0): this {
    this.code.byte(VECTOR_PREFIX);
    return this.load(opcode, offset);
  }
  /** One of `Saturating`. */
  saturating(opcode: number): this {
    this.code.byte(SATURATING_PREFIX);
    this.code.byte(opcode);
    return this;
  }

  /** Opens a block: branches to the label go behind its end. */
  block(result?: Type): Label {
    return this.open(Control.block, result);
  }
  /** Opens a loop: branches to the label go to its beginning. */
  loop(): Label {
    return this.open(Control.loop);
  }
  /** Opens a conditional; the condition is on the stack. */
  if(result?: Type): Label {
    return this.open(Control.if, result);
  }
  else(): this {
    return this.op(Control.else);
  }
  /** Closes the innermost block, loop or conditional. */
  end(): this {
    this.depth -= 1;
    return this.op(Control.end);
  }

  br(label: Label): this {
    return this.branch(Control.br, label);
  }
  brIf(label: Label): this {
    return this.branch(Control.brIf, label);
  }
  /** Jumps to the label that the number on the stack selects, to `otherwise` behind the last. */
  brTable(labels: readonly Label[], otherwise: Label): this {
    this.code.byte(Control.brTable);
    this.code.unsigned(labels.length);
    for (const label of labels) this.code.unsigned(this.depth - label.depth);
    this.code.unsigned(this.depth - otherwise.depth);
    return this;
  }
  return(): this {
    return this.op(Control.return);
  }

  /**
   * Records what `emit` emits, so that it can be pasted at another depth: cheaper than to emit it again.
   * The piece must be complete: its blocks closed, its branches to its own or to enclosing labels.
   */
  record(emit: () => void): Piece {
    const start = this.code.length;
    const leaves: Leave[] = [];
    this.leaves = leaves;
    this.recordDepth = this.depth;
    emit();
    this.leaves = undefined;
    for (const leave of leaves) leave.at -= start;
    return { bytes: this.code.bytes.slice(start), leaves };
  }

  paste({ bytes, leaves }: Piece): this {
    const start = this.code.length;
    this.code.append(bytes);
    for (const { at, label, inner } of leaves) this.patchDepth(start + at, this.depth + inner - label.depth);
    return this;
  }

  /** The entry for the code section: declarations, instructions, end. */
  body(): Uint8Array {
    if (this.depth !== 1) throw new Error('a block of the function is still open');
    const groups: { type: Type; count: number }[] = [];
    for (const type of this.locals) {
      const last = groups.at(-1);
      if (last?.type === type) last.count += 1;
      else groups.push({ type, count: 1 });
    }
    const out = new ByteWriter(this.code.length + 64);
    out.unsigned(groups.length);
    for (const { type, count } of groups) {
      out.unsigned(count);
      out.byte(type);
    }
    out.append(this.code.bytes);
    out.byte(Control.end);
    return out.bytes;
  }

  private open(opcode: number, result?: Type): Label {
    this.code.byte(opcode);
    this.code.byte(result ?? EMPTY_TYPE);
    this.depth += 1;
    return { depth: this.depth };
  }

  /** The depth of a label takes two bytes where it may have to be changed. */
  private branch(opcode: number, label: Label): this {
    const { leaves } = this;
    if (!leaves || label.depth > this.recordDepth) return this.indexed(opcode, this.depth - label.depth);
    this.code.byte(opcode);
    leaves.push({ at: this.code.length, label, inner: this.depth - this.recordDepth });
    this.code.append(TWO_BYTES);
    this.patchDepth(this.code.length - 2, this.depth - label.depth);
    return this;
  }

  private patchDepth(at: number, depth: number): void {
    this.code.patch(at, (depth & 0x7f) | 0x80);
    this.code.patch(at + 1, depth >>> 7);
  }

  private indirect(opcode: number, typeIndex: number): this {
    this.indexed(opcode, typeIndex);
    this.code.byte(FIRST_TABLE);
    return this;
  }

  private indexed(opcode: number, index: number): this {
    this.code.byte(opcode);
    this.code.unsigned(index);
    return this;
  }
}
