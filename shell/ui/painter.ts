/**
 * Draws rows of cells on the host terminal with as few bytes as it takes: it remembers what is shown and
 * writes what differs. Nothing here knows where cells come from.
 *
 * Invariants: what is remembered is what the host terminal shows, until `forget`; every run of output starts
 * from a reset style and leaves one; cursor moves are absolute, so a wrong guess about widths cannot spread
 * past its row.
 */

/** A row as parallel arrays: text of the cell ('' for the second half of a wide one) and SGR parameters. */
export interface Row {
  readonly text: readonly string[];
  readonly style: readonly string[];
}

/** Equal cells between two runs that are cheaper to write again than to jump over. */
const GAP_CELLS = 4;
const BLANK = ' ';

const moveTo = (row: number, column: number): string => `\x1b[${row + 1};${column + 1}H`;

/** Where a row's trailing plain blanks begin. */
function inkEnd(row: Row): number {
  let end = row.text.length;
  while (end > 0 && row.style[end - 1] === '' && row.text[end - 1] === BLANK) end -= 1;
  return end;
}

const same = (a: Row, b: Row, i: number): boolean => a.text[i] === b.text[i] && a.style[i] === b.style[i];

export class Painter {
  private shown: (Row | undefined)[] = [];

  /** The host terminal was cleared or resized: everything is drawn anew. */
  forget(): void {
    this.shown = [];
  }

  /**
   * The bytes that make the host show `rows`, the first of them on host row `top`. '' when nothing changed.
   */
  paint(rows: readonly Row[], top = 0): string {
    let out = '';
    for (const [i, row] of rows.entries()) {
      const before = this.shown[top + i];
      this.shown[top + i] = row;
      out +=
        before && before.text.length === row.text.length
          ? this.change(top + i, before, row)
          : this.draw(top + i, row);
    }
    return out;
  }

  /** A row drawn from nothing. */
  private draw(at: number, row: Row): string {
    const end = inkEnd(row);
    return `${moveTo(at, 0)}${this.run(row, 0, end)}${end < row.text.length ? '\x1b[K' : ''}`;
  }

  /** The runs of a row that differ. */
  private change(at: number, before: Row, row: Row): string {
    const width = row.text.length;
    const end = inkEnd(row);
    const erase = inkEnd(before) > end;
    const last = erase ? end : width;
    let out = '';
    let i = 0;
    while (i < last) {
      if (same(before, row, i)) {
        i += 1;
        continue;
      }
      let from = i;
      // A run never starts in the middle of a wide character, in the old row or in the new one.
      while (from > 0 && (row.text[from] === '' || before.text[from] === '')) from -= 1;
      const to = this.runEnd(before, row, i, last);
      out += moveTo(at, from) + this.run(row, from, to);
      i = to;
    }
    return erase ? `${out}${moveTo(at, end)}\x1b[K` : out;
  }

  /** End of the run of changes that begins at `from`: short equal gaps belong to it. */
  private runEnd(before: Row, row: Row, from: number, last: number): number {
    let end = from + 1;
    let equal = 0;
    for (let i = from + 1; i < last && equal <= GAP_CELLS; i++) {
      if (same(before, row, i)) equal += 1;
      else {
        equal = 0;
        end = i + 1;
      }
    }
    while (end < last && (row.text[end] === '' || before.text[end] === '')) end += 1;
    return end;
  }

  private run(row: Row, from: number, to: number): string {
    let out = '';
    let style = '';
    for (let i = from; i < to; i++) {
      const next = row.style[i]!;
      if (next !== style) {
        out += next === '' ? '\x1b[m' : `\x1b[${style === '' ? '' : '0;'}${next}m`;
        style = next;
      }
      out += row.text[i]!;
    }
    return style === '' ? out : `${out}\x1b[m`;
  }
}
