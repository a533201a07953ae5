/**
 * The register block of a thread: 1 KiB in site memory, so that the engine loads and stores it whole and the
 * nucleus reads and writes single registers without asking the engine. Only while the engine runs the thread
 * are the registers elsewhere (in frame 0, see `RUNNING`); at every system call, fault and end of a slice the
 * block is up to date.
 *
 * Registers are 64-bit words, low half first. `number` values here are integers: exact up to 2^53, which
 * covers every address and every count; a wilder register reads as a nearby double, which no range check
 * takes for an address. Nothing needs bigint.
 */
import type { SiteMemory } from '../../memory/site-memory.ts';

export const STATE_BYTES = 1024;
/** Where the engine keeps the registers of the thread it runs: frame 0, which nobody else may have. */
export const RUNNING = 0;

/** Byte offsets in the block. x0 is always zero; what an instruction writes to x0 goes to SINK. */
export const X = 0;
export const PC = 256;
export const SINK = 264;
/** Instructions executed by the thread. */
export const INSTRET = 272;
/** What the exits `fault` and `misaligned` tell: address, Fault code, kind of access (1, 2, 4). */
export const FAULT_ADDRESS = 280;
export const FAULT_CAUSE = 288;
export const FAULT_ACCESS = 292;
/** frm << 5 | fflags, 32 bits. */
export const FCSR = 296;
/** Of LR: the address (-1: none) and the value that was there. */
export const RESERVATION = 304;
export const RESERVATION_VALUE = 312;
/** f0 … f31: 64 bits each, single precision NaN-boxed. */
export const F = 320;
/** Bytes that have a meaning; they are moved in blocks of 16. */
export const STATE_USED = 576;

/** Why `run` came back. */
export const Exit = {
  /** The budget is used up. */
  budget: 0,
  /** The ecall hook said so. */
  left: 1,
  /** No page: see faultAddress, faultAccess, faultCause (a Fault code; 0: wait for it). */
  fault: 2,
  /** An instruction that does not exist. */
  illegal: 3,
  /** EBREAK. */
  breakpoint: 4,
  /** LR, SC or AMO at an address that is not a multiple of its size. */
  misaligned: 5,
} as const;
export type Exit = (typeof Exit)[keyof typeof Exit];

const STATES_PER_RUN = 4;
const HIGH = 0x1_0000_0000;
/** Free blocks of each site: runs are cut into four. */
const freeStates = new WeakMap<SiteMemory, ThreadState[]>();

export class ThreadState {
  readonly memory: SiteMemory;
  /** Physical address of the block. */
  readonly address: number;

  constructor(memory: SiteMemory, address: number) {
    this.memory = memory;
    this.address = address;
  }
}

/** A block with all registers zero. Throws K_ENOMEM. */
export function allocateState(memory: SiteMemory): ThreadState {
  let free = freeStates.get(memory);
  if (!free) freeStates.set(memory, (free = []));
  if (free.length === 0) {
    const run = memory.allocateRun(STATES_PER_RUN * STATE_BYTES);
    for (let i = 0; i < STATES_PER_RUN; i++) free.push(new ThreadState(memory, run + i * STATE_BYTES));
  }
  const { address } = free.pop()!;
  memory.u8.fill(0, address, address + STATE_BYTES);
  const state = new ThreadState(memory, address);
  clearReservation(state);
  return state;
}

/** The caller forgets the block. */
export function freeState(state: ThreadState): void {
  freeStates.get(state.memory)!.push(state);
}

/** All registers of one thread to another of the same site (fork, clone); not the LR reservation. */
export function copyState(from: ThreadState, to: ThreadState): void {
  to.memory.u8.set(from.memory.u8.subarray(from.address, from.address + STATE_BYTES), to.address);
  clearReservation(to);
}

/** What an exception or a signal does to an SC that follows: it fails. */
export function clearReservation(state: ThreadState): void {
  const { i32 } = state.memory;
  i32.fill(-1, (state.address + RESERVATION) >>> 2, (state.address + RESERVATION + 8) >>> 2);
}

function getWord(state: ThreadState, offset: number): number {
  const { i32 } = state.memory;
  const at = (state.address + offset) >>> 2;
  return i32[at + 1]! * HIGH + (i32[at]! >>> 0);
}

function setWord(state: ThreadState, offset: number, value: number): void {
  const { i32 } = state.memory;
  const at = (state.address + offset) >>> 2;
  i32[at] = value;
  // Most values are small integers.
  i32[at + 1] = (value | 0) === value ? value >> 31 : Math.floor(value / HIGH);
}

/** Register xn as a signed number. */
export const getX = (state: ThreadState, n: number): number => getWord(state, X + n * 8);
/** The low 32 bits of xn, signed: the argument of an `int`. */
export const getXLow = (state: ThreadState, n: number): number =>
  state.memory.i32[(state.address + X + n * 8) >>> 2]!;
/** The high 32 bits of xn, signed. */
export const getXHigh = (state: ThreadState, n: number): number =>
  state.memory.i32[(state.address + X + n * 8 + 4) >>> 2]!;

/** `value`: an integer in -2^63 … 2^63 - 1. Setting x0 does nothing. */
export function setX(state: ThreadState, n: number, value: number): void {
  if (n !== 0) setWord(state, X + n * 8, value);
}

/** Sets both halves: for values that no double holds. */
export function setXHalves(state: ThreadState, n: number, low: number, high: number): void {
  if (n === 0) return;
  const at = (state.address + X + n * 8) >>> 2;
  state.memory.i32[at] = low;
  state.memory.i32[at + 1] = high;
}

export const getPc = (state: ThreadState): number => getWord(state, PC);
export const setPc = (state: ThreadState, pc: number): void => setWord(state, PC, pc);
export const getInstret = (state: ThreadState): number => getWord(state, INSTRET);
export const setInstret = (state: ThreadState, count: number): void => setWord(state, INSTRET, count);
export const getFcsr = (state: ThreadState): number => state.memory.i32[(state.address + FCSR) >>> 2]!;
export const setFcsr = (state: ThreadState, value: number): void => {
  state.memory.i32[(state.address + FCSR) >>> 2] = value & 0xff;
};

/** The halves of fn. */
export const getFLow = (state: ThreadState, n: number): number =>
  state.memory.i32[(state.address + F + n * 8) >>> 2]!;
export const getFHigh = (state: ThreadState, n: number): number =>
  state.memory.i32[(state.address + F + n * 8 + 4) >>> 2]!;
export function setFHalves(state: ThreadState, n: number, low: number, high: number): void {
  const at = (state.address + F + n * 8) >>> 2;
  state.memory.i32[at] = low;
  state.memory.i32[at + 1] = high;
}

export const faultAddress = (state: ThreadState): number => getWord(state, FAULT_ADDRESS);
export const faultCause = (state: ThreadState): number =>
  state.memory.i32[(state.address + FAULT_CAUSE) >>> 2]!;
export const faultAccess = (state: ThreadState): number =>
  state.memory.i32[(state.address + FAULT_ACCESS) >>> 2]!;
