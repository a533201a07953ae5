/** A search back through the history: what has been typed for it, and what it has found. */

export class Search {
  /** What the line was before. */
  readonly saved: string;
  private readonly lines: readonly string[];
  private text = '';
  private at: number;
  private failed = false;

  constructor(lines: readonly string[], saved: string) {
    this.lines = lines;
    this.at = lines.length;
    this.saved = saved;
  }

  get prompt(): string {
    return `(${this.failed ? 'failed ' : ''}reverse-i-search)\`${this.text}': `;
  }

  get found(): { line: string; cursor: number } {
    const line = this.lines[this.at] ?? this.saved;
    return { line, cursor: Math.max(0, line.indexOf(this.text)) };
  }

  /** Looks further back. False: there is nothing. */
  further(): boolean {
    return this.seek(this.at - 1);
  }

  type(text: string): boolean {
    this.text += text;
    return this.seek(this.at);
  }

  erase(): boolean {
    this.text = this.text.slice(0, -1);
    return this.seek(this.lines.length - 1);
  }

  private seek(from: number): boolean {
    let at = Math.min(from, this.lines.length - 1);
    while (at >= 0 && !this.lines[at]!.includes(this.text)) at -= 1;
    this.failed = at < 0;
    if (!this.failed) this.at = at;
    return !this.failed;
  }
}
