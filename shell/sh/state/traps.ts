/**
 * Traps: the actions of `trap`, and the signals that have arrived but whose action has not run yet. Handlers
 * only note the signal; the shell runs the action between commands (POSIX 2.11).
 */
import { SA } from '../../../subsystems/unix/constants.ts';
import { Sig } from '../../../subsystems/unix/signals.ts';
import type { SignalDisposition, Sys } from '../../../subsystems/unix/sys.ts';

/** The pseudo-signal of `trap … EXIT`. */
export const EXIT = 0;
const HIGHEST = 31;
const UNCATCHABLE: ReadonlySet<number> = new Set([Sig.KILL, Sig.STOP]);

export class Traps {
  /** Signal → command; '' = ignore. */
  readonly actions = new Map<number, string>();
  /** In a subshell that has set no trap yet: what the shell's were, for `$(trap)` to print (POSIX, trap). */
  inherited: ReadonlyMap<number, string> | undefined;
  /** Signals that wait for their action to run. */
  readonly pending: number[] = [];
  /** What an interactive shell does with a signal that has no trap. */
  readonly interactive = new Map<number, 'ignore' | 'note'>();
  /** SIGINT arrived at an interactive shell that has no trap for it. */
  interrupted = false;
  private readonly sys: Sys;
  private readonly ignoredAtEntry = new Set<number>();
  private interruptible = false;

  constructor(sys: Sys) {
    this.sys = sys;
    for (let sig = 1; sig <= HIGHEST; sig += 1) {
      if (UNCATCHABLE.has(sig)) continue;
      if (sys.sigaction(sig).disposition === 'ignore') this.ignoredAtEntry.add(sig);
    }
  }

  /** Sets or (action undefined) clears a trap. Signals ignored when the shell started stay so. */
  set(sig: number, action: string | undefined, isInteractive: boolean): void {
    if (sig !== EXIT && this.ignoredAtEntry.has(sig) && !isInteractive) return;
    this.inherited = undefined;
    if (action === undefined) this.actions.delete(sig);
    else this.actions.set(sig, action);
    if (sig !== EXIT && !UNCATCHABLE.has(sig)) this.install(sig);
  }

  /** What an interactive shell needs for itself: not to die of SIGINT, SIGTERM … */
  guard(sig: number, how: 'ignore' | 'note' | undefined): void {
    if (how) this.interactive.set(sig, how);
    else this.interactive.delete(sig);
    this.install(sig);
  }

  isIgnored(sig: number): boolean {
    return this.actions.get(sig) === '' || (this.ignoredAtEntry.has(sig) && !this.actions.has(sig));
  }

  /** Signals that a child must have at their default again. */
  get guarded(): number[] {
    return [...this.interactive.keys()].filter((sig) => !this.isIgnored(sig));
  }

  /** While `wait` and `read` run, a trapped signal ends their system call. */
  setInterruptible(on: boolean): void {
    if (this.interruptible === on) return;
    this.interruptible = on;
    for (const [sig, action] of this.actions) if (sig !== EXIT && action !== '') this.install(sig);
    for (const [sig, how] of this.interactive) if (how === 'note') this.install(sig);
  }

  private install(sig: number): void {
    const disposition = this.disposition(sig);
    this.sys.sigaction(sig, { disposition, flags: this.interruptible ? 0 : SA.RESTART, mask: [] });
  }

  private disposition(sig: number): SignalDisposition {
    const action = this.actions.get(sig);
    if (action === '') return 'ignore';
    if (action !== undefined) return (signal) => void this.pending.push(signal);
    const own = this.interactive.get(sig);
    if (own === 'ignore') return 'ignore';
    if (own === undefined) return this.ignoredAtEntry.has(sig) ? 'ignore' : 'default';
    return () => {
      this.interrupted = true;
    };
  }
}
