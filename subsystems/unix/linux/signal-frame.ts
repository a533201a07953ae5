/**
 * The frame that riscv64 Linux puts on a thread's stack for a signal handler: siginfo_t, then ucontext_t with
 * the registers, the mask and the alternate stack of before. Offsets are those of the kernel's structs, which
 * C libraries, unwinders and programs know.
 *
 *   0    siginfo_t (128 bytes)
 *   128  ucontext_t: uc_flags 0, uc_link 8, uc_stack 16, uc_sigmask 40, uc_mcontext 176
 *          mcontext: pc, x1…x31 (256 bytes), then f0…f31 and fcsr
 */
import type { SiteMemory } from '../../../nucleus/memory/site-memory.ts';
import { F, FCSR, PC, type ThreadState, X } from '../../../nucleus/supervisor/cpu/state.ts';
import type { SigInfo } from '../siginfo.ts';
import { SignalSet } from '../signal-set.ts';
import { encodeSigInfo, SIGINFO_BYTES } from './signals.ts';
import type { AlternateStack } from './task.ts';

const UCONTEXT = SIGINFO_BYTES;
const UC_STACK = UCONTEXT + 16;
const UC_SIGMASK = UCONTEXT + 40;
const REGISTERS = UCONTEXT + 176;
const FLOATS = REGISTERS + 256;
const FLOAT_STATUS = FLOATS + 256;
/** ucontext_t has room for the registers of the Q extension. */
export const FRAME_BYTES = UCONTEXT + 960;

const REGISTER_BYTES = 256;

export interface Frame {
  readonly mask: SignalSet;
  readonly altStack: AlternateStack;
}

/** The bytes of a frame for a thread as it is now. */
export function buildFrame(
  memory: SiteMemory,
  state: ThreadState,
  info: SigInfo,
  { mask, altStack }: Frame,
): Uint8Array {
  const bytes = new Uint8Array(FRAME_BYTES);
  const view = new DataView(bytes.buffer);
  const { u8 } = memory;
  const { address } = state;
  bytes.set(encodeSigInfo(info));
  setWord(view, UC_STACK, altStack.sp);
  view.setUint32(UC_STACK + 8, altStack.flags >>> 0, true);
  setWord(view, UC_STACK + 16, altStack.bytes);
  const [low, high] = mask.words();
  view.setUint32(UC_SIGMASK, low, true);
  view.setUint32(UC_SIGMASK + 4, high, true);
  bytes.set(u8.subarray(address + X, address + X + REGISTER_BYTES), REGISTERS);
  bytes.set(u8.subarray(address + PC, address + PC + 8), REGISTERS);
  bytes.set(u8.subarray(address + F, address + F + REGISTER_BYTES), FLOATS);
  view.setUint32(FLOAT_STATUS, memory.u32[(address + FCSR) >>> 2]!, true);
  return bytes;
}

/** Puts a thread's registers back; returns what else the frame says. */
export function restoreFrame(memory: SiteMemory, state: ThreadState, bytes: Uint8Array): Frame {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { u8 } = memory;
  const { address } = state;
  u8.set(bytes.subarray(REGISTERS + 8, REGISTERS + REGISTER_BYTES), address + X + 8);
  u8.set(bytes.subarray(REGISTERS, REGISTERS + 8), address + PC);
  u8.set(bytes.subarray(FLOATS, FLOATS + REGISTER_BYTES), address + F);
  memory.u32[(address + FCSR) >>> 2] = view.getUint32(FLOAT_STATUS, true) & 0xff;
  return {
    mask: new SignalSet(view.getUint32(UC_SIGMASK, true), view.getUint32(UC_SIGMASK + 4, true)),
    altStack: {
      sp: getWord(view, UC_STACK),
      flags: view.getUint32(UC_STACK + 8, true),
      bytes: getWord(view, UC_STACK + 16),
    },
  };
}

function setWord(view: DataView, at: number, value: number): void {
  view.setUint32(at, value >>> 0, true);
  view.setUint32(at + 4, Math.floor(value / 0x1_0000_0000), true);
}

const getWord = (view: DataView, at: number): number =>
  view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x1_0000_0000;
