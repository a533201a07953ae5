/**
 * WebAssembly has no jumps, only blocks that are left and loops that are repeated. This file arranges the
 * blocks of a region so that every jump is one of these: a sequence of items, each a block or a loop, in an
 * order in which jumps go forward, or back to the header of a loop around them.
 *
 * Loops are the strongly connected components; one of their blocks is the header, and what remains of the
 * component without the jumps to it is arranged in the same way. Where a loop is entered elsewhere than at
 * its header (a way in behind a call in a loop; code that is not reducible), the jump goes to the header,
 * which passes it on: see `function.ts`.
 */
import type { Block, Region } from './region.ts';

export interface Loop {
  readonly header: Block;
  /** The header is the first. */
  readonly items: readonly Item[];
  readonly blocks: readonly Block[];
}
export type Item = Block | Loop;

export const isLoop = (item: Item): item is Loop => 'header' in item;

export interface Structure {
  readonly items: readonly Item[];
  /** The loops around each block, the outermost first. */
  readonly loops: ReadonlyMap<Block, readonly Loop[]>;
}

export function successors({ blocks }: Region, { target, next, calls }: Block): Block[] {
  const found: Block[] = [];
  for (const offset of [calls ? undefined : target, next]) {
    const block = offset === undefined ? undefined : blocks.get(offset);
    if (block && !found.includes(block)) found.push(block);
  }
  return found;
}

/** The blocks that lead to each. */
export function predecessors(region: Region): Map<Block, Block[]> {
  const found = new Map<Block, Block[]>([...region.blocks.values()].map((block) => [block, []]));
  for (const block of region.blocks.values())
    for (const to of successors(region, block)) found.get(to)!.push(block);
  return found;
}

export function arrange(region: Region): Structure {
  const arranger = new Arranger(region);
  return { items: arranger.sequence([...region.blocks.values()], []), loops: arranger.loops };
}

class Arranger {
  readonly loops = new Map<Block, Loop[]>();
  private readonly successors = new Map<Block, readonly Block[]>();
  private readonly predecessors: ReadonlyMap<Block, readonly Block[]>;

  constructor(region: Region) {
    this.predecessors = predecessors(region);
    for (const block of region.blocks.values()) {
      this.loops.set(block, []);
      this.successors.set(block, successors(region, block));
    }
  }

  /** Arranges some blocks, without jumps to the headers of the loops around them. */
  sequence(blocks: readonly Block[], headers: readonly Block[]): Item[] {
    const inside = new Set(blocks);
    for (const header of headers) inside.delete(header);
    const edges = (block: Block): Block[] => this.successors.get(block)!.filter((to) => inside.has(to));
    // Components come out before those that lead to them: the last found is the first in order.
    const roots = [...blocks].reverse();
    const header = headers.at(-1);
    if (header) roots.push(...roots.splice(roots.indexOf(header), 1));
    return components(roots, edges)
      .reverse()
      .map((component) => {
        const [only] = component;
        if (component.length === 1 && !edges(only!).includes(only!)) return only!;
        return this.loop(component, headers);
      });
  }

  private loop(component: readonly Block[], headers: readonly Block[]): Loop {
    const inside = new Set(component);
    const blocks = component.toSorted((a, b) => a.offset - b.offset);
    const enteredFrom = (block: Block): boolean =>
      this.predecessors.get(block)!.some((from) => !inside.has(from));
    const header = blocks.find(enteredFrom) ?? blocks.find(({ entry }) => entry) ?? blocks[0]!;
    const items: Item[] = [];
    const loop: Loop = { header, items, blocks };
    for (const block of blocks) this.loops.get(block)!.push(loop);
    items.push(...this.sequence(blocks, [...headers, header]));
    return loop;
  }
}

/** The strongly connected components of a graph, each before those that lead to it (Tarjan 1972). */
function components(roots: readonly Block[], edges: (block: Block) => readonly Block[]): Block[][] {
  const found: Block[][] = [];
  const order = new Map<Block, number>();
  const lowest = new Map<Block, number>();
  const stack: Block[] = [];
  const open = new Set<Block>();
  const visit = (block: Block): void => {
    order.set(block, order.size);
    lowest.set(block, order.get(block)!);
    stack.push(block);
    open.add(block);
    for (const to of edges(block)) {
      const known = order.get(to);
      if (known === undefined) visit(to);
      else if (!open.has(to)) continue;
      lowest.set(block, Math.min(lowest.get(block)!, known ?? lowest.get(to)!));
    }
    if (lowest.get(block) !== order.get(block)) return;
    const component = stack.splice(stack.indexOf(block));
    for (const member of component) open.delete(member);
    found.push(component);
  };
  for (const root of roots) if (!order.has(root)) visit(root);
  return found;
}
