/**
 * Code that changes while it is executed: by the thread itself, through other mappings, by the kernel; and
 * more code than there is room for when it is decoded.
 */
import { describe, expect, it } from 'vitest';
import { PAGE_BYTES } from '../../../../nucleus/memory/site-memory.ts';
import * as cpu from '../../../../nucleus/supervisor/cpu/state.ts';
import { assemble, encode } from './assembler.ts';
import { EXECUTE, Machine, NEVER, READ, WRITE } from './harness.ts';

const { Exit } = cpu;
const CODE = 0x40_0000;
const DATA = 0x80_0000;

function machineWith(code: readonly number[]): Machine {
  const machine = new Machine(8 * 1024 * 1024);
  machine.loadCode(CODE, assemble(code));
  return machine;
}

const addi = (rd: number, rs1: number, imm: number): number => encode('addi', { rd, rs1, imm });
const EBREAK = encode('ebreak');

describe('code that changes', () => {
  /** Calls the function at x5, changes its first word to x7, fence.i, calls it again. */
  const caller = (fence: readonly number[]): number[] => [
    encode('jalr', { rd: 1, rs1: 5 }),
    addi(10, 6, 0),
    encode('sw', { rs1: 5, rs2: 7 }),
    ...fence,
    encode('jalr', { rd: 1, rs1: 5 }),
    EBREAK,
  ];
  const RETURN = encode('jalr', { rd: 0, rs1: 1 });

  it.each([
    ['with fence.i', [encode('fence.i')]],
    ['in the thread itself without it', []],
  ])('is seen %s', (_name, fence) => {
    const machine = machineWith(caller(fence));
    machine.space.map(DATA, PAGE_BYTES, READ | WRITE | EXECUTE);
    machine.space.write(DATA, assemble([addi(6, 0, 11), RETURN]));
    cpu.setX(machine.state, 5, DATA);
    cpu.setX(machine.state, 7, addi(6, 0, 22));
    expect(machine.run()).toBe(Exit.breakpoint);
    expect([cpu.getX(machine.state, 10), cpu.getX(machine.state, 6)]).toEqual([11, 22]);
  });

  it('in the page that is executed makes progress, and is seen', () => {
    // Stores to its own page, three times, behind itself and to an instruction to come.
    const machine = new Machine(8 * 1024 * 1024);
    const code = [
      encode('sd', { rs1: 5, rs2: 0, imm: 512 }),
      addi(6, 6, 1),
      encode('bne', { rs1: 6, rs2: 8, imm: -8 }),
      encode('sw', { rs1: 5, rs2: 7, imm: 16 }),
      addi(9, 0, 1),
      EBREAK,
    ];
    machine.loadCode(CODE, assemble(code), READ | WRITE | EXECUTE);
    cpu.setX(machine.state, 5, CODE);
    cpu.setX(machine.state, 7, addi(9, 0, 2));
    cpu.setX(machine.state, 8, 3);
    expect(machine.run(1000)).toBe(Exit.breakpoint);
    expect([cpu.getX(machine.state, 9), cpu.getInstret(machine.state)]).toEqual([2, 11]);
  });

  it.each([
    ['first', -64],
    ['second', 64],
    ['both', -3],
  ])('by an instruction in two pages that stores to the %s makes progress', (_name, distance) => {
    const end = CODE + PAGE_BYTES;
    const machine = new Machine(8 * 1024 * 1024);
    machine.space.map(CODE, 2 * PAGE_BYTES, READ | WRITE | EXECUTE);
    const code = [
      encode('sd', { rs1: 5, rs2: 6 }),
      addi(7, 7, 1),
      encode('bne', { rs1: 7, rs2: 8, imm: -8 }),
      EBREAK,
    ];
    // What is stored over the code is the code itself.
    machine.space.write(end - 2, assemble(code));
    if (distance < 0 && distance > -8) {
      const there = new DataView(machine.space.read(end + distance, 8).buffer);
      cpu.setXHalves(machine.state, 6, there.getInt32(0, true), there.getInt32(4, true));
    }
    cpu.setX(machine.state, 5, end + distance);
    cpu.setX(machine.state, 8, 5);
    cpu.setPc(machine.state, end - 2);
    expect(machine.run(1000)).toBe(Exit.breakpoint);
    expect(cpu.getInstret(machine.state)).toBe(15);
  });

  it('through another mapping is seen after fence.i', () => {
    const machine = machineWith([encode('sw', { rs1: 8, rs2: 0 }), ...caller([encode('fence.i')])]);
    const code = [...caller([encode('fence.i')])];
    code[2] = encode('sw', { rs1: 8, rs2: 7 });
    machine.space.write(CODE + 4, assemble(code));
    const frame = machine.memory.frames.allocate();
    machine.space.mapFrame(DATA, frame, READ | EXECUTE);
    machine.space.mapFrame(DATA + PAGE_BYTES, frame, READ | WRITE);
    machine.space.write(DATA, assemble([addi(6, 0, 11), RETURN, 0, 0]));
    cpu.setX(machine.state, 5, DATA);
    cpu.setX(machine.state, 8, DATA + PAGE_BYTES + 0x100);
    cpu.setX(machine.state, 7, addi(6, 0, 22));
    machine.engine.run(machine.state, machine.space, 1);
    cpu.setX(machine.state, 8, DATA + PAGE_BYTES);
    expect(machine.run()).toBe(Exit.breakpoint);
    expect([cpu.getX(machine.state, 10), cpu.getX(machine.state, 6)]).toEqual([11, 22]);
  });

  it('is seen when a page is replaced by another', () => {
    const machine = machineWith([addi(6, 0, 1), EBREAK]);
    machine.run();
    const frame = machine.memory.frames.allocate();
    machine.memory.u8.set(assemble([addi(6, 0, 2), EBREAK]), frame * PAGE_BYTES);
    machine.space.mapFrame(CODE, frame, READ | EXECUTE);
    cpu.setPc(machine.state, CODE);
    machine.run();
    expect(cpu.getX(machine.state, 6)).toBe(2);
  });

  it('may be more than there is room for', () => {
    // Translated at first sight it would take a minute; translator.test.ts has fewer pages.
    const machine = new Machine(64 * 1024 * 1024, NEVER);
    const pages = 600;
    // Each page: many short runs, then on to the next page.
    const page: number[] = [];
    while (page.length < PAGE_BYTES / 4 - 1)
      page.push(encode('beq', { imm: 8 }), addi(5, 5, 1), addi(6, 6, 1));
    page.length = PAGE_BYTES / 4;
    page[PAGE_BYTES / 4 - 1] = addi(7, 7, 1);
    page[PAGE_BYTES / 4 - 2] = page[PAGE_BYTES / 4 - 3] = addi(8, 8, 1);
    machine.space.map(CODE, (pages + 1) * PAGE_BYTES, READ | EXECUTE);
    for (let i = 0; i < pages; i++) machine.space.write(CODE + i * PAGE_BYTES, assemble(page));
    machine.space.write(CODE + pages * PAGE_BYTES, assemble([EBREAK]));
    for (let round = 1; round <= 2; round++) {
      cpu.setPc(machine.state, CODE);
      expect(machine.run()).toBe(Exit.breakpoint);
      expect(cpu.getX(machine.state, 7)).toBe(pages * round);
    }
  });
});
