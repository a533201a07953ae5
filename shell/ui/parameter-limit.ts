/**
 * Cuts the numbers in control sequences (CSI) to four digits: xterm repeats some of them as often as they
 * say, and would be at it for minutes. No screen is so large, and no mode has a longer number.
 */
const ESC = 0x1b;
const BRACKET = 0x5b;
/** CSI as one character, U+009B: two bytes. */
const C1_LEAD = 0xc2;
const C1_CSI = 0x9b;
const ZERO = 0x30;
const NINE = 0x39;
/** What ends a sequence: this and above. */
const FINAL = 0x40;
const DIGITS_MAX = 4;

export class ParameterLimit {
  private last = 0;
  private inside = false;
  /** Digits of the number that is being read, leading zeros not counted. */
  private digits = 0;

  /** The next bytes of a stream, without the digits that are too many. */
  filter(data: Uint8Array): Uint8Array {
    let kept = data;
    let length = 0;
    for (let i = 0; i < data.length; i++) {
      const byte = data[i]!;
      if (this.isTooMany(byte)) {
        if (kept === data) kept = data.slice();
        continue;
      }
      if (kept !== data) kept[length] = byte;
      length += 1;
    }
    return length < data.length ? kept.subarray(0, length) : data;
  }

  private isTooMany(byte: number): boolean {
    const { last } = this;
    this.last = byte;
    if ((last === ESC && byte === BRACKET) || (last === C1_LEAD && byte === C1_CSI)) {
      this.inside = true;
      this.digits = 0;
      return false;
    }
    if (!this.inside) return false;
    if (byte < ZERO || byte > NINE) {
      this.digits = 0;
      if (byte >= FINAL || byte === ESC) this.inside = false;
      return false;
    }
    if (this.digits > 0 || byte !== ZERO) this.digits += 1;
    return this.digits > DIGITS_MAX;
  }
}
