/**
 * docs/status.md says what the sources say. `UPDATE_DOCS=1 npx vitest run test/docs` writes its tables anew.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { nucleusTable, systemCallTable } from './status-tables.ts';

const PATH = fileURLToPath(new URL('../../docs/status.md', import.meta.url));
const TABLES = { 'system calls': systemCallTable, nucleus: nucleusTable };

function withTables(document: string): string {
  let text = document;
  for (const [name, make] of Object.entries(TABLES)) {
    const [begin, end] = [`<!-- begin: ${name} -->\n`, `\n<!-- end: ${name} -->`];
    const from = text.indexOf(begin) + begin.length;
    const to = text.indexOf(end);
    if (from < begin.length || to < from) throw new Error(`status.md has no place for: ${name}`);
    text = text.slice(0, from) + make() + text.slice(to);
  }
  return text;
}

it('lists every call as it is declared', () => {
  const document = readFileSync(PATH, 'utf8');
  const current = withTables(document);
  if (process.env.UPDATE_DOCS === '1') writeFileSync(PATH, current);
  else expect(document).toBe(current);
});
