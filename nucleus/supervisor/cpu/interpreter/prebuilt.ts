/**
 * The interpreter's bytes as the build emitted them (tools/build.mjs): emitting them anew costs 20 ms of the
 * start of every first guest. Run from the sources there is no such file, and they are emitted.
 */
import { readFileSync } from 'node:fs';

/** Name of the file beside the bundle; its hash ties it to the code that was built with it. */
declare const __INTERPRETER_FILE__: string | undefined;

export function prebuiltInterpreter(): Uint8Array | undefined {
  if (typeof __INTERPRETER_FILE__ !== 'string') return undefined;
  try {
    return readFileSync(new URL(__INTERPRETER_FILE__, import.meta.url));
  } catch {
    // A later build took it away.
    return undefined;
  }
}
