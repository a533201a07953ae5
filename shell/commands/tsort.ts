/** tsort: topological sort of pairs (POSIX tsort; order and loop reports as GNU's). */

import { O } from '../../subsystems/unix/constants.ts';
import { command, SysError } from './lib/command.ts';
import { readAll } from './lib/io.ts';
import { utf8 } from './lib/text.ts';

interface Item {
  name: string;
  /** Predecessors not printed yet. */
  count: number;
  successors: Item[];
}

function graphOf(words: readonly string[]): Map<string, Item> {
  const items = new Map<string, Item>();
  const item = (name: string): Item => {
    let found = items.get(name);
    if (!found) {
      found = { name, count: 0, successors: [] };
      items.set(name, found);
    }
    return found;
  };
  for (let i = 0; i + 1 < words.length; i += 2) {
    const [from, to] = [item(words[i] ?? ''), item(words[i + 1] ?? '')];
    if (from === to) continue;
    from.successors.unshift(to);
    to.count += 1;
  }
  return items;
}

/** A loop among the items that are left: follows predecessors until one comes again. */
function loopOf(left: ReadonlySet<Item>): Item[] {
  const before = new Map<Item, Item>();
  for (const item of left)
    for (const successor of item.successors) if (left.has(successor)) before.set(successor, item);
  const seen: Item[] = [];
  let [at] = [...before.keys()];
  while (at && !seen.includes(at)) {
    seen.push(at);
    at = before.get(at);
  }
  return at ? seen.slice(seen.indexOf(at)).reverse() : [];
}

export default command(
  {
    name: 'tsort',
    usage: '[OPTION] [FILE]',
    summary: 'Write totally ordered list consistent with the partial ordering in FILE.',
    options: {},
    operands: [0, 1],
  },
  async (ctx) => {
    const [name = '-'] = ctx.operands;
    let text: string;
    try {
      const fd = name === '-' ? 0 : await ctx.sys.open(name, O.RDONLY);
      text = utf8.decode(await readAll(ctx.sys, fd));
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      await ctx.error(`${name}: ${error.message}`);
      return 1;
    }
    const words = text.split(/[ \t\n]+/).filter((word) => word !== '');
    if (words.length % 2 !== 0) {
      await ctx.error(`${name}: input contains an odd number of tokens`);
      return 1;
    }
    const left = new Set([...graphOf(words).values()].sort((a, b) => (a.name < b.name ? -1 : 1)));
    let queue = [...left].filter((item) => item.count === 0);
    while (left.size > 0) {
      for (let item = queue.shift(); item; item = queue.shift()) {
        await ctx.out.line(item.name);
        left.delete(item);
        for (const successor of item.successors) {
          successor.count -= 1;
          if (successor.count === 0) queue.push(successor);
        }
      }
      if (left.size === 0) break;
      const loop = loopOf(left);
      await ctx.out.flush();
      await ctx.error(`${name}: input contains a loop:`);
      for (const item of loop) await ctx.warn(item.name);
      const [first, second] = loop;
      if (!first) break;
      const target = second ?? first;
      first.successors = first.successors.filter((item) => item !== target);
      target.count -= 1;
      queue = target.count === 0 ? [target] : [];
    }
    return ctx.status;
  },
);
