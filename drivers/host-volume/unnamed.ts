/**
 * Files without a name (O_TMPFILE). node:fs can neither make one nor give one a name, so each has a name that
 * nobody is shown, in the root of the volume, until another takes its place or its last user goes. What a
 * crash leaves there begins with PREFIX.
 */
import * as fs from 'node:fs';
import { onHostIfThere } from './errors.ts';
import type { Node, NodeTable } from './nodes.ts';

const PREFIX = '.chorus-unnamed-';

export const isUnnamed = (name: string): boolean => name.startsWith(PREFIX);

export class UnnamedFiles {
  private readonly nodes: NodeTable;
  private readonly linkable = new Map<Node, boolean>();
  private count = 0;

  constructor(nodes: NodeTable) {
    this.nodes = nodes;
  }

  /** A name for the next; unique on this host as long as the process lives. */
  nextName(): string {
    this.count += 1;
    return `${PREFIX}${process.pid}-${this.count}`;
  }

  add(node: Node, linkable: boolean): void {
    this.linkable.set(node, linkable);
  }

  has(node: Node): boolean {
    return this.linkable.has(node);
  }

  mayBeNamed(node: Node): boolean {
    return this.linkable.get(node) !== false;
  }

  /** The hidden name goes: the file has another now, or no user. */
  drop(node: Node): void {
    if (!this.linkable.delete(node)) return;
    const path = this.nodes.placePath(node);
    onHostIfThere(() => fs.unlinkSync(path));
  }

  close(): void {
    for (const node of [...this.linkable.keys()]) this.drop(node);
  }
}
