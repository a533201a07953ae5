/**
 * The edit script of two line lists: Myers' O(ND) algorithm in linear space ("An O(ND) Difference
 * Algorithm and Its Variations", 1986),
 * then hunks slide down as far as they can, which is where GNU diff puts them.
 */
export interface Hunk {
  /** Lines [aStart, aEnd) of the first file became lines [bStart, bEnd) of the second. */
  aStart: number;
  aEnd: number;
  bStart: number;
  bEnd: number;
}

class Comparison {
  readonly aChanged: Uint8Array;
  readonly bChanged: Uint8Array;
  private readonly a: Int32Array;
  private readonly b: Int32Array;
  private readonly forward: Int32Array;
  private readonly backward: Int32Array;
  private readonly middle: number;

  constructor(a: Int32Array, b: Int32Array) {
    this.a = a;
    this.b = b;
    this.aChanged = new Uint8Array(a.length + 1);
    this.bChanged = new Uint8Array(b.length + 1);
    this.middle = b.length + 1;
    this.forward = new Int32Array(a.length + b.length + 3);
    this.backward = new Int32Array(a.length + b.length + 3);
  }

  /** Marks what differs in a[aFrom, aTo) and b[bFrom, bTo). */
  mark(aFrom: number, aTo: number, bFrom: number, bTo: number): void {
    let [x, y, p, q] = [aFrom, bFrom, aTo, bTo];
    while (x < p && y < q && this.a[x] === this.b[y]) {
      x += 1;
      y += 1;
    }
    while (p > x && q > y && this.a[p - 1] === this.b[q - 1]) {
      p -= 1;
      q -= 1;
    }
    if (x === p) this.bChanged.fill(1, y, q);
    else if (y === q) this.aChanged.fill(1, x, p);
    else {
      const split = this.split(x, p, y, q);
      this.mark(x, split.x, y, split.y);
      this.mark(split.x, p, split.y, q);
    }
  }

  /** A point on a shortest path, where a forward and a backward search meet. */
  private split(x0: number, x1: number, y0: number, y1: number): { x: number; y: number } {
    const { forward, backward, middle } = this;
    const [low, high] = [x0 - y1, x1 - y0];
    const [start, goal] = [x0 - y0, x1 - y1];
    const odd = ((start - goal) & 1) !== 0;
    let [fmin, fmax, bmin, bmax] = [start, start, goal, goal];
    forward[start + middle] = x0;
    backward[goal + middle] = x1;
    for (;;) {
      if (fmin > low) forward[--fmin - 1 + middle] = -1;
      else fmin += 1;
      if (fmax < high) forward[++fmax + 1 + middle] = -1;
      else fmax -= 1;
      for (let k = fmax; k >= fmin; k -= 2) {
        const x = this.advance(k, x1, y1);
        if (odd && bmin <= k && k <= bmax && (backward[k + middle] as number) <= x) return { x, y: x - k };
      }
      if (bmin > low) backward[--bmin - 1 + middle] = 0x7fffffff;
      else bmin += 1;
      if (bmax < high) backward[++bmax + 1 + middle] = 0x7fffffff;
      else bmax -= 1;
      for (let k = bmax; k >= bmin; k -= 2) {
        const x = this.retreat(k, x0, y0);
        if (!odd && fmin <= k && k <= fmax && x <= (forward[k + middle] as number)) return { x, y: x - k };
      }
    }
  }

  private advance(k: number, x1: number, y1: number): number {
    const [left, right] = [
      this.forward[k - 1 + this.middle] as number,
      this.forward[k + 1 + this.middle] as number,
    ];
    let x = left < right ? right : left + 1;
    while (x < x1 && x - k < y1 && this.a[x] === this.b[x - k]) x += 1;
    this.forward[k + this.middle] = x;
    return x;
  }

  private retreat(k: number, x0: number, y0: number): number {
    const [left, right] = [
      this.backward[k - 1 + this.middle] as number,
      this.backward[k + 1 + this.middle] as number,
    ];
    let x = left < right ? left : right - 1;
    while (x > x0 && x - k > y0 && this.a[x - 1] === this.b[x - k - 1]) x -= 1;
    this.backward[k + this.middle] = x;
    return x;
  }
}

/** Slides runs of changed lines: together with the run before when they meet, then to the end. */
function shift(lines: Int32Array, changed: Uint8Array, other: Uint8Array): void {
  const end = lines.length;
  let j = 0;
  for (let i = 0; ; ) {
    while (i < end && !changed[i]) {
      while (other[j]) j += 1;
      j += 1;
      i += 1;
    }
    if (i === end) return;
    let start = i;
    while (changed[++i]);
    while (other[j]) j += 1;
    let length: number;
    let matching: number;
    do {
      length = i - start;
      while (start > 0 && lines[start - 1] === lines[i - 1]) {
        changed[--start] = 1;
        changed[--i] = 0;
        while (changed[start - 1]) start -= 1;
        while (other[--j]);
      }
      matching = other[j - 1] ? i : end;
      while (i !== end && lines[start] === lines[i]) {
        changed[start++] = 0;
        changed[i++] = 1;
        while (changed[i]) i += 1;
        while (other[++j]) matching = i;
      }
    } while (length !== i - start);
    while (matching < i) {
      changed[--start] = 1;
      changed[--i] = 0;
      while (other[--j]);
    }
  }
}

/** Indexes of the lines of `lines` that occur in `other` at all. */
function shared(lines: Int32Array, other: Int32Array): Int32Array {
  const known = new Uint8Array(Math.max(lines.reduce(larger, 0), other.reduce(larger, 0)) + 1);
  for (const line of other) known[line] = 1;
  return Int32Array.from(lines.keys()).filter((i) => known[lines[i] as number] === 1);
}

const larger = (a: number, b: number): number => Math.max(a, b);

/** Flags of changed lines: those of `kept` as `marks` has them, all others changed. */
function spread(length: number, kept: Int32Array, marks: Uint8Array): Uint8Array {
  const changed = new Uint8Array(length + 1).fill(1, 0, length);
  kept.forEach((line, i) => {
    changed[line] = marks[i] as number;
  });
  return changed;
}

/**
 * The hunks that turn `a` into `b`; equal numbers are equal lines. Lines that the other side does not have
 * are changed in any script: the search is spared them.
 */
export function editScript(a: Int32Array, b: Int32Array): Hunk[] {
  const [aKept, bKept] = [shared(a, b), shared(b, a)];
  const comparison = new Comparison(
    aKept.map((i) => a[i] as number),
    bKept.map((i) => b[i] as number),
  );
  comparison.mark(0, aKept.length, 0, bKept.length);
  const aChanged = spread(a.length, aKept, comparison.aChanged);
  const bChanged = spread(b.length, bKept, comparison.bChanged);
  shift(a, aChanged, bChanged);
  shift(b, bChanged, aChanged);
  const hunks: Hunk[] = [];
  for (let x = 0, y = 0; x < a.length || y < b.length; ) {
    if (!aChanged[x] && !bChanged[y]) {
      x += 1;
      y += 1;
      continue;
    }
    const [aStart, bStart] = [x, y];
    while (aChanged[x]) x += 1;
    while (bChanged[y]) y += 1;
    hunks.push({ aStart, aEnd: x, bStart, bEnd: y });
  }
  return hunks;
}
