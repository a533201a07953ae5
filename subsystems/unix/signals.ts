/**
 * Signal numbers (Linux, riscv64 = asm-generic), their default actions, and wait-status encoding.
 * One table; names are without SIG, as `kill -l` prints them.
 */
export type DefaultAction = 'terminate' | 'core' | 'ignore' | 'stop' | 'continue';

const TABLE = {
  HUP: [1, 'terminate', 'Hangup'],
  INT: [2, 'terminate', 'Interrupt'],
  QUIT: [3, 'core', 'Quit'],
  ILL: [4, 'core', 'Illegal instruction'],
  TRAP: [5, 'core', 'Trace/breakpoint trap'],
  ABRT: [6, 'core', 'Aborted'],
  BUS: [7, 'core', 'Bus error'],
  FPE: [8, 'core', 'Floating point exception'],
  KILL: [9, 'terminate', 'Killed'],
  USR1: [10, 'terminate', 'User defined signal 1'],
  SEGV: [11, 'core', 'Segmentation fault'],
  USR2: [12, 'terminate', 'User defined signal 2'],
  PIPE: [13, 'terminate', 'Broken pipe'],
  ALRM: [14, 'terminate', 'Alarm clock'],
  TERM: [15, 'terminate', 'Terminated'],
  STKFLT: [16, 'terminate', 'Stack fault'],
  CHLD: [17, 'ignore', 'Child exited'],
  CONT: [18, 'continue', 'Continued'],
  STOP: [19, 'stop', 'Stopped (signal)'],
  TSTP: [20, 'stop', 'Stopped'],
  TTIN: [21, 'stop', 'Stopped (tty input)'],
  TTOU: [22, 'stop', 'Stopped (tty output)'],
  URG: [23, 'ignore', 'Urgent I/O condition'],
  XCPU: [24, 'core', 'CPU time limit exceeded'],
  XFSZ: [25, 'core', 'File size limit exceeded'],
  VTALRM: [26, 'terminate', 'Virtual timer expired'],
  PROF: [27, 'terminate', 'Profiling timer expired'],
  WINCH: [28, 'ignore', 'Window changed'],
  IO: [29, 'terminate', 'I/O possible'],
  PWR: [30, 'terminate', 'Power failure'],
  SYS: [31, 'core', 'Bad system call'],
} as const satisfies Record<string, readonly [number, DefaultAction, string]>;

export type SignalName = keyof typeof TABLE;

/** `Sig.INT === 2`. */
export const Sig = Object.fromEntries(Object.entries(TABLE).map(([name, row]) => [name, row[0]])) as {
  readonly [Name in SignalName]: (typeof TABLE)[Name][0];
};

/** Highest classic signal; real-time signals 32..64 exist by number only (default action: terminate). */
export const SIGNAL_MAX = 64;

const ROWS = new Map<number, { name: SignalName; action: DefaultAction; text: string }>(
  Object.entries(TABLE).map(([name, row]) => [
    row[0],
    { name: name as SignalName, action: row[1], text: row[2] },
  ]),
);

/** 'INT' for 2; undefined for a number without a name. */
export function signalName(sig: number): SignalName | undefined {
  return ROWS.get(sig)?.name;
}

/** Accepts 'INT', 'SIGINT', 'int', '2'; undefined when it is none of them. */
export function signalNumber(text: string): number | undefined {
  if (/^\d+$/.test(text)) {
    const number = Number(text);
    return number <= SIGNAL_MAX ? number : undefined;
  }
  const name = text.toUpperCase().replace(/^SIG/, '');
  return Object.hasOwn(TABLE, name) ? TABLE[name as SignalName][0] : undefined;
}

export function defaultAction(sig: number): DefaultAction {
  return ROWS.get(sig)?.action ?? 'terminate';
}

/** strsignal(3). */
export function signalText(sig: number): string {
  return ROWS.get(sig)?.text ?? (sig >= 32 ? `Real-time signal ${sig - 34}` : `Unknown signal ${sig}`);
}

/**
 * Wait status words, as wait(2) returns them: exit code << 8, or signal number (+ 0x80 for core), 0x7f for
 * stopped.
 */
export const WaitStatus = {
  exited: (code: number): number => (code & 0xff) << 8,
  signaled: (sig: number, core = false): number => (sig & 0x7f) | (core ? 0x80 : 0),
  stopped: (sig: number): number => (sig << 8) | 0x7f,
  continued: 0xffff,
  isExited: (status: number): boolean => (status & 0x7f) === 0,
  exitCode: (status: number): number => (status >> 8) & 0xff,
  isStopped: (status: number): boolean => (status & 0xff) === 0x7f,
  stopSignal: (status: number): number => (status >> 8) & 0xff,
  isContinued: (status: number): boolean => status === 0xffff,
  isSignaled: (status: number): boolean => {
    const low = status & 0x7f;
    return low !== 0 && low !== 0x7f;
  },
  termSignal: (status: number): number => status & 0x7f,
  isCore: (status: number): boolean => (status & 0x80) !== 0 && WaitStatus.isSignaled(status),
  /** $? as shells compute it: exit code, or 128 + signal. */
  shellCode: (status: number): number => {
    if (WaitStatus.isExited(status)) return WaitStatus.exitCode(status);
    return (
      128 + (WaitStatus.isStopped(status) ? WaitStatus.stopSignal(status) : WaitStatus.termSignal(status))
    );
  },
} as const;
