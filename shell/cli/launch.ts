/**
 * What dist/chorus.cjs and dist/site.cjs do: run the program that tools/build.mjs bundled for them, with V8's
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
import { Script } from 'node:vm';

/** Runs the bundle in a file, a CommonJS module. */
export function launch(file: string): void {
  const fills = process.env.CHORUS_CODE_CACHE === 'fill';
  const script = compile(file, fills ? undefined : readIfAny(cacheOf(file)));
  if (fills) process.once('exit', () => replace(cacheOf(file), script.createCachedData()));
  const module = { exports: {} };
  const load = (specifier: string): Promise<unknown> => import(specifier);
  script.runInThisContext()(module.exports, createRequire(file), module, file, dirname(file), load);
}

/** Where the code cache of a bundle is. */
export const cacheOf = (file: string): string => `${file}.cache`;

/**
 * A script whose value is the module's function, which takes what CommonJS gives, and `import`. The build
 * wraps it and leaves no byte above 127 in it: each copy of so long a text costs milliseconds.
 */
export function compile(file: string, cachedData: Buffer | undefined): Script {
  return new Script(readFileSync(file, 'latin1'), { filename: file, cachedData });
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
