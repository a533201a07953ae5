/** Registers of the guest from frame 0 to their variables, and back. */
import type { FunctionBuilder } from '../wasm/function.ts';
import { F64, I64 } from '../wasm/opcodes.ts';
import type { RegionEmitter } from './region-emitter.ts';
import { isFloat, type Registers, Where } from './registers.ts';

const WORD = 8;

export class RegisterMoves {
  private readonly f: FunctionBuilder;
  private readonly o: RegionEmitter;

  constructor(f: FunctionBuilder, o: RegionEmitter) {
    this.f = f;
    this.o = o;
  }

  load(word: number): void {
    const opcode = isFloat(word) ? F64.load : I64.load;
    this.f
      .i32(0)
      .load(opcode, word * WORD)
      .set(this.o.local(word));
  }

  private store(word: number): void {
    const opcode = isFloat(word) ? F64.store : I64.store;
    this.f
      .i32(0)
      .get(this.o.local(word))
      .store(opcode, word * WORD);
  }

  /** Stores what is dirty, except what is in another state too. */
  storeDirty(registers: Registers, except?: Registers): void {
    for (let word = 0; word < registers.length; word++) {
      if (registers[word] === Where.dirty && except?.[word] !== Where.dirty) this.store(word);
    }
  }

  /** Loads and stores what makes of one state another. */
  bring(from: Registers, to: Registers): void {
    for (let word = 0; word < from.length; word++) {
      if (from[word] === Where.dirty && to[word] !== Where.dirty) this.store(word);
      else if (from[word] === Where.absent && to[word] !== Where.absent) this.load(word);
    }
  }
}
