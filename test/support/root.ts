/** The project's directory, for code that runs from its source as well as from the bundle. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function findRoot(): string {
  for (let at = dirname(fileURLToPath(import.meta.url)); ; at = dirname(at)) {
    if (existsSync(join(at, 'package.json')) || at === dirname(at)) return at;
  }
}

export const PROJECT_ROOT = findRoot();

/** Where tests keep what they build and fetch. */
export const GUEST_CACHE = join(PROJECT_ROOT, 'node_modules/.cache/chorus-guest');
