/** Scripts as files: for `sh FILE` and the dot built-in. */
import { O } from '../../../subsystems/unix/constants.ts';
import { isSysError } from '../../../subsystems/unix/errno.ts';
import { utf8 } from '../../commands/lib/text.ts';
import { ShellError } from '../errors.ts';
import { searchPath } from '../exec/lookup.ts';
import { isMissing, openReason } from '../reasons.ts';
import type { Shell } from '../state/shell.ts';
import type { Task } from '../task.ts';
import { wait } from '../task.ts';

const CHUNK_BYTES = 65536;

/** The text of a file; throws SysError. */
export function* readText(sh: Shell, path: string): Task<string> {
  const { sys } = sh;
  const fd = yield* wait(sys.open(path, O.RDONLY | O.CLOEXEC));
  const chunks: Uint8Array[] = [];
  try {
    for (;;) {
      const chunk = yield* wait(sys.read(fd, CHUNK_BYTES));
      if (chunk.length === 0) break;
      chunks.push(chunk);
    }
  } finally {
    yield* wait(sys.close(fd));
  }
  return utf8.decode(Buffer.concat(chunks));
}

/** The script that `.` names: along PATH when it has no slash. */
export function* loadScript(sh: Shell, name: string): Task<string> {
  let path = name;
  if (!name.includes('/')) {
    const found = yield* searchReadable(sh, name);
    if (found === undefined) throw new ShellError(`.: ${name}: not found`, 2);
    path = found;
  }
  try {
    return yield* readText(sh, path);
  } catch (error) {
    if (!isSysError(error)) throw error;
    throw new ShellError(`.: cannot open ${path}: ${openReason(error)}`, 2);
  }
}

function* searchReadable(sh: Shell, name: string): Task<string | undefined> {
  const found = yield* searchPath(sh.sys, name, sh.variables.get('PATH') ?? '');
  return found?.path;
}

/** The script that the command line names: the file itself, else along PATH. */
export function* loadMain(sh: Shell, name: string): Task<string> {
  try {
    return yield* readText(sh, name);
  } catch (error) {
    if (!isSysError(error)) throw error;
    const found = name.includes('/') ? undefined : yield* searchReadable(sh, name);
    if (found !== undefined) return yield* readText(sh, found);
    throw new ShellError(`cannot open ${name}: ${openReason(error)}`, isMissing(error) ? 2 : 126, 0);
  }
}
