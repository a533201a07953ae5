/**
 * Translated code against the interpreter: the same states wherever a budget ends, precise faults, and what
 * becomes of translated code when frames change, are shared, or there are too many functions.
 */
import { describe, expect, it } from 'vitest';
import { PAGE_BYTES } from '../../../../nucleus/memory/site-memory.ts';
import { SLOTS } from '../../../../nucleus/supervisor/cpu/interpreter/translated.ts';
import * as cpu from '../../../../nucleus/supervisor/cpu/state.ts';
import type { TranslatorOptions } from '../../../../nucleus/supervisor/cpu/translator/translator.ts';
import { assemble, encode, loadConstant } from './assembler.ts';
import { seeded } from './generate.ts';
import { AT_ONCE, EXECUTE, Machine, NEVER, READ, Space, WRITE } from './harness.ts';
import {
  addi,
  below,
  branch,
  CODE,
  DATA,
  EBREAK,
  jump,
  prepare,
  RETURN,
  randomProgram,
  stateOf,
} from './random-programs.ts';

const { Exit } = cpu;
const MACHINE_BYTES = 16 * 1024 * 1024;
const seed = Number(process.env.CHORUS_SEED ?? Math.floor(Math.random() * 0x1_0000_0000));

function machineWith(code: readonly number[], options: TranslatorOptions = AT_ONCE): Machine {
  const machine = new Machine(MACHINE_BYTES, options);
  machine.loadCode(CODE, assemble(code));
  return machine;
}

// --- random programs ---------------------------------------------------------------------------------------

describe(`random programs (CHORUS_SEED=${seed})`, () => {
  it('are in the same state as interpreted ones wherever a budget ends', () => {
    for (let i = 0; i < 40; i++) {
      const random = seeded(seed + i);
      const code = randomProgram(random);
      const machines = [NEVER, AT_ONCE].map((options) => prepare(machineWith(code, options)));
      for (let slice = 0; slice < 150; slice++) {
        const budget = slice < 50 ? 1 + below(random, 30) : 1 + below(random, 400);
        const [expected, actual] = machines.map((machine) => ({
          exit: machine.engine.run(machine.state, machine.space, budget),
          executed: machine.engine.executed,
          state: stateOf(machine),
        }));
        expect(actual, `program ${i}, slice ${slice}`).toEqual(expected);
      }
      const [expected, actual] = machines.map(({ space }) => Buffer.from(space.read(DATA, 2 * PAGE_BYTES)));
      expect(actual!.equals(expected!), `data of program ${i}`).toBe(true);
    }
  });

  it('stop exactly after each budget', () => {
    const code = randomProgram(seeded(seed ^ 1));
    const stepped = prepare(machineWith(code, NEVER));
    for (let budget = 1; budget < 200; budget++) {
      stepped.engine.run(stepped.state, stepped.space, 1);
      const machine = prepare(machineWith(code));
      machine.run(budget, budget);
      expect(stateOf(machine), `budget ${budget}`).toEqual(stateOf(stepped));
    }
  });
});

// --- faults ------------------------------------------------------------------------------------------------

/** Stores x6, which counts, from x5 on. */
const STORING = [encode('sd', { rs1: 5, rs2: 6 }), addi(5, 5, 8), addi(6, 6, 1), jump(-12)];

describe('a translated loop', () => {
  it('faults precisely, and goes on', () => {
    const machine = machineWith(STORING);
    machine.space.map(DATA, PAGE_BYTES, READ | WRITE);
    cpu.setX(machine.state, 5, DATA);
    for (let page = 1; page <= 3; page++) {
      const stores = (page * PAGE_BYTES) / 8;
      expect(machine.run(100_000)).toBe(Exit.fault);
      expect([cpu.getX(machine.state, 6), cpu.faultAddress(machine.state)]).toEqual([
        stores,
        DATA + page * PAGE_BYTES,
      ]);
      expect([cpu.getPc(machine.state), cpu.getInstret(machine.state)]).toEqual([CODE, stores * 4]);
      machine.space.map(DATA + page * PAGE_BYTES, PAGE_BYTES, READ | WRITE);
    }
  });

  it('faults precisely when its accesses share a look-up', () => {
    // The third of four fields lies in the next page.
    const code = [0, 8, 16, 24].map((imm, i) => encode('ld', { rd: 10 + i, rs1: 5, imm }));
    const machine = machineWith([...code, EBREAK]);
    machine.space.map(DATA, PAGE_BYTES, READ | WRITE);
    for (const [round, at] of [DATA, DATA + PAGE_BYTES - 16].entries()) {
      cpu.setPc(machine.state, CODE);
      cpu.setX(machine.state, 5, at);
      expect(machine.run()).toBe(round === 0 ? Exit.breakpoint : Exit.fault);
    }
    expect([cpu.getPc(machine.state), cpu.faultAddress(machine.state)]).toEqual([
      CODE + 8,
      DATA + PAGE_BYTES,
    ]);
    machine.space.map(DATA + PAGE_BYTES, PAGE_BYTES, READ);
    machine.space.write(DATA + PAGE_BYTES, Uint8Array.of(7));
    expect(machine.run()).toBe(Exit.breakpoint);
    expect(cpu.getX(machine.state, 12)).toBe(7);
  });

  it('sees that its code was changed', () => {
    const counting = [addi(5, 5, 1), jump(-4)];
    const machine = machineWith(counting);
    machine.run(1000);
    machine.space.write(CODE, assemble([addi(5, 5, 2)]));
    cpu.setX(machine.state, 5, 0);
    cpu.setPc(machine.state, CODE);
    machine.run(1000);
    expect(cpu.getX(machine.state, 5)).toBe(1000);
    machine.engine.flushInstructions();
    machine.run(1000);
    expect(cpu.getX(machine.state, 5)).toBe(2000);
  });

  it('changes its own code, and sees it', () => {
    // Replaces its first instruction in each round: by itself, plus one to the immediate.
    const code = [addi(6, 6, 0), encode('add', { rd: 7, rs1: 7, rs2: 8 }), encode('sw', { rs1: 9, rs2: 7 })];
    code.push(branch('bne', 6, 10, -12), EBREAK);
    const machine = new Machine(MACHINE_BYTES, AT_ONCE);
    machine.loadCode(CODE, assemble(code), READ | WRITE | EXECUTE);
    cpu.setX(machine.state, 7, code[0]!);
    cpu.setX(machine.state, 8, 1 << 20);
    cpu.setX(machine.state, 9, CODE);
    // 0 + 1 + 2 + … + 9
    cpu.setX(machine.state, 10, 45);
    expect(machine.run(10_000)).toBe(Exit.breakpoint);
    expect(cpu.getInstret(machine.state)).toBe(40);
  });
});

// --- sharing -----------------------------------------------------------------------------------------------

describe('translated code', () => {
  it('serves a frame at two addresses', () => {
    const far = 0x1234_5000;
    const machine = machineWith([
      encode('auipc', { rd: 5 }),
      jump(8, 6),
      EBREAK,
      encode('add', { rd: 7, rs1: 5, rs2: 6 }),
      EBREAK,
    ]);
    machine.space.mapFrame(far, machine.space.pages.get(CODE / PAGE_BYTES)!.frame, READ | EXECUTE);
    for (const at of [CODE, far, CODE, far]) {
      cpu.setPc(machine.state, at);
      expect(machine.run()).toBe(Exit.breakpoint);
      expect([cpu.getPc(machine.state), cpu.getX(machine.state, 7)]).toEqual([at + 16, 2 * at + 8]);
    }
  });

  it('does not go from one address space into another', () => {
    // Both call the same address, where they have different pages.
    const call = [encode('jalr', { rd: 1, rs1: 8 }), addi(6, 6, 1), branch('bne', 6, 7, -8), EBREAK];
    const machine = machineWith(call);
    const other = new Space(machine.memory);
    other.mapFrame(CODE, machine.space.pages.get(CODE / PAGE_BYTES)!.frame, READ | EXECUTE);
    const spaces = [machine.space, other];
    for (const [i, space] of spaces.entries()) {
      space.map(DATA, PAGE_BYTES, READ | EXECUTE);
      space.write(DATA, assemble([addi(5, 5, i + 1), RETURN]));
    }
    const states = spaces.map(() => cpu.allocateState(machine.memory));
    for (const state of states) {
      cpu.setPc(state, CODE);
      cpu.setX(state, 7, 100);
      cpu.setX(state, 8, DATA);
    }
    const exits = states.map(() => Exit.budget as cpu.Exit);
    while (exits.includes(Exit.budget)) {
      for (const [i, state] of states.entries()) {
        if (exits[i] === Exit.budget) exits[i] = machine.engine.run(state, spaces[i]!, 17);
      }
    }
    expect(exits).toEqual([Exit.breakpoint, Exit.breakpoint]);
    expect(states.map((state) => cpu.getX(state, 5))).toEqual([100, 200]);
  });

  it('is not entered where its page was unmapped, or may not be executed', () => {
    const machine = machineWith([encode('jalr', { rd: 1, rs1: 8 }), jump(-4)]);
    machine.space.map(DATA, PAGE_BYTES, READ | EXECUTE);
    machine.space.write(DATA, assemble([addi(5, 5, 1), RETURN]));
    cpu.setX(machine.state, 8, DATA);
    expect(machine.run(10_000)).toBe(Exit.budget);
    machine.space.protect(DATA, READ);
    expect(machine.run(10_000)).toBe(Exit.fault);
    expect([cpu.faultAddress(machine.state), cpu.faultAccess(machine.state)]).toEqual([DATA, 4]);
    machine.space.protect(DATA, READ | EXECUTE);
    expect(machine.run(10_000)).toBe(Exit.budget);
    machine.space.unmap(DATA);
    expect(machine.run(10_000)).toBe(Exit.fault);
  });

  it('may be more than there is room for', () => {
    const machine = new Machine(4 * MACHINE_BYTES, AT_ONCE);
    const pages = SLOTS + 100;
    machine.space.map(CODE, (pages + 1) * PAGE_BYTES, READ | EXECUTE);
    const page = assemble([addi(5, 5, 1), ...loadConstant(6, PAGE_BYTES).slice(0, 2), jump(PAGE_BYTES - 12)]);
    for (let i = 0; i < pages; i++) machine.space.write(CODE + i * PAGE_BYTES, page);
    machine.space.write(CODE + pages * PAGE_BYTES, assemble([EBREAK]));
    for (let round = 1; round <= 2; round++) {
      cpu.setPc(machine.state, CODE);
      expect(machine.run()).toBe(Exit.breakpoint);
      expect(cpu.getX(machine.state, 5)).toBe(pages * round);
    }
  });

  it('is consolidated while it is executed', async () => {
    const random = seeded(seed ^ 2);
    const machines = [NEVER, { ...AT_ONCE, quietInstructions: 500 }].map((options) => {
      return prepare(machineWith(randomProgram(seeded(seed ^ 3)), options));
    });
    for (let slice = 0; slice < 200; slice++) {
      const budget = 1 + below(random, 300);
      for (const machine of machines) machine.engine.run(machine.state, machine.space, budget);
      expect(stateOf(machines[1]!), `slice ${slice}`).toEqual(stateOf(machines[0]!));
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
});
