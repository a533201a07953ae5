/** Going up and down in the history while a line is typed: lines changed on the way keep their changes. */

export class HistoryWalk {
  /** What `lastArgument` gave last. */
  argument: string | undefined;
  private readonly lines: readonly string[];
  private at = 0;
  private argumentAt = 0;
  private readonly changed = new Map<number, string>();

  constructor(lines: readonly string[]) {
    this.lines = lines;
  }

  restart(): void {
    this.at = this.argumentAt = this.lines.length;
    this.argument = undefined;
    this.changed.clear();
  }

  older(line: string): string | undefined {
    return this.go(this.at - 1, line);
  }

  newer(line: string): string | undefined {
    return this.go(this.at + 1, line);
  }

  oldest(line: string): string | undefined {
    return this.go(0, line);
  }

  newest(line: string): string | undefined {
    return this.go(this.lines.length, line);
  }

  /** The line to show instead of `line`, which is kept; undefined where the history ends. */
  private go(to: number, line: string): string | undefined {
    if (to < 0 || to > this.lines.length) return undefined;
    this.changed.set(this.at, line);
    this.at = to;
    return this.changed.get(to) ?? this.lines[to] ?? '';
  }

  /** The last word of the last line; `again`: of the line before the one given last. */
  lastArgument(again: boolean): string | undefined {
    const at = (again ? this.argumentAt : this.lines.length) - 1;
    const line = this.lines[at];
    if (line === undefined) return undefined;
    this.argumentAt = at;
    this.argument = line.trim().split(/\s+/).at(-1) ?? '';
    return this.argument;
  }
}
