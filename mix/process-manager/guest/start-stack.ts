/**
 * The stack that a program starts with (System V ABI; execve(2)): argc, argv, environment, auxiliary vector,
 * and above them the strings that they point to.
 */
import { nameBytes } from '../../../subsystems/unix/file-names.ts';

const POINTER_BYTES = 8;
const ALIGNMENT = 16;
const RANDOM_BYTES = 16;

/** Auxiliary vector entries. */
export const At = {
  NULL: 0,
  PHDR: 3,
  PHENT: 4,
  PHNUM: 5,
  PAGESZ: 6,
  BASE: 7,
  FLAGS: 8,
  ENTRY: 9,
  UID: 11,
  EUID: 12,
  GID: 13,
  EGID: 14,
  HWCAP: 16,
  CLKTCK: 17,
  SECURE: 23,
  RANDOM: 25,
  EXECFN: 31,
  MINSIGSTKSZ: 51,
} as const;

/** IMAFDC, a bit per letter: what AT_HWCAP says. */
export const HWCAP = [...'IMAFDC'].reduce((bits, letter) => bits | (1 << (letter.charCodeAt(0) - 65)), 0);

export interface StartStack {
  /** The initial stack pointer; `bytes` go there. */
  readonly sp: number;
  readonly bytes: Uint8Array;
}

export function startStack(
  top: number,
  argv: readonly string[],
  env: readonly string[],
  path: string,
  random: Uint8Array,
  auxiliary: readonly (readonly [number, number])[],
): StartStack {
  const strings = [...argv, ...env, path].map((text) => nameBytes(`${text}\0`));
  const stringBytes = strings.reduce((sum, { length }) => sum + length, 0);
  const stringsAt = top - POINTER_BYTES - stringBytes;
  const randomAt = stringsAt - RANDOM_BYTES - (stringsAt % ALIGNMENT);
  const words = 1 + argv.length + 1 + env.length + 1 + (auxiliary.length + 3) * 2;
  const lowest = randomAt - words * POINTER_BYTES;
  const sp = lowest - (lowest % ALIGNMENT);
  const bytes = new Uint8Array(top - sp);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const word = (value: number): void => {
    view.setUint32(at, value >>> 0, true);
    view.setUint32(at + 4, Math.floor(value / 0x1_0000_0000), true);
    at += POINTER_BYTES;
  };
  const addresses: number[] = [];
  let next = stringsAt;
  for (const string of strings) {
    addresses.push(next);
    bytes.set(string, next - sp);
    next += string.length;
  }
  bytes.set(random.subarray(0, RANDOM_BYTES), randomAt - sp);
  word(argv.length);
  for (let i = 0; i < argv.length; i++) word(addresses[i]!);
  word(0);
  for (let i = 0; i < env.length; i++) word(addresses[argv.length + i]!);
  word(0);
  const entries = [
    ...auxiliary,
    [At.RANDOM, randomAt],
    [At.EXECFN, addresses.at(-1)!],
    [At.NULL, 0],
  ] as const;
  for (const [type, value] of entries) {
    word(type);
    word(value);
  }
  return { sp, bytes };
}
