import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Incomplete, SyntaxFault } from '../../../shell/sh/errors.ts';
import type { Node } from '../../../shell/sh/syntax/ast.ts';
import { parserFor } from '../../../shell/sh/syntax/parser.ts';
import { receiveSyntax, shareSyntax } from '../../../shell/sh/syntax/share.ts';
import { unparse } from '../../../shell/sh/syntax/unparse.ts';
import { parseCases } from '../../conformance/cases.mjs';

function parse(text: string, final = true): Node[] {
  const parser = parserFor(text, { final });
  const nodes: Node[] = [];
  for (let node = parser.completeCommand(); node !== undefined; node = parser.completeCommand())
    if (node) nodes.push(node);
  return nodes;
}

const corpus = new URL('../../conformance/corpus/', import.meta.url);
const scripts = readdirSync(corpus)
  .filter((file) => file.endsWith('.sh'))
  .flatMap((file) => parseCases(readFileSync(new URL(file, corpus), 'utf8')).map((item) => item.script));

describe('parser', () => {
  it.each([
    ['echo a; )', '")" unexpected'],
    ['if true; fi', '"fi" unexpected (expecting "then")'],
    ['for x; do done', '"done" unexpected'],
    ['while', 'end of file unexpected (expecting "do")'],
    ['a | | b', '"|" unexpected'],
    ['echo a >', 'end of file unexpected'],
    ['echo > > f', 'redirection unexpected'],
    ['echo "x', 'Unterminated quoted string'],
    ['echo $((1', "Missing '))'"],
    ['echo $(a', 'end of file unexpected (expecting ")")'],
    ['case a b in', 'word unexpected (expecting "in")'],
    ['for 1a in x; do :; done', 'Bad for loop variable'],
  ])('refuses %j as ash does', (text, message) => {
    expect(() => parse(text)).toThrow(`Syntax error: ${message}`);
  });

  it.each(['if true', 'echo "a', 'cat <<E\nx', 'a &&', 'f() {', "echo 'x", 'case x in', 'echo $(ls', 'a \\'])(
    'wants more of %j',
    (text) => {
      expect(() => parse(text, false)).toThrow(Incomplete);
    },
  );

  it('gives every part of a script its line', () => {
    const [first, second] = parse('a "\n\n" b\n\nif c; then\nd\nfi');
    expect(first).toMatchObject({ k: 'simple', line: 1 });
    expect(second).toHaveProperty('then.line', 6);
  });

  it('is undone by unparse', () => {
    const shape = (nodes: readonly Node[]): string => nodes.map(unparse).join('\n');
    for (const script of scripts) {
      let nodes: Node[];
      try {
        nodes = parse(script);
      } catch {
        continue;
      }
      const once = shape(nodes);
      // A here-document, also one whose operator was cut by a line continuation: its text is not shown.
      if (once.includes('<<')) continue;
      expect(shape(parse(once)), script).toBe(once);
    }
  });

  it.each([
    ['( ', ')'],
    ['echo $(', ')'],
    ['{ ', '; }'],
    ['echo "$(', ')"'],
    ['if ', '; then :; fi'],
  ])('meets the end of its nesting of %j with an error', (open, close) => {
    expect(() => parse(`${open.repeat(5000)}x${close.repeat(5000)}`)).toThrow('nested too deeply');
    expect(parse(`${open.repeat(150)}x${close.repeat(150)}`)).toHaveLength(1);
  });

  it('tries arithmetic only once at each place', () => {
    expect(() => parse('echo $((a '.repeat(200) + ') '.repeat(400))).not.toThrow(RangeError);
  });

  it('answers mangled scripts with a tree or a syntax error, never anything else', () => {
    const mangled = fc
      .tuple(
        fc.constantFrom(...scripts),
        fc.array(fc.tuple(fc.nat(), fc.nat(3), fc.string({ maxLength: 4 })), { maxLength: 6 }),
      )
      .map(([script, edits]) => {
        let text = script;
        for (const [where, kind, insert] of edits) {
          const at = where % (text.length + 1);
          if (kind === 0) text = text.slice(0, at) + text.slice(at + 1);
          else if (kind === 1) text = text.slice(0, at) + insert + text.slice(at);
          else if (kind === 2) text = text.slice(0, at);
          else text = text.slice(at) + text.slice(0, at);
        }
        return text;
      });
    fc.assert(
      fc.property(mangled, (text) => {
        try {
          parse(text);
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxFault);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('survives the way to another site', () => {
    const [node] = parse('f() { for i in "$@"; do echo "${i%.*}" | sed s/a/b/ >f 2>&1 & done; }');
    const shared = shareSyntax(node!);
    expect(receiveSyntax(shared)).toBe(node);
    expect(receiveSyntax({ key: 'elsewhere', bytes: shared.bytes })).toEqual(node);
  });
});
