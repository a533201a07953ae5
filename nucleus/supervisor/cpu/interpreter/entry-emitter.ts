/**
 * The emitter of the interpreter's own functions: operands are read through the fields of the entry at run
 * time. A hot body may also be the second or third part of a fused operation: then its fields are one or two
 * entries further.
 */
import { Access } from '../../../memory/site-memory.ts';
import type { FunctionBuilder, Label } from '../wasm/function.ts';
import { I32, I64, Type } from '../wasm/opcodes.ts';
import { Emitter, type Variables } from './emitter.ts';
import { ENTRY_BYTES, Field, type RegisterField } from './entry.ts';
import { pageOf, TLB_ADDEND, tableOf, tlbEntry } from './translate.ts';

/** Where the bodies of `interpret` may go. */
export interface Exits {
  readonly rare: Label;
  readonly missRead: Label;
  readonly missWrite: Label;
  /** The instruction lies in two pages: the loop decodes it somewhere else. */
  readonly straddle: Label;
  readonly ecall: Label;
  /** The entry is where a translated function may be entered. */
  readonly translated: Label;
  /** `va` is the pc to go on at, anywhere. */
  readonly far: Label;
  /** `entry` is where execution enters a new straight line of this page. */
  readonly enter: Label;
}

/** What a rare body gives when the instruction is done; exits are negative. */
const RARE_DONE = 1;

export class EntryEmitter extends Emitter {
  /** Which part of a fused operation is emitted: 0, 1, … */
  part = 0;
  /** Functions that rare bodies may call, by name. */
  private readonly helpers: ReadonlyMap<string, number>;
  private readonly exits: Exits | undefined;

  constructor(
    f: FunctionBuilder,
    v: Variables,
    helpers: ReadonlyMap<string, number>,
    exits: Exits | undefined,
  ) {
    super(f, v);
    this.helpers = helpers;
    this.exits = exits;
  }

  /** The labels of the hot function. */
  get to(): Exits {
    if (!this.exits) throw new Error('a rare body has no labels');
    return this.exits;
  }

  /** Pushes a field of the entry, loaded with `opcode`. */
  private field(field: keyof typeof Field, opcode: number): this {
    this.f.get(this.v.entry).load(opcode, this.part * ENTRY_BYTES + Field[field]);
    return this;
  }

  /** Pushes the address (i32) of the register that a field names. */
  address(field: RegisterField): this {
    return this.field(field, I32.load16u);
  }

  reg(field: RegisterField, opcode: number = I64.load): this {
    this.address(field).f.load(opcode);
    return this;
  }
  high(field: RegisterField): this {
    this.address(field).f.load(I32.load, 4);
    return this;
  }
  setRd(value: () => void, opcode: number = I64.store): this {
    this.address('rd');
    value();
    this.f.store(opcode);
    return this;
  }

  imm(): this {
    return this.field('imm', I64.load32s);
  }
  imm32(): this {
    return this.field('imm', I32.load);
  }
  rm(): this {
    return this.field('imm', I32.load16u);
  }
  inPage(field: RegisterField | 'offset'): this {
    this.f.get(this.v.page);
    this.field(field, I64.load16u).f.op(I64.add);
    return this;
  }

  /** Hot only: leaves to one of the exits at this instruction, of which nothing may have happened yet. */
  leave(exit: Label): this {
    if (this.part > 0) this.step(this.part);
    this.f.br(exit);
    return this;
  }
  private leaveIf(exit: Label): this {
    if (this.part === 0) {
      this.f.brIf(exit);
      return this;
    }
    this.f.if();
    this.leave(exit);
    this.f.end();
    return this;
  }

  rareIf(): this {
    return this.leaveIf(this.to.rare);
  }

  physical(access: number, bytes: number): number {
    const { f, v } = this;
    const entry = this.temporary(Type.i32);
    const table = tableOf(access);
    this.reg('rs1').imm().f.op(I64.add).set(v.va);
    tlbEntry(f, v.va, v.tlb);
    f.tee(entry).load(I64.load, table);
    // The page of the last byte: an access that crosses into the next page does not match.
    pageOf(f, v.va, bytes - 1);
    f.op(I64.ne);
    this.leaveIf(access === Access.read ? this.to.missRead : this.to.missWrite);
    f.get(v.va)
      .op(I32.wrapI64)
      .get(entry)
      .load(I32.load, table + TLB_ADDEND)
      .op(I32.add);
    return 0;
  }

  /** Hot only: moves on by so many entries. */
  step(count = this.part + 1): this {
    this.f
      .get(this.v.entry)
      .i32(count * ENTRY_BYTES)
      .op(I32.add)
      .set(this.v.entry);
    return this;
  }

  /** Rare only: ends `run` with an exit at this instruction. */
  exit(code: number): this {
    this.f.i32(-code).return();
    return this;
  }
  /** Rare only: ends the body, for bodies that do not run to their end. */
  done(): this {
    this.f.i32(RARE_DONE).return();
    return this;
  }
  /** Rare only: calls a helper whose arguments are on the stack. */
  call(helper: string): this {
    const index = this.helpers.get(helper);
    if (index === undefined || this.exits) throw new Error(`${helper}: not a helper, or not a rare body`);
    this.f.call(index);
    return this;
  }
}
