/**
 * docs/status.md and docs/syscalls.md say what the sources say. `UPDATE_DOCS=1 npx vitest run test/docs`
 * writes their tables anew.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { linuxCallTable } from './linux-calls.ts';
import { nucleusTable, systemCallTable } from './status-tables.ts';

type Tables = Readonly<Record<string, () => string>>;

const DOCUMENTS: Readonly<Record<string, Tables>> = {
  'status.md': { 'system calls': systemCallTable, nucleus: nucleusTable },
  'syscalls.md': { 'linux calls': linuxCallTable },
};

function withTables(document: string, tables: Tables): string {
  let text = document;
  for (const [name, make] of Object.entries(tables)) {
    const [begin, end] = [`<!-- begin: ${name} -->\n`, `<!-- end: ${name} -->`];
    const from = text.indexOf(begin) + begin.length;
    const to = text.indexOf(end);
    if (from < begin.length || to < from) throw new Error(`no place for: ${name}`);
    text = `${text.slice(0, from)}${make()}\n${text.slice(to)}`;
  }
  return text;
}

for (const [name, tables] of Object.entries(DOCUMENTS)) {
  it(`${name} lists every call as it is declared`, () => {
    const path = fileURLToPath(new URL(`../../docs/${name}`, import.meta.url));
    const document = readFileSync(path, 'utf8');
    const current = withTables(document, tables);
    if (process.env.UPDATE_DOCS === '1') writeFileSync(path, current);
    else expect(document).toBe(current);
  });
}
