/** A set of signals 1..64 as two words: copied at every fork, asked at every call. */
import { SIGNAL_MAX } from './signals.ts';

export class SignalSet {
  private low: number;
  private high: number;

  /** Of the two words of a sigset_t: signals 1…32 and 33…64. */
  constructor(low = 0, high = 0) {
    this.low = low;
    this.high = high;
  }

  static of(signals: readonly number[]): SignalSet {
    const set = new SignalSet();
    for (const sig of signals) set.add(sig);
    return set;
  }

  get isEmpty(): boolean {
    return (this.low | this.high) === 0;
  }

  has(sig: number): boolean {
    return sig <= 32 ? (this.low & (1 << (sig - 1))) !== 0 : (this.high & (1 << (sig - 33))) !== 0;
  }

  add(sig: number): void {
    if (sig <= 32) this.low |= 1 << (sig - 1);
    else this.high |= 1 << (sig - 33);
  }

  delete(sig: number): void {
    if (sig <= 32) this.low &= ~(1 << (sig - 1));
    else this.high &= ~(1 << (sig - 33));
  }

  clone(): SignalSet {
    return new SignalSet(this.low, this.high);
  }

  /** The words of a sigset_t, unsigned. */
  words(): readonly [number, number] {
    return [this.low >>> 0, this.high >>> 0];
  }

  /** Adds the members of another set. */
  join(other: SignalSet): void {
    this.low |= other.low;
    this.high |= other.high;
  }

  /** Leaves the members of `other` out. */
  leave(other: SignalSet): void {
    this.low &= ~other.low;
    this.high &= ~other.high;
  }

  /** Keeps only what `other` has too. */
  meet(other: SignalSet): void {
    this.low &= other.low;
    this.high &= other.high;
  }

  /** The lowest member that is not in `mask`; 0 when there is none. */
  firstNotIn(mask: SignalSet): number {
    const low = this.low & ~mask.low;
    if (low !== 0) return 32 - Math.clz32(low & -low);
    const high = this.high & ~mask.high;
    return high === 0 ? 0 : 64 - Math.clz32(high & -high);
  }

  list(): number[] {
    const result: number[] = [];
    for (let sig = 1; sig <= SIGNAL_MAX; sig++) if (this.has(sig)) result.push(sig);
    return result;
  }

  /** Hexadecimal mask as /proc/PID/status prints it. */
  hex(): string {
    const word = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');
    return word(this.high) + word(this.low);
  }
}
