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
import { append, type Bytes, signed, signed64, unsigned } from './encoding.ts';
import { Control, I32, I64, type Type } from './opcodes.ts';

/** An open block or loop: the target of branches. */
export type Label = { readonly depth: number };

const EMPTY_TYPE = 0x40;
const SATURATING_PREFIX = 0xfc;
const VECTOR_PREFIX = 0xfd;

export class FunctionBuilder {
  readonly params: readonly Type[];
  readonly results: readonly Type[];
  private readonly locals: Type[] = [];
  private readonly code: Bytes = [];
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
    append(this.code, opcodes);
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

  i32(value: number): this {
    this.code.push(I32.const);
    signed(this.code, value);
    return this;
  }
  i64(value: number | bigint): this {
    this.code.push(I64.const);
    signed64(this.code, value);
    return this;
  }

  /** A load or store of `opcode` at the address on the stack plus `offset`; no alignment is promised. */
  load(opcode: number, offset = 0): this {
    this.code.push(opcode, 0);
    unsigned(this.code, offset);
    return this;
  }
  store(opcode: number, offset = 0): this {
    return this.load(opcode, offset);
  }
  /** V128.load or .store. */
  vector(opcode: number, offset = 0): this {
    this.code.push(VECTOR_PREFIX);
    return this.load(opcode, offset);
  }
  /** One of `Saturating`. */
  saturating(opcode: number): this {
    this.code.push(SATURATING_PREFIX, opcode);
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
    return this.indexed(Control.br, this.depth - label.depth);
  }
  brIf(label: Label): this {
    return this.indexed(Control.brIf, this.depth - label.depth);
  }
  /** Jumps to the label that the number on the stack selects, to `otherwise` behind the last. */
  brTable(labels: readonly Label[], otherwise: Label): this {
    this.code.push(Control.brTable);
    unsigned(this.code, labels.length);
    for (const label of labels) unsigned(this.code, this.depth - label.depth);
    unsigned(this.code, this.depth - otherwise.depth);
    return this;
  }
  return(): this {
    return this.op(Control.return);
  }

  /** The entry for the code section: declarations, instructions, end. */
  body(): Bytes {
    if (this.depth !== 1) throw new Error('a block of the function is still open');
    const groups: { type: Type; count: number }[] = [];
    for (const type of this.locals) {
      const last = groups.at(-1);
      if (last?.type === type) last.count += 1;
      else groups.push({ type, count: 1 });
    }
    const out: Bytes = [];
    unsigned(out, groups.length);
    for (const { type, count } of groups) {
      unsigned(out, count);
      out.push(type);
    }
    append(out, this.code);
    out.push(Control.end);
    return out;
  }

  private open(opcode: number, result?: Type): Label {
    this.code.push(opcode, result ?? EMPTY_TYPE);
    this.depth += 1;
    return { depth: this.depth };
  }

  private indexed(opcode: number, index: number): this {
    this.code.push(opcode);
    unsigned(this.code, index);
    return this;
  }
}
