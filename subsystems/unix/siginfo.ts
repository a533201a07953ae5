/** siginfo_t as a value: why a signal came, and from whom (sigaction(2)). */
import { Sig, WaitStatus } from './signals.ts';
import type { Pid } from './sys.ts';

/** si_code values: who sent it, or what happened. */
export const Si = {
  USER: 0,
  KERNEL: 0x80,
  QUEUE: -1,
  TIMER: -2,
  MESGQ: -3,
  TKILL: -6,
  ILL_ILLOPC: 1,
  SEGV_MAPERR: 1,
  SEGV_ACCERR: 2,
  BUS_ADRALN: 1,
  BUS_ADRERR: 2,
  TRAP_BRKPT: 1,
  POLL_IN: 1,
  POLL_OUT: 2,
  POLL_MSG: 3,
  POLL_HUP: 6,
  CLD_EXITED: 1,
  CLD_KILLED: 2,
  CLD_DUMPED: 3,
  CLD_STOPPED: 5,
  CLD_CONTINUED: 6,
} as const;

/** What is told of a child with a wait status: by SIGCHLD and by waitid(2). */
export function childNews(pid: Pid, status: number, uid = 0): SigInfo {
  const news = (code: number, value: number): SigInfo => ({ sig: Sig.CHLD, code, pid, uid, status: value });
  if (WaitStatus.isExited(status)) return news(Si.CLD_EXITED, WaitStatus.exitCode(status));
  if (WaitStatus.isContinued(status)) return news(Si.CLD_CONTINUED, Sig.CONT);
  if (WaitStatus.isStopped(status)) return news(Si.CLD_STOPPED, WaitStatus.stopSignal(status));
  const code = WaitStatus.isCore(status) ? Si.CLD_DUMPED : Si.CLD_KILLED;
  return news(code, WaitStatus.termSignal(status));
}

export interface SigInfo {
  readonly sig: number;
  readonly code: number;
  readonly errno?: number;
  /** Sender, or the child. */
  readonly pid?: Pid;
  readonly uid?: number;
  /** Exit status or signal of a child. */
  readonly status?: number;
  /** Fault address. */
  readonly address?: number;
  /** Signal-driven I/O: poll events and the descriptor. */
  readonly band?: number;
  readonly fd?: number;
  /** sigqueue's value, or the timer's: 8 bytes. */
  readonly value?: Uint8Array;
  readonly timer?: { readonly id: number; readonly overrun: number };
  /** Told when the signal is taken, or dropped: what the information has become by then. */
  readonly taken?: () => SigInfo;
}
