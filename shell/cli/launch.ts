/**
 * What dist/chorus.js and dist/site.js do: run the program that tools/build.mjs bundled for them, with V8's
 * code cache of it. To parse and compile it anew was a third of the time from start to prompt.
 *
 * The build fills the cache by running the program with CHORUS_CODE_CACHE=fill, so that it holds what a run
 * needs and no more. V8 itself refuses the cache of another version, and the program is then compiled as
 * ever; the bundle's name has a hash of its content, because V8 does not compare that. A script out of the
 * cache cannot import modules: it is given a function that does.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';

/** The parameters of a CommonJS module, and `import`. */
const PARAMETERS = 'exports, require, module, __filename, __dirname, __import';

/** Runs a bundle, a CommonJS module. */
export function launch(bundle: URL): void {
  const file = fileURLToPath(bundle);
  const fills = process.env.CHORUS_CODE_CACHE === 'fill';
  const script = compile(file, fills ? undefined : readIfAny(cacheOf(file)));
  if (fills) process.once('exit', () => replace(cacheOf(file), script.createCachedData()));
  const module = { exports: {} };
  const load = (specifier: string): Promise<unknown> => import(specifier);
  script.runInThisContext()(module.exports, createRequire(bundle), module, file, dirname(file), load);
}

/** Where the code cache of a bundle is. */
export const cacheOf = (file: string): string => `${file}.cache`;

/** A script whose value is the module's function. */
export function compile(file: string, cachedData: Buffer | undefined): Script {
  const text = readFileSync(file, 'utf8');
  return new Script(`(function (${PARAMETERS}) {${text}\n})`, { filename: file, cachedData });
}

function readIfAny(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/** Several processes may fill at once. */
function replace(path: string, content: Buffer): void {
  const scratch = `${path}.${process.pid}`;
  writeFileSync(scratch, content);
  renameSync(scratch, path);
}
