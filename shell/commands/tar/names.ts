/**
 * Which members tar handles, and by which names: exclusion, selection, leading slashes, stripped
 * components.
 */
import { O } from '../../../subsystems/unix/constants.ts';
import { globMatcher } from '../lib/glob.ts';
import { decode, readAll } from '../lib/io.ts';
import type { TarContext } from './options.ts';

async function linesOf(ctx: TarContext, path: string): Promise<string[]> {
  const fd = path === '-' ? 0 : await ctx.sys.open(path, O.RDONLY);
  const text = decode(await readAll(ctx.sys, fd));
  if (fd !== 0) await ctx.sys.close(fd);
  return text.split(ctx.options.null ? '\0' : '\n').filter((line) => line !== '');
}

/**
 * True for names that --exclude or -X leaves out: the pattern matches the name, any part of it between
 * slashes.
 */
export async function excluder(ctx: TarContext): Promise<(name: string) => boolean> {
  const patterns = [...ctx.options.exclude];
  for (const path of ctx.options.excludeFrom) patterns.push(...(await linesOf(ctx, path)));
  const tests = patterns.map((pattern) => globMatcher(pattern.replace(/(?<=.)\/+$/, '')));
  return (name) => {
    const parts = name.replace(/\/+$/, '').split('/');
    return parts.some((_, from) =>
      parts.some(
        (_part, to) => to >= from && tests.some((test) => test(parts.slice(from, to + 1).join('/'))),
      ),
    );
  };
}

/** Operands, and the names of -T. */
export async function wantedNames(ctx: TarContext): Promise<string[]> {
  const names = [...ctx.operands];
  for (const path of ctx.options.filesFrom) names.push(...(await linesOf(ctx, path)));
  return names;
}

/** Members chosen by operands: the name itself or anything below it. Tells which operands found nothing. */
export class Selection {
  private readonly tests: { name: string; found: boolean; matches: (path: string) => boolean }[];

  constructor(names: readonly string[], wildcards: boolean) {
    this.tests = names.map((name) => {
      const bare = name.replace(/\/+$/, '');
      const glob = wildcards ? globMatcher(bare) : undefined;
      return {
        name,
        found: false,
        matches: (path) => path === bare || path.startsWith(`${bare}/`) || glob?.(path) === true,
      };
    });
  }

  takes(member: string): boolean {
    if (this.tests.length === 0) return true;
    const path = member.replace(/\/+$/, '');
    const hits = this.tests.filter((test) => test.matches(path));
    for (const hit of hits) hit.found = true;
    return hits.length > 0;
  }

  get missing(): string[] {
    return this.tests.filter((test) => !test.found).map((test) => test.name);
  }
}

/** Removes what would lead out of the directory: leading slashes, and everything up to the last '..'. */
export function safeName(name: string): { name: string; removed: string } {
  const match = /^(?:.*(?:^|\/)\.\.(?:\/|$))?\/*/.exec(name);
  const removed = match?.[0] ?? '';
  return { name: name.slice(removed.length), removed };
}

export function stripComponents(name: string, count: number): string {
  if (count === 0) return name;
  const parts = name.split('/').filter((part, i) => part !== '' || i === 0);
  const kept = parts.slice(count).join('/');
  return kept !== '' && name.endsWith('/') ? `${kept}/` : kept;
}
