/** What a guest that dies of a signal leaves: one account on its standard error, if the limit for cores allows. */
import { getPc, getX } from '../../../nucleus/supervisor/cpu/state.ts';
import type { SigInfo } from '../../../subsystems/unix/siginfo.ts';
import { signalText } from '../../../subsystems/unix/signals.ts';
import type { GuestThread } from './guest.ts';

/** ABI names of x0 … x31. */
const NAMES =
  'zero ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6'.split(
    ' ',
  );
const PER_LINE = 4;

const hex = (value: number): string => {
  const low = value % 0x1_0000_0000;
  const unsigned = low < 0 ? low + 0x1_0000_0000 : low;
  const high = Math.floor(value / 0x1_0000_0000) >>> 0;
  return high.toString(16).padStart(8, '0') + unsigned.toString(16).padStart(8, '0');
};

function registerLines(g: GuestThread): string[] {
  const lines: string[] = [];
  for (let n = 0; n < NAMES.length; n += PER_LINE) {
    const cells = NAMES.slice(n, n + PER_LINE).map(
      (name, i) => `${name.padStart(4)} ${hex(getX(g.state, n + i))}`,
    );
    lines.push(` ${cells.join(' ')}`);
  }
  return lines;
}

/** A synchronous signal ends the process: says where and why, when RLIMIT_CORE would allow a core file. */
export async function reportCrash(g: GuestThread, info: SigInfo): Promise<void> {
  const { process } = g;
  if (process.limits.core.soft === 0) return;
  const address = info.address === undefined ? '' : ` at address 0x${info.address.toString(16)}`;
  const head = `${process.comm}[${process.pid}]: ${signalText(info.sig)}${address}, pc ${hex(getPc(g.state))}`;
  const text = [head, ...registerLines(g), ''].join('\n');
  try {
    await g.sys.write(2, Buffer.from(text));
  } catch {
    // No standard error: there is nobody to tell.
  }
}
