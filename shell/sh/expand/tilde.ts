/** Tilde prefixes (POSIX 2.6.1): `~` is HOME, `~user` the home in /etc/passwd. */
import { O } from '../../../subsystems/unix/constants.ts';
import { isSysError } from '../../../subsystems/unix/errno.ts';
import { utf8 } from '../../commands/lib/text.ts';
import type { Shell } from '../state/shell.ts';
import type { Task } from '../task.ts';
import { wait } from '../task.ts';

const CHUNK_BYTES = 65536;

/** The directory, or the prefix itself when there is none. */
export function* homeOf(sh: Shell, user: string): Task<string> {
  if (user === '') return sh.variables.get('HOME') ?? '~';
  const entries = yield* readWhole(sh, '/etc/passwd');
  for (const entry of entries.split('\n')) {
    const fields = entry.split(':');
    if (fields[0] === user && fields[5] !== undefined) return fields[5];
  }
  return `~${user}`;
}

/** The text of a small file; '' when it cannot be read. */
function* readWhole(sh: Shell, path: string): Task<string> {
  const { sys } = sh;
  let content = '';
  try {
    const fd = yield* wait(sys.open(path, O.RDONLY | O.CLOEXEC));
    for (;;) {
      const chunk = yield* wait(sys.read(fd, CHUNK_BYTES));
      if (chunk.length === 0) break;
      content += utf8.decode(chunk);
    }
    yield* wait(sys.close(fd));
  } catch (error) {
    if (!isSysError(error)) throw error;
  }
  return content;
}
