/**
 * What the body of an instruction is written against. A body is emitted into one of two functions:
 *
 * - `interpret`, the hot loop: a body there must not call anything (a call would make the compiler keep its
 *   variables on the stack in every other body too). What it cannot do at once it leaves with `rare()`,
 *   before it has changed anything, and the `rare` body of the same instruction does it.
 * - `rare`: executes one instruction; may call imports and helper functions, and may end in an exit.
 *
 * The emitter appends the step to the next instruction after the body. Both kinds read their operands through
 * the fields of the entry (entry.ts), so the same code serves both where no call is needed. A hot body may
 * also be the second or third part of a fused operation: then its fields are one or two entries further.
 */
import { FCSR } from '../state.ts';
import type { FunctionBuilder, Label } from '../wasm/function.ts';
import { I32, I64, type Type } from '../wasm/opcodes.ts';
import { ENTRY_BYTES, Field, type RegisterField } from './entry.ts';

export interface Body {
  readonly hot?: (o: Emitter) => void;
  readonly rare?: (o: Emitter) => void;
  /** The hot body never runs to its end: it goes elsewhere by itself. */
  readonly ends?: true;
}
/** Bodies by mnemonic (instructions.ts). */
export type Bodies = Readonly<Record<string, Body>>;

/** A JavaScript function that rare bodies may call. */
export interface HelperImport {
  readonly name: string;
  readonly params: readonly Type[];
  readonly results: readonly Type[];
}

/** Variables of both functions. */
export interface Variables {
  /** Address of the entry of the instruction, i32. */
  readonly entry: number;
  /** Guest address of the code page, i64. */
  readonly page: number;
  /** Instructions left of the budget, i32. */
  readonly left: number;
  /** Address of the TLB block, i32. */
  readonly tlb: number;
  /** Guest address of an access or jump target, i64. */
  readonly va: number;
}

/** Where the hot function's bodies may go. */
export interface Exits {
  readonly rare: Label;
  readonly missRead: Label;
  readonly missWrite: Label;
  /** The instruction lies in two pages: the loop decodes it somewhere else. */
  readonly straddle: Label;
  readonly ecall: Label;
  /** `va` is the pc to go on at, anywhere. */
  readonly far: Label;
  /** `entry` is where execution enters a new straight line of this page. */
  readonly enter: Label;
}

/** What a rare body gives when the instruction is done; exits are negative. */
export const RARE_DONE = 1;

export class Emitter {
  readonly f: FunctionBuilder;
  readonly v: Variables;
  /** Which part of a fused operation is emitted: 0, 1, … */
  part = 0;
  /** Functions that rare bodies may call, by name. */
  readonly helpers: ReadonlyMap<string, number>;
  private readonly exits: Exits | undefined;
  private readonly spare = new Map<Type, number[]>();
  private readonly inUse: { type: Type; local: number }[] = [];

  constructor(
    f: FunctionBuilder,
    v: Variables,
    helpers: ReadonlyMap<string, number>,
    exits: Exits | undefined,
  ) {
    this.f = f;
    this.v = v;
    this.helpers = helpers;
    this.exits = exits;
  }

  /** In the hot function? */
  get hot(): boolean {
    return this.exits !== undefined;
  }

  /** The labels of the hot function. */
  get to(): Exits {
    if (!this.exits) throw new Error('a rare body has no labels');
    return this.exits;
  }

  // --- operands --------------------------------------------------------------------------------------------

  /** Pushes a field of the entry, loaded with `opcode`. */
  field(field: keyof typeof Field, opcode: number): this {
    this.f.get(this.v.entry).load(opcode, this.part * ENTRY_BYTES + Field[field]);
    return this;
  }

  /** Pushes the address (i32) of the register that a field names. */
  address(field: RegisterField): this {
    return this.field(field, I32.load16u);
  }

  /** Pushes the register that a field names, x or f: i64, or what `opcode` loads (I64.load32s, F64.load). */
  reg(field: RegisterField, opcode: number = I64.load): this {
    this.address(field).f.load(opcode);
    return this;
  }

  /** Writes what `value` pushes (i64, or what `opcode` stores) to rd. */
  setRd(value: () => void, opcode: number = I64.store): this {
    this.address('rd');
    value();
    this.f.store(opcode);
    return this;
  }

  /** Pushes the immediate, sign-extended to 64 bits. */
  imm(): this {
    return this.field('imm', I64.load32s);
  }
  imm32(): this {
    return this.field('imm', I32.load);
  }
  /** Pushes the rounding mode of a float operation, i32. */
  rm(): this {
    return this.field('imm', I32.load16u);
  }

  /** Pushes the pc of the instruction, i64. */
  pc(): this {
    return this.inPage('offset');
  }

  /** Pushes the guest address in this page whose offset a field has, i64. */
  inPage(field: keyof typeof Field): this {
    this.f.get(this.v.page);
    return this.field(field, I64.load16u).op(I64.add);
  }

  private op(opcode: number): this {
    this.f.op(opcode);
    return this;
  }

  /** Pushes fcsr, i32. */
  fcsr(): this {
    this.f.i32(0).load(I32.load, FCSR);
    return this;
  }
  /** fcsr = what `value` pushes, i32. */
  setFcsr(value: () => void): this {
    this.f.i32(0);
    value();
    this.f.store(I32.store, FCSR);
    return this;
  }

  /** A temporary variable of the body: free again behind it. */
  temporary(type: Type): number {
    const local = this.spare.get(type)?.pop() ?? this.f.local(type);
    this.inUse.push({ type, local });
    return local;
  }

  // --- ends ------------------------------------------------------------------------------------------------

  /** Hot only: leaves to one of the exits at this instruction, of which nothing may have happened yet. */
  leave(exit: Label): this {
    if (this.part > 0) this.step(this.part);
    this.f.br(exit);
    return this;
  }
  /** Hot only: the same when the i32 on the stack is not 0. */
  leaveIf(exit: Label): this {
    if (this.part === 0) {
      this.f.brIf(exit);
      return this;
    }
    this.f.if();
    this.leave(exit);
    this.f.end();
    return this;
  }
  /** Hot only: leaves the instruction to its rare body. */
  rare(): this {
    return this.leave(this.to.rare);
  }
  rareIf(): this {
    return this.leaveIf(this.to.rare);
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
    if (index === undefined || this.hot) throw new Error(`${helper}: not a helper, or not a rare body`);
    this.f.call(index);
    return this;
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

  /** Behind a body: its temporaries may be used again. */
  release(): void {
    for (const { type, local } of this.inUse.splice(0)) {
      const free = this.spare.get(type);
      if (free) free.push(local);
      else this.spare.set(type, [local]);
    }
  }
}
