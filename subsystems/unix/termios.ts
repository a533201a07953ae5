/**
 * Terminal attributes as tcgetattr returns them: flags by name instead of bit masks, control characters as
 * byte values (0 = disabled).
 */
export interface Termios {
  /** c_iflag */
  icrnl: boolean;
  inlcr: boolean;
  igncr: boolean;
  istrip: boolean;
  ixon: boolean;
  ixany: boolean;
  ixoff: boolean;
  iutf8: boolean;
  imaxbel: boolean;
  brkint: boolean;
  ignbrk: boolean;
  /** c_oflag */
  opost: boolean;
  onlcr: boolean;
  ocrnl: boolean;
  onocr: boolean;
  onlret: boolean;
  /** c_lflag */
  isig: boolean;
  icanon: boolean;
  echo: boolean;
  echoe: boolean;
  echok: boolean;
  echonl: boolean;
  echoctl: boolean;
  echoke: boolean;
  noflsh: boolean;
  tostop: boolean;
  iexten: boolean;
  /**
   * Bits of the four words of flags (as termios(3) numbers them) that have no effect here: kept, so that a
   * program finds what it set.
   */
  inputBits: number;
  outputBits: number;
  controlBits: number;
  localBits: number;
  /** c_cc */
  cc: ControlCharacters;
  /** Line speed in baud; kept, without effect. */
  speed: number;
}

export interface ControlCharacters {
  intr: number;
  quit: number;
  erase: number;
  kill: number;
  eof: number;
  eol: number;
  eol2: number;
  start: number;
  stop: number;
  susp: number;
  rprnt: number;
  werase: number;
  lnext: number;
  discard: number;
  /** Raw mode: least bytes, and tenths of a second. */
  min: number;
  time: number;
}

export interface WindowSize {
  rows: number;
  columns: number;
}

/** The state of the console and of terminals made for it: what `stty sane` restores. */
export function saneTermios(): Termios {
  return {
    icrnl: true,
    inlcr: false,
    igncr: false,
    istrip: false,
    ixon: true,
    ixany: false,
    ixoff: false,
    iutf8: true,
    imaxbel: true,
    brkint: true,
    ignbrk: false,
    opost: true,
    onlcr: true,
    ocrnl: false,
    onocr: false,
    onlret: false,
    isig: true,
    icanon: true,
    echo: true,
    echoe: true,
    echok: true,
    echonl: false,
    echoctl: true,
    echoke: true,
    noflsh: false,
    tostop: false,
    iexten: true,
    inputBits: 0,
    outputBits: 0,
    controlBits: 0,
    localBits: 0,
    cc: {
      intr: 3,
      quit: 28,
      erase: 127,
      kill: 21,
      eof: 4,
      eol: 0,
      eol2: 0,
      start: 17,
      stop: 19,
      susp: 26,
      rprnt: 18,
      werase: 23,
      lnext: 22,
      discard: 15,
      min: 1,
      time: 0,
    },
    speed: 38400,
  };
}

/** What a program finds that opens a new pseudo-terminal by /dev/ptmx: as Linux' driver begins. */
export function newTermios(): Termios {
  return { ...saneTermios(), brkint: false, imaxbel: false, iutf8: false };
}

/** cfmakeraw(3) applied to a copy. */
export function rawTermios(from: Termios): Termios {
  return {
    ...from,
    ignbrk: false,
    brkint: false,
    istrip: false,
    inlcr: false,
    igncr: false,
    icrnl: false,
    ixon: false,
    opost: false,
    echo: false,
    echonl: false,
    icanon: false,
    isig: false,
    iexten: false,
    cc: { ...from.cc, min: 1, time: 0 },
  };
}
