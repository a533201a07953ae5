/**
 * Syntax on its way to another process. A tree is encoded once, however many children get it; a child on the
 * same site finds the tree by its key and decodes nothing. Trees never change, so nobody can tell.
 */
import { randomUUID } from 'node:crypto';
import { Packr } from 'msgpackr';
import { ShellLimits } from '../limits.ts';
import type { Node } from './ast.ts';

export interface SharedSyntax {
  readonly key: string;
  readonly bytes: Uint8Array;
}

const packr = new Packr({ useRecords: true });
const origin = randomUUID();
let counter = 0;
const encoded = new WeakMap<Node, SharedSyntax>();
const trees = new Map<string, Node>();

function remember(key: string, node: Node): void {
  if (trees.size >= ShellLimits.SYNTAX_CACHE) {
    const oldest = trees.keys().next().value;
    if (oldest !== undefined) trees.delete(oldest);
  }
  trees.set(key, node);
}

export function shareSyntax(node: Node): SharedSyntax {
  const known = encoded.get(node);
  if (known) return known;
  counter += 1;
  const shared = { key: `${origin}:${counter}`, bytes: new Uint8Array(packr.pack(node)) };
  encoded.set(node, shared);
  remember(shared.key, node);
  return shared;
}

export function receiveSyntax(shared: SharedSyntax): Node {
  const known = trees.get(shared.key);
  if (known) return known;
  const node = packr.unpack(shared.bytes) as Node;
  encoded.set(node, shared);
  remember(shared.key, node);
  return node;
}
