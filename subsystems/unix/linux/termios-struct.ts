/**
 * struct termios of the kernel: four words of flags, the line discipline, nineteen control characters; struct
 * termios2 has the two speeds behind them (asm-generic/termbits.h).
 */
import type { ControlCharacters, Termios } from '../termios.ts';

export const TERMIOS_BYTES = 36;
export const TERMIOS2_BYTES = 44;

type Flag = { [K in keyof Termios]: Termios[K] extends boolean ? K : never }[keyof Termios];

const INPUT: readonly (readonly [Flag, number])[] = [
  ['ignbrk', 0o1],
  ['brkint', 0o2],
  ['istrip', 0o40],
  ['inlcr', 0o100],
  ['igncr', 0o200],
  ['icrnl', 0o400],
  ['ixon', 0o2000],
  ['ixany', 0o4000],
  ['ixoff', 0o10000],
  ['imaxbel', 0o20000],
  ['iutf8', 0o40000],
];
const OUTPUT: readonly (readonly [Flag, number])[] = [
  ['opost', 0o1],
  ['onlcr', 0o4],
  ['ocrnl', 0o10],
  ['onocr', 0o20],
  ['onlret', 0o40],
];
const LOCAL: readonly (readonly [Flag, number])[] = [
  ['isig', 0o1],
  ['icanon', 0o2],
  ['echo', 0o10],
  ['echoe', 0o20],
  ['echok', 0o40],
  ['echonl', 0o100],
  ['noflsh', 0o200],
  ['tostop', 0o400],
  ['echoctl', 0o1000],
  ['echoke', 0o4000],
  ['iexten', 0o100000],
];

/** Index of each control character. */
const CHARACTERS: readonly (readonly [keyof ControlCharacters, number])[] = [
  ['intr', 0],
  ['quit', 1],
  ['erase', 2],
  ['kill', 3],
  ['eof', 4],
  ['time', 5],
  ['min', 6],
  ['start', 8],
  ['stop', 9],
  ['susp', 10],
  ['eol', 11],
  ['rprnt', 12],
  ['discard', 13],
  ['werase', 14],
  ['lnext', 15],
  ['eol2', 16],
];
const CHARACTERS_AT = 17;

/** CS8 | CREAD, without PARENB: a pseudo-terminal has no other line. */
const CONTROL = 0o60 | 0o200;
const CONTROL_FIXED = 0o60 | 0o200 | 0o400;
const CBAUD = 0o10017;
/** The input speed's part: as the output's. */
const CIBAUD = 0o2003600000;
const BOTHER = 0o10000;
/** Speeds of B0, B50 … B38400; B57600 … B4000000. */
const LOW_SPEEDS = [0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400];
const HIGH_SPEEDS = [
  0, 57600, 115200, 230400, 460800, 500000, 576000, 921600, 1000000, 1152000, 1500000, 2000000, 2500000,
  3000000, 3500000, 4000000,
];

function speedCode(speed: number): number {
  const low = LOW_SPEEDS.indexOf(speed);
  if (low >= 0) return low;
  const high = HIGH_SPEEDS.indexOf(speed);
  return high > 0 ? BOTHER | high : BOTHER;
}

function speedOf(control: number, given: number): number {
  const code = control & CBAUD;
  if (code === BOTHER) return given;
  return (code & BOTHER ? HIGH_SPEEDS : LOW_SPEEDS)[code & 0o17] ?? 0;
}

function word(termios: Termios, flags: readonly (readonly [Flag, number])[], rest: number): number {
  let bits = rest;
  for (const [name, bit] of flags) if (termios[name]) bits |= bit;
  return bits;
}

/** struct termios2; its first TERMIOS_BYTES are a struct termios. */
export function termiosStruct(termios: Termios): Uint8Array {
  const bytes = new Uint8Array(TERMIOS2_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, word(termios, INPUT, termios.inputBits), true);
  view.setUint32(4, word(termios, OUTPUT, termios.outputBits), true);
  view.setUint32(8, CONTROL | termios.controlBits | speedCode(termios.speed), true);
  view.setUint32(12, word(termios, LOCAL, termios.localBits), true);
  for (const [name, index] of CHARACTERS) bytes[CHARACTERS_AT + index] = termios.cc[name];
  view.setUint32(36, termios.speed, true);
  view.setUint32(40, termios.speed, true);
  return bytes;
}

/** The attributes that a struct termios or termios2 asks for; `present` for the rest. */
export function readTermios(bytes: Uint8Array, present: Termios): Termios {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const given = bytes.length >= TERMIOS2_BYTES ? view.getUint32(40, true) : present.speed;
  const control = view.getUint32(8, true);
  const result: Termios = {
    ...present,
    cc: { ...present.cc },
    speed: speedOf(control, given),
    controlBits: (control & ~(CBAUD | CIBAUD | CONTROL_FIXED)) >>> 0,
  };
  for (const [at, flags, rest] of [
    [0, INPUT, 'inputBits'],
    [4, OUTPUT, 'outputBits'],
    [12, LOCAL, 'localBits'],
  ] as const) {
    let bits = view.getUint32(at, true);
    for (const [name, bit] of flags) {
      result[name] = (bits & bit) !== 0;
      bits &= ~bit;
    }
    result[rest] = bits >>> 0;
  }
  for (const [name, index] of CHARACTERS) result.cc[name] = bytes[CHARACTERS_AT + index]!;
  return result;
}
