/**
 * Consolidated code: functions that jump directly to one another, also into other pages, and instructions
 * that lie in two of them. What other pages are is only believed; the code must see when it is otherwise.
 */
import { describe, expect, it, vi } from 'vitest';
import { PAGE_BYTES } from '../../../../nucleus/memory/site-memory.ts';
import * as cpu from '../../../../nucleus/supervisor/cpu/state.ts';
import { Links } from '../../../../nucleus/supervisor/cpu/translator/links.ts';
import type { TranslatorOptions } from '../../../../nucleus/supervisor/cpu/translator/translator.ts';
import { assemble, encode } from './assembler.ts';
import { seeded } from './generate.ts';
import { AT_ONCE, EXECUTE, Machine, NEVER, READ, Space } from './harness.ts';
import {
  addi,
  below,
  branch,
  CODE,
  DATA,
  jump,
  prepare,
  RETURN,
  randomProgram,
  stateOf,
} from './random-programs.ts';

const { Exit } = cpu;
const MACHINE_BYTES = 16 * 1024 * 1024;
const SOON: TranslatorOptions = { ...AT_ONCE, quietInstructions: 500 };
const seed = Number(process.env.CHORUS_SEED ?? Math.floor(Math.random() * 0x1_0000_0000));

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Runs until the code was consolidated, and for as long again; false: it never is. */
async function consolidates({ engine }: Machine, run: () => void): Promise<boolean> {
  const linked = vi.spyOn(Links.prototype, 'of');
  let left = 500;
  while (linked.mock.calls.length === 0 && left-- > 0) {
    run();
    engine.translate();
    await turn();
  }
  linked.mockRestore();
  for (let i = 0; i < 200; i++) {
    run();
    engine.translate();
    await turn();
  }
  return left > 0;
}

async function consolidate(machine: Machine, run: () => void): Promise<void> {
  expect(await consolidates(machine, run)).toBe(true);
}

describe(`consolidated code (CHORUS_SEED=${seed})`, () => {
  it('of several pages does what it did before', async () => {
    let consolidated = 0;
    for (let i = 0; i < 24; i++) {
      const random = seeded(seed + i);
      const code = randomProgram(random);
      // At an odd halfword: an instruction lies in two pages.
      const at = CODE + PAGE_BYTES - 2 - 4 * below(random, code.length);
      const [plain, machine] = [NEVER, SOON].map((options) => {
        const made = new Machine(MACHINE_BYTES, options);
        made.loadCode(at, assemble(code));
        prepare(made);
        cpu.setX(made.state, 1, at);
        return made;
      }) as [Machine, Machine];
      const run = (): void => {
        const budget = 1 + below(random, 300);
        for (const one of [plain, machine]) one.engine.run(one.state, one.space, budget);
        expect(stateOf(machine), `program ${i}`).toEqual(stateOf(plain));
      };
      if (await consolidates(machine, run)) consolidated += 1;
    }
    // Some turn in a loop of one region.
    expect(consolidated).toBeGreaterThan(5);
  }, 60_000);
});

/** Calls what is at the beginning of the next page, again and again; counts in x6. */
const CALLER = [jump(PAGE_BYTES, 1), addi(6, 6, 1), jump(-8)];
const NEXT = CODE + PAGE_BYTES;

/** Of recursion: more than interpreter/calls.ts follows. */
const DEPTH = 700;

function callerMachine(code: readonly number[] = CALLER): Machine {
  const machine = new Machine(MACHINE_BYTES, SOON);
  machine.loadCode(CODE, assemble(code));
  return machine;
}

function putNext(space: Space, code: readonly number[], bytes = assemble(code)): void {
  space.map(NEXT, PAGE_BYTES, READ | EXECUTE);
  space.write(NEXT, bytes);
}

describe('a call into the next page', () => {
  it('goes to what is there now', async () => {
    const machine = callerMachine();
    putNext(machine.space, [addi(5, 5, 1), RETURN]);
    await consolidate(machine, () => machine.run(100));
    const gained = (change: () => void): [number, number] => {
      change();
      const before = [5, 6].map((n) => cpu.getX(machine.state, n));
      machine.run(10_000);
      return [5, 6].map((n, i) => cpu.getX(machine.state, n) - before[i]!) as [number, number];
    };
    const ratio = ([x5, x6]: [number, number]): number => Math.round(x5 / x6);
    expect(ratio(gained(() => {}))).toBe(1);
    // Other content in the same frame.
    expect(ratio(gained(() => machine.space.write(NEXT, assemble([addi(5, 5, 2), RETURN]))))).toBe(2);
    // Another frame.
    expect(ratio(gained(() => putNext(machine.space, [addi(5, 5, 3), RETURN])))).toBe(3);
    machine.space.unmap(NEXT);
    expect(machine.run(10_000)).toBe(Exit.fault);
    expect(cpu.faultAddress(machine.state)).toBe(NEXT);
  });

  it('stays in its address space', async () => {
    const machine = callerMachine();
    const other = new Space(machine.memory);
    other.mapFrame(CODE, machine.space.pages.get(CODE / PAGE_BYTES)!.frame, READ | EXECUTE);
    const spaces = [machine.space, other];
    for (const [i, space] of spaces.entries()) putNext(space, [addi(5, 5, i + 1), RETURN]);
    const states = spaces.map(() => cpu.allocateState(machine.memory));
    for (const state of states) cpu.setPc(state, CODE);
    // While the other one does not run, what is seen of this one is believed of both.
    await consolidate(machine, () => machine.engine.run(states[0]!, spaces[0]!, 97));
    for (let slice = 0; slice < 200; slice++)
      for (const [i, state] of states.entries()) machine.engine.run(state, spaces[i]!, 97);
    for (const [i, state] of states.entries()) {
      const calls = cpu.getX(state, 6);
      expect(calls).toBeGreaterThan(1000);
      expect(Math.round(cpu.getX(state, 5) / calls)).toBe(i + 1);
    }
  });

  it('may be deeper than calls are followed', async () => {
    const machine = prepare(
      callerMachine([addi(10, 0, DEPTH), jump(PAGE_BYTES - 4, 1), addi(6, 6, 1), jump(-12)]),
    );
    // f(n): if (n > 0) f(n - 1); its return address is on a stack at x5.
    putNext(machine.space, [
      branch('beq', 10, 0, 28),
      encode('sd', { rs1: 5, rs2: 1 }),
      addi(5, 5, 8),
      addi(10, 10, -1),
      jump(-16, 1),
      addi(5, 5, -8),
      encode('ld', { rd: 1, rs1: 5 }),
      RETURN,
    ]);
    cpu.setX(machine.state, 5, cpu.getX(machine.state, 9));
    cpu.setX(machine.state, 6, 0);
    await consolidate(machine, () => machine.run(3000));
    const perRound = 4 + DEPTH * 8 + 2;
    expect(cpu.getX(machine.state, 6)).toBe(Math.floor(cpu.getInstret(machine.state) / perRound));
  });
});

describe('a call through a stub', () => {
  const FUNCTIONS = CODE + 16 * PAGE_BYTES;
  const WORD = DATA + 8;
  const SECOND = FUNCTIONS + 256;
  /** As linkers make them. */
  const STUB = [
    encode('auipc', { rd: 28, imm: DATA - NEXT }),
    encode('ld', { rd: 28, rs1: 28, imm: WORD - DATA }),
    encode('jalr', { rd: 6, rs1: 28 }),
  ];
  const word = (target: number): Uint8Array => new Uint8Array(new BigInt64Array([BigInt(target)]).buffer);

  /** Calls a stub again and again, which leads to the first of two functions. */
  function stubMachine(options: TranslatorOptions): Machine {
    const machine = new Machine(MACHINE_BYTES, options);
    const { space } = machine;
    machine.loadCode(CODE, assemble([addi(5, 5, 1), jump(PAGE_BYTES - 4, 1), addi(7, 7, 1), jump(-12)]));
    putNext(space, STUB);
    space.map(FUNCTIONS, PAGE_BYTES, READ | EXECUTE);
    space.write(FUNCTIONS, assemble([addi(10, 10, 1), RETURN]));
    space.write(SECOND, assemble([addi(10, 10, 2), addi(11, 11, 1), RETURN]));
    space.map(DATA, PAGE_BYTES, READ);
    space.write(WORD, word(FUNCTIONS));
    return machine;
  }

  const CHANGES: Readonly<Record<string, (space: Space) => void>> = {
    nothing: () => {},
    'the word': (space) => space.write(WORD, word(SECOND)),
    'the word, to where there is nothing': (space) => space.write(WORD, word(FUNCTIONS + PAGE_BYTES)),
    'the function': (space) => space.write(FUNCTIONS, assemble([addi(10, 10, 3), RETURN])),
    'the frame of the function': (space) => {
      space.map(FUNCTIONS, PAGE_BYTES, READ | EXECUTE);
      space.write(FUNCTIONS, assemble([addi(10, 10, 4), RETURN]));
    },
    'the stub': (space) => space.write(NEXT, assemble([addi(10, 10, 5), RETURN])),
    'the page of the word': (space) => space.unmap(WORD),
    'the page of the function': (space) => space.unmap(FUNCTIONS),
    'the page of the stub': (space) => space.unmap(NEXT),
  };

  it.each(Object.keys(CHANGES))('does what the stub does, also after a change of %s', async (change) => {
    // Not in each is all consolidated together.
    for (let round = 0; round < 6; round++) {
      const random = seeded(seed + round);
      const machines = [NEVER, SOON].map(stubMachine) as [Machine, Machine];
      const run = (): void => {
        const budget = 1 + below(random, 200);
        const exits = machines.map((one) => one.engine.run(one.state, one.space, budget));
        expect(exits[1]).toBe(exits[0]);
        expect(stateOf(machines[1])).toEqual(stateOf(machines[0]));
      };
      await consolidate(machines[1], run);
      for (const { space } of machines) CHANGES[change]!(space);
      for (let i = 0; i < 100; i++) run();
    }
  });

  it('is not done elsewhere when it lies in two pages', async () => {
    const at = NEXT - 10;
    const inNext = NEXT + 256;
    const stub = assemble([
      encode('auipc', { rd: 28, imm: DATA - NEXT }),
      encode('ld', { rd: 28, rs1: 28, imm: WORD - DATA + NEXT - at }),
      encode('jalr', { rd: 6, rs1: 28 }),
    ]);
    for (let round = 0; round < 6; round++) {
      const random = seeded(seed + round);
      const machines = [NEVER, SOON].map((options) => {
        const machine = new Machine(MACHINE_BYTES, options);
        const { space } = machine;
        const code = assemble([addi(5, 5, 1), jump(at - CODE - 4, 1), addi(7, 7, 1), jump(-12)]);
        machine.loadCode(CODE, code);
        space.map(NEXT, PAGE_BYTES, READ | EXECUTE);
        space.write(inNext, assemble([addi(10, 10, 1), RETURN]));
        space.map(DATA, PAGE_BYTES, READ);
        space.write(WORD, word(inNext));
        space.write(at, stub);
        return machine;
      }) as [Machine, Machine];
      const run = (): void => {
        const budget = 1 + below(random, 200);
        for (const one of machines) one.engine.run(one.state, one.space, budget);
        expect(stateOf(machines[1])).toEqual(stateOf(machines[0]));
      };
      await consolidate(machines[1], run);
      // The upper half of the jump: it goes on four bytes behind the function, which returns.
      const changed = assemble([encode('jalr', { rd: 6, rs1: 28, imm: 4 })]).subarray(2);
      for (const { space } of machines) space.write(NEXT, changed);
      for (let i = 0; i < 100; i++) run();
    }
  });

  it('is made from what the word says where it is executed', async () => {
    const machine = stubMachine(SOON);
    const { space, memory } = machine;
    const other = new Space(memory);
    for (const page of [CODE, NEXT, FUNCTIONS])
      other.mapFrame(page, space.pages.get(page / PAGE_BYTES)!.frame, READ | EXECUTE);
    other.map(DATA, PAGE_BYTES, READ);
    other.write(WORD, word(SECOND));
    const states = [space, other].map(() => cpu.allocateState(memory));
    for (const state of states) cpu.setPc(state, CODE);
    await consolidate(machine, () => machine.engine.run(states[0]!, space, 97));
    for (let slice = 0; slice < 200; slice++)
      for (const [i, state] of states.entries()) machine.engine.run(state, [space, other][i]!, 97);
    const gained = states.map((state) => Math.round(cpu.getX(state, 10) / cpu.getX(state, 7)));
    expect(gained).toEqual([1, 2]);
  });
});

describe('an instruction in two pages', () => {
  /** x5 += a number of which the upper bits lie in the next page; x6 counts. */
  const straddling = (imm: number): Uint8Array =>
    assemble([addi(7, 7, 1), addi(5, 5, imm), addi(6, 6, 1), jump(-12)]);
  const START = NEXT - 2 - 4;

  it('is what both pages have now, in each address space', async () => {
    const machine = new Machine(MACHINE_BYTES, SOON);
    machine.loadCode(START, straddling(1));
    const other = new Space(machine.memory);
    other.mapFrame(CODE, machine.space.pages.get(CODE / PAGE_BYTES)!.frame, READ | EXECUTE);
    putNext(other, [], straddling(5).subarray(6));
    const spaces = [machine.space, other];
    const states = spaces.map(() => cpu.allocateState(machine.memory));
    for (const state of states) cpu.setPc(state, START);
    const run = (): void => {
      for (const [i, state] of states.entries()) machine.engine.run(state, spaces[i]!, 97);
    };
    const ratios = (): number[] => states.map((state) => Math.round(cpu.getX(state, 5) / cpu.getX(state, 6)));
    await consolidate(machine, () => machine.engine.run(states[0]!, spaces[0]!, 97));
    for (let i = 0; i < 100; i++) run();
    expect(ratios()).toEqual([1, 5]);
    machine.space.write(START, straddling(3));
    for (const state of states) for (const n of [5, 6]) cpu.setX(state, n, 0);
    for (let i = 0; i < 100; i++) run();
    expect(ratios()).toEqual([3, 5]);
  });
});
