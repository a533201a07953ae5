/**
 * What the engine promises besides the results of instructions: exact counts, precise faults, system calls,
 * and that nothing that is executed can harm it.
 */
import { describe, expect, it } from 'vitest';
import { Access, Fault, PAGE_BYTES } from '../../../../nucleus/memory/site-memory.ts';
import * as cpu from '../../../../nucleus/supervisor/cpu/state.ts';
import { warmUp } from '../../../../nucleus/supervisor/cpu/warm-up.ts';
import { assemble, encode } from './assembler.ts';
import { seeded } from './generate.ts';
import { EXECUTE, Machine, READ, WRITE } from './harness.ts';

const { Exit } = cpu;
const CODE = 0x40_0000;
const DATA = 0x80_0000;

function machineWith(code: readonly number[], at = CODE): Machine {
  const machine = new Machine(8 * 1024 * 1024);
  machine.loadCode(at, assemble(code));
  return machine;
}

const addi = (rd: number, rs1: number, imm: number): number => encode('addi', { rd, rs1, imm });
const jump = (imm: number): number => encode('jal', { rd: 0, imm });
const EBREAK = encode('ebreak');
const ECALL = encode('ecall');

describe('the loop before the first guest', () => {
  it('runs', () => {
    expect(warmUp()).toBe(Exit.budget);
  });
});

describe('budget', () => {
  it('is counted exactly, wherever it ends', () => {
    // Three instructions, then a loop of four.
    const code = [
      addi(5, 0, 1),
      addi(6, 0, 2),
      addi(7, 0, 3),
      addi(5, 5, 1),
      0x0001,
      addi(6, 6, 1),
      jump(-10),
    ];
    for (let budget = 1; budget < 40; budget++) {
      const machine = machineWith(code);
      expect(machine.engine.run(machine.state, machine.space, budget)).toBe(Exit.budget);
      expect(machine.engine.executed).toBe(budget);
      expect(cpu.getInstret(machine.state)).toBe(budget);
      const reference = machineWith(code);
      for (let i = 0; i < budget; i++) reference.engine.run(reference.state, reference.space, 1);
      for (const n of [5, 6, 7]) expect(cpu.getX(machine.state, n)).toBe(cpu.getX(reference.state, n));
      expect(cpu.getPc(machine.state)).toBe(cpu.getPc(reference.state));
    }
  });

  it('does not count what faulted', () => {
    const machine = machineWith([
      addi(5, 0, 1),
      addi(6, 0, 1),
      encode('ld', { rd: 7, rs1: 0 }),
      addi(8, 0, 1),
    ]);
    expect(machine.engine.run(machine.state, machine.space, 100)).toBe(Exit.fault);
    expect(machine.engine.executed).toBe(2);
    expect(cpu.getX(machine.state, 8)).toBe(0);
  });

  it('is visible in rdinstret', () => {
    const rdinstret = (rd: number): number => encode('csrrs', { rd, imm: 0xc02 });
    const machine = machineWith([addi(5, 0, 1), rdinstret(6), 0x0001, rdinstret(7), EBREAK]);
    machine.run();
    expect([cpu.getX(machine.state, 6), cpu.getX(machine.state, 7)]).toEqual([1, 3]);
  });
});

describe('ecall', () => {
  it('finds the state complete and goes on at its pc', () => {
    const machine = machineWith([addi(17, 0, 5), ECALL, addi(6, 10, 0), ECALL, EBREAK, EBREAK]);
    const seen: number[][] = [];
    machine.ecall = () => {
      seen.push([cpu.getPc(machine.state), cpu.getX(machine.state, 17), cpu.getInstret(machine.state)]);
      cpu.setX(machine.state, 10, -38);
      if (seen.length === 2) cpu.setPc(machine.state, CODE + 20);
      return 0;
    };
    expect(machine.run()).toBe(Exit.breakpoint);
    expect(seen).toEqual([
      [CODE + 8, 5, 2],
      [CODE + 16, 5, 4],
    ]);
    expect(cpu.getX(machine.state, 6)).toBe(-38);
    expect(cpu.getPc(machine.state)).toBe(CODE + 20);
  });

  it('leaves at once, without touching the state again', () => {
    const machine = machineWith([addi(5, 0, 1), ECALL, EBREAK]);
    machine.ecall = () => {
      machine.memory.u8.fill(0xaa, machine.state.address, machine.state.address + cpu.STATE_BYTES);
      return 1;
    };
    expect(machine.engine.run(machine.state, machine.space, 100)).toBe(Exit.left);
    expect(machine.engine.executed).toBe(2);
    const block = machine.memory.u8.subarray(machine.state.address, machine.state.address + cpu.STATE_BYTES);
    expect(block.every((byte) => byte === 0xaa)).toBe(true);
  });

  it('may run another thread', () => {
    const machine = machineWith([addi(5, 0, 1), ECALL, addi(5, 5, 1), EBREAK]);
    const other = cpu.allocateState(machine.memory);
    cpu.copyState(machine.state, other);
    cpu.setPc(other, CODE + 8);
    machine.ecall = () => {
      expect(machine.engine.run(other, machine.space, 1)).toBe(Exit.budget);
      return 0;
    };
    expect(machine.engine.run(machine.state, machine.space, 100)).toBe(Exit.breakpoint);
    expect(machine.engine.executed).toBe(3);
    expect([cpu.getX(machine.state, 5), cpu.getX(other, 5)]).toEqual([2, 1]);
    expect([cpu.getInstret(machine.state), cpu.getInstret(other)]).toEqual([3, 1]);
  });
});

describe('faults', () => {
  /** The exit of one instruction with x5 = address. */
  function accessAt(machine: Machine, address: number): readonly [number, number, number, number] {
    cpu.setX(machine.state, 5, address);
    cpu.setPc(machine.state, CODE);
    const exit = machine.engine.run(machine.state, machine.space, 10);
    return [
      exit,
      cpu.faultCause(machine.state),
      cpu.faultAccess(machine.state),
      cpu.faultAddress(machine.state),
    ];
  }
  const load = encode('ld', { rd: 6, rs1: 5 });
  const store = encode('sd', { rs1: 5, rs2: 6 });

  it('tell address, access and cause, with the pc at the instruction', () => {
    const machine = machineWith([addi(9, 9, 1), load, EBREAK]);
    expect(accessAt(machine, DATA)).toEqual([Exit.fault, Fault.unmapped, Access.read, DATA]);
    expect(cpu.getPc(machine.state)).toBe(CODE + 4);
    machine.space.map(DATA, PAGE_BYTES, WRITE);
    expect(accessAt(machine, DATA)).toEqual([Exit.fault, Fault.protection, Access.read, DATA]);
    machine.space.absent = () => Fault.absent;
    expect(accessAt(machine, DATA + PAGE_BYTES)).toEqual([
      Exit.fault,
      Fault.absent,
      Access.read,
      DATA + PAGE_BYTES,
    ]);
  });

  it('happen above the user addresses', () => {
    for (const address of [2 ** 38, -8, -(2 ** 62), 2 ** 50]) {
      const machine = machineWith([load]);
      expect(accessAt(machine, address)).toEqual([Exit.fault, Fault.unmapped, Access.read, address]);
      const jumps = machineWith([encode('jalr', { rd: 1, rs1: 5 })]);
      const [exit, cause, access] = accessAt(jumps, address);
      expect([exit, cause, access]).toEqual([Exit.fault, Fault.unmapped, Access.execute]);
      expect(cpu.getPc(jumps.state)).toBe(address);
      expect(jumps.engine.executed).toBe(1);
    }
  });

  it('change nothing when an access lies in two pages and one is missing', () => {
    const machine = machineWith([store]);
    machine.space.map(DATA, PAGE_BYTES, READ | WRITE);
    cpu.setX(machine.state, 6, -1);
    const end = DATA + PAGE_BYTES;
    expect(accessAt(machine, end - 3)).toEqual([Exit.fault, Fault.unmapped, Access.write, end]);
    expect([...machine.space.read(end - 3, 3)]).toEqual([0, 0, 0]);
    machine.space.map(end, PAGE_BYTES, READ);
    expect(accessAt(machine, end - 3)).toEqual([Exit.fault, Fault.protection, Access.write, end]);
    expect([...machine.space.read(end - 3, 3)]).toEqual([0, 0, 0]);
  });

  it('are taken again after the page was brought in', () => {
    const machine = machineWith([encode('sw', { rs1: 5, rs2: 5 }), encode('lw', { rd: 6, rs1: 5 }), EBREAK]);
    machine.space.absent = (va, access) => {
      machine.space.map(va, 1, READ | WRITE);
      return machine.space.touch(va, access);
    };
    cpu.setX(machine.state, 5, DATA + 0x123);
    expect(machine.run()).toBe(Exit.breakpoint);
    expect(cpu.getX(machine.state, 6)).toBe(DATA + 0x123);
  });

  it('of the second part of an instruction in two pages have its address', () => {
    const machine = new Machine(8 * 1024 * 1024);
    const end = CODE + PAGE_BYTES;
    machine.space.map(CODE, 1, READ | EXECUTE);
    machine.space.write(end - 2, assemble([addi(5, 5, 1)]).subarray(0, 2));
    cpu.setPc(machine.state, end - 2);
    expect(machine.run()).toBe(Exit.fault);
    expect([cpu.getPc(machine.state), cpu.faultAddress(machine.state)]).toEqual([end - 2, end]);
  });
});

describe('accesses', () => {
  const ACCESSES = [
    ['lb', 'sb', 1],
    ['lh', 'sh', 2],
    ['lw', 'sw', 4],
    ['ld', 'sd', 8],
  ] as const;

  it.each(ACCESSES)('%s and %s work at every address around the end of a page', (load, store, bytes) => {
    const end = DATA + PAGE_BYTES;
    for (let address = end - 9; address <= end + 1; address++) {
      const machine = machineWith([
        encode(store, { rs1: 5, rs2: 6 }),
        encode(load, { rd: 7, rs1: 5 }),
        EBREAK,
      ]);
      machine.space.map(DATA, 2 * PAGE_BYTES, READ | WRITE);
      machine.space.write(DATA, new Uint8Array(2 * PAGE_BYTES).fill(0x11));
      cpu.setX(machine.state, 5, address);
      cpu.setXHalves(machine.state, 6, 0x83828180, 0x87868584);
      expect(machine.run()).toBe(Exit.breakpoint);
      const around = [...machine.space.read(address - 1, bytes + 2)];
      const written = Array.from({ length: bytes }, (_, i) => 0x80 + i);
      expect(around).toEqual([0x11, ...written, 0x11]);
      const low = bytes < 4 ? (0x83828180 << (32 - 8 * bytes)) >> (32 - 8 * bytes) : 0x83828180 | 0;
      expect(cpu.getXLow(machine.state, 7)).toBe(low);
      expect(cpu.getXHigh(machine.state, 7)).toBe(bytes === 8 ? 0x87868584 | 0 : -1);
    }
  });

  it('that are atomic must be aligned', () => {
    for (const [name, access] of [
      ['lr.w', Access.read],
      ['sc.w', Access.write],
      ['amoadd.d', Access.write],
    ] as const) {
      const machine = machineWith([encode(name, { rd: 7, rs1: 5, rs2: 6 })]);
      machine.space.map(DATA, PAGE_BYTES, READ | WRITE);
      cpu.setX(machine.state, 5, DATA + 2);
      expect(machine.run()).toBe(Exit.misaligned);
      expect([cpu.faultAddress(machine.state), cpu.faultAccess(machine.state)]).toEqual([DATA + 2, access]);
      expect(cpu.getPc(machine.state)).toBe(CODE);
    }
  });

  it('by AMO need the right to write', () => {
    const machine = machineWith([encode('amoadd.w', { rd: 7, rs1: 5, rs2: 6 })]);
    machine.space.map(DATA, PAGE_BYTES, READ);
    cpu.setX(machine.state, 5, DATA);
    expect(machine.run()).toBe(Exit.fault);
    expect([cpu.faultCause(machine.state), cpu.faultAccess(machine.state)]).toEqual([
      Fault.protection,
      Access.write,
    ]);
  });

  it('SC fails without LR, for another address, after a store, and the second time', () => {
    const lr = encode('lr.w', { rd: 7, rs1: 5 });
    const sc = (rd: number, rs1 = 5): number => encode('sc.w', { rd, rs1, rs2: 8 });
    const write = encode('sw', { rs1: 5, rs2: 9 });
    const machine = machineWith([sc(10), lr, sc(11, 6), lr, write, sc(12), lr, sc(13), sc(14), EBREAK]);
    machine.space.map(DATA, PAGE_BYTES, READ | WRITE);
    for (const [n, value] of [
      [5, DATA],
      [6, DATA + 64],
      [8, 77],
      [9, 5],
    ] as const)
      cpu.setX(machine.state, n, value);
    expect(machine.run()).toBe(Exit.breakpoint);
    expect([10, 11, 12, 13, 14].map((n) => cpu.getX(machine.state, n))).toEqual([1, 1, 1, 0, 1]);
    expect(machine.space.read(DATA, 1)[0]).toBe(77);
  });
});

describe('jumps', () => {
  it('by register may take the register they link to, and ignore the lowest bit', () => {
    const machine = machineWith([encode('jalr', { rd: 5, rs1: 5, imm: 1 }), EBREAK, addi(6, 0, 1), EBREAK]);
    cpu.setX(machine.state, 5, CODE + 8);
    expect(machine.run()).toBe(Exit.breakpoint);
    expect([cpu.getX(machine.state, 5), cpu.getX(machine.state, 6)]).toEqual([CODE + 4, 1]);
  });

  it('link to the next instruction, whatever its length, also at the end of a page', () => {
    const end = CODE + PAGE_BYTES;
    const cJalr = 0x9002 | (5 << 7);
    const machine = new Machine(8 * 1024 * 1024);
    machine.space.map(CODE, 2 * PAGE_BYTES, READ | EXECUTE);
    machine.space.write(end - 2, assemble([cJalr, addi(6, 1, 0), EBREAK]));
    machine.space.write(CODE, assemble([encode('jalr', { rd: 0, rs1: 1 })]));
    cpu.setPc(machine.state, end - 2);
    cpu.setX(machine.state, 5, CODE);
    expect(machine.run()).toBe(Exit.breakpoint);
    expect([cpu.getX(machine.state, 6), cpu.getPc(machine.state)]).toEqual([end, end + 4]);
  });

  it('reach instructions that lie in two pages', () => {
    const end = CODE + PAGE_BYTES;
    const machine = new Machine(8 * 1024 * 1024);
    machine.space.map(CODE, 2 * PAGE_BYTES, READ | EXECUTE);
    // A loop around the end of the page, whose first instruction is in both.
    const branch = encode('bne', { rs1: 5, rs2: 6, imm: -4 });
    machine.space.write(end - 2, assemble([addi(5, 5, 1), branch, EBREAK]));
    cpu.setPc(machine.state, end - 2);
    cpu.setX(machine.state, 6, 1000);
    expect(machine.run()).toBe(Exit.breakpoint);
    expect([cpu.getX(machine.state, 5), cpu.getInstret(machine.state)]).toEqual([1000, 2000]);
  });
});

describe('anything as code', () => {
  const EXITS = new Set<number>([
    Exit.budget,
    Exit.left,
    Exit.fault,
    Exit.illegal,
    Exit.breakpoint,
    Exit.misaligned,
  ]);

  it('gives an exit, and leaves the site alone', () => {
    const seed = Number(process.env.CHORUS_SEED ?? Math.floor(Math.random() * 0x1_0000_0000));
    console.log(`CHORUS_SEED=${seed}`);
    const random = seeded(seed);
    const machine = new Machine(16 * 1024 * 1024);
    const code = machine.space;
    code.map(CODE, 4 * PAGE_BYTES, READ | WRITE | EXECUTE);
    const canary = machine.memory.frames.allocate();
    machine.memory.u8.fill(0x5a, canary * PAGE_BYTES, (canary + 1) * PAGE_BYTES);
    machine.ecall = () => (random() < 0.5 ? 0 : 1);
    for (let round = 0; round < 300; round++) {
      const bytes = new Uint8Array(2 * PAGE_BYTES);
      // Half of the words look like instructions.
      for (let i = 0; i < bytes.length; i++) bytes[i] = random() * 256;
      for (let i = 0; i < bytes.length; i += 4) if (random() < 0.5) bytes[i]! |= 3;
      code.write(CODE + 2 * PAGE_BYTES - bytes.length / 2, bytes);
      for (let n = 1; n < 32; n++) cpu.setX(machine.state, n, CODE + Math.floor(random() * 4 * PAGE_BYTES));
      for (let start = 0; start < 20; start++) {
        cpu.setPc(machine.state, CODE + PAGE_BYTES + 2 * Math.floor(random() * PAGE_BYTES));
        const budget = 1 + Math.floor(random() * 200);
        const exit = machine.engine.run(machine.state, code, budget);
        expect(EXITS.has(exit)).toBe(true);
        expect(machine.engine.executed).toBeLessThanOrEqual(budget);
      }
    }
    const frame = machine.memory.u8.subarray(canary * PAGE_BYTES, (canary + 1) * PAGE_BYTES);
    expect(frame.every((byte) => byte === 0x5a)).toBe(true);
  });

  it('that is no instruction is illegal', () => {
    const ILLEGAL = [
      [0x00000000], // all zeros
      [0xffffffff],
      [0x2001], // c.addiw to x0
      [0x6101], // c.addi16sp of 0
      [0x8002], // c.jr x0
      [0x9c41],
      [0x8000], // no Zcb
      [encode('csrrs', { rd: 5, imm: 0x300 })], // mstatus
      [encode('csrrw', { rd: 5, rs1: 6, imm: 0xc00 })], // cycle is read-only
      [encode('fadd.d', { rm: 5 })],
      [encode('csrrwi', { rs1: 7, imm: 2 }), encode('fadd.d', { rm: 7 })], // a rounding mode that is none
      [0x10500073], // wfi
      [0x30200073], // mret
    ];
    for (const code of ILLEGAL) {
      const machine = machineWith([...code, EBREAK]);
      expect([machine.run(), code]).toEqual([Exit.illegal, code]);
      expect(cpu.getPc(machine.state)).toBe(CODE + 4 * (code.length - 1));
    }
  });
});

describe('states', () => {
  it('hold integers of both signs', () => {
    const { state } = new Machine(8 * 1024 * 1024);
    for (const value of [0, 1, -1, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 52 + 1, -(2 ** 52) - 1, 2 ** 38 - 1]) {
      cpu.setX(state, 7, value);
      expect(cpu.getX(state, 7)).toBe(value);
      expect(cpu.getXLow(state, 7)).toBe(Number(BigInt.asIntN(32, BigInt(value))));
    }
    cpu.setX(state, 0, 5);
    expect(cpu.getX(state, 0)).toBe(0);
  });

  it('are given again when they were given back, empty', () => {
    const { memory } = new Machine(8 * 1024 * 1024);
    const states = Array.from({ length: 10 }, () => cpu.allocateState(memory));
    expect(new Set(states.map(({ address }) => address)).size).toBe(10);
    for (const state of states) {
      cpu.setX(state, 5, 1);
      cpu.freeState(state);
    }
    for (let i = 0; i < 10; i++) expect(cpu.getX(cpu.allocateState(memory), 5)).toBe(0);
  });
});
