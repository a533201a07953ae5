/** The project's own source files, for the checks: relative paths with forward slashes, sorted. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Folders of the product; tests and tools are held to the same form, but may look at everything. */
export const PRODUCT = ['nucleus', 'subsystems', 'mix', 'drivers', 'shell'];
export const AROUND = ['test', 'tools'];

const SOURCE = /\.(ts|tsx|mjs|cjs)$/;
/** Material that tests feed to the product: not code of ours. */
const MATERIAL = /(^|\/)(fixtures|corpus)(\/|$)/;

/** Source files below the given folders (those that exist). */
export function sourceFiles(folders) {
  const files = [];
  for (const folder of folders) {
    let names = [];
    try {
      names = readdirSync(folder, { recursive: true });
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
    for (const name of names) {
      const path = join(folder, name).replaceAll('\\', '/');
      if (SOURCE.test(path) && !MATERIAL.test(path)) files.push(path);
    }
  }
  return files.sort();
}

export const readSource = (path) => readFileSync(path, 'utf8');

/** Prints the findings of a check, one per line, and ends the process: status 1 when there are any. */
export function conclude(check, findings, fileCount) {
  for (const finding of findings) console.error(finding);
  console.log(`${check}: ${fileCount} files, ${findings.length} findings`);
  process.exitCode = findings.length > 0 ? 1 : 0;
}
