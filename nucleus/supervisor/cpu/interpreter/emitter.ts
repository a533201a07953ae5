/**
 * What the body of an instruction is written against. A body is emitted into one of two functions:
 *
 * - `interpret`, the hot loop: a body there must not call anything (a call would make the compiler keep its
 *   variables on the stack in every other body too). What it cannot do at once it leaves with `rare()`,
 *   before it has changed anything, and the `rare` body of the same instruction does it.
 * - `rare`: executes one instruction; may call imports and helper functions, and may end in an exit.
 *
 * The same code serves both where no call is needed, and a third function too: what the translator
 * (translator/) makes of hot code consists of hot bodies. Where operands are differs: the interpreter's
 * functions read them through the fields of the entry (entry-emitter.ts), translated ones have them in
 * constants and variables (translator/region-emitter.ts).
 */
import { FCSR } from '../state.ts';
import type { FunctionBuilder } from '../wasm/function.ts';
import { I32, type Type } from '../wasm/opcodes.ts';
import type { RegisterField } from './entry.ts';
import type { EntryEmitter } from './entry-emitter.ts';

export interface Body {
  readonly hot?: (o: Emitter) => void;
  /** The body in the hot loop of an instruction that always goes elsewhere by itself. */
  readonly go?: (o: EntryEmitter) => void;
  readonly rare?: (o: EntryEmitter) => void;
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

export abstract class Emitter {
  readonly f: FunctionBuilder;
  readonly v: Variables;
  private readonly spare = new Map<Type, number[]>();
  private readonly inUse: { type: Type; local: number }[] = [];

  constructor(f: FunctionBuilder, v: Variables) {
    this.f = f;
    this.v = v;
  }

  // --- operands --------------------------------------------------------------------------------------------

  /** Pushes the register that a field names, x or f: i64, or what `opcode` loads (I64.load32s, F64.load). */
  abstract reg(field: RegisterField, opcode?: number): this;
  /** Pushes the upper half of a register, i32. */
  abstract high(field: RegisterField): this;
  /** Writes what `value` pushes (i64, or what `opcode`, I64.store or F64.store, stores) to rd. */
  abstract setRd(value: () => void, opcode?: number): this;
  /** Pushes the immediate, sign-extended to 64 bits. */
  abstract imm(): this;
  abstract imm32(): this;
  /** Pushes the rounding mode of a float operation, i32. */
  abstract rm(): this;
  /** Pushes the guest address in this page whose offset a field has, i64. */
  abstract inPage(field: RegisterField | 'offset'): this;

  /** Pushes the pc of the instruction, i64. */
  pc(): this {
    return this.inPage('offset');
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

  /** Behind a body: its temporaries may be used again. */
  release(): void {
    for (const { type, local } of this.inUse.splice(0)) {
      const free = this.spare.get(type);
      if (free) free.push(local);
      else this.spare.set(type, [local]);
    }
  }

  // --- ways out of hot bodies, before anything has happened ------------------------------------------------

  /** When the i32 on the stack is not 0, leaves the instruction to its rare body. */
  abstract rareIf(): this;
  /**
   * Pushes the physical address, i32, of rs1 + imm, less the offset that it returns, for an access (1 read, 2
   * write) of so many bytes; leaves when it is not in the TLB, or in two pages.
   */
  abstract physical(access: number, bytes: number): number;
}
