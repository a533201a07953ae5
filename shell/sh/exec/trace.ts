/** `set -x`: the expanded command on standard error, behind PS4. */
import { expandPrompt } from '../interactive/prompt.ts';
import type { Shell } from '../state/shell.ts';
import type { Task } from '../task.ts';

export function* traceCommand(
  sh: Shell,
  assigns: readonly (readonly [string, string])[],
  args: readonly string[],
): Task<void> {
  const { status, substitutionStatus } = sh;
  const words = [...assigns.map(([name, value]) => `${name}=${value}`), ...args];
  const prompt = yield* expandPrompt(sh, 'PS4', '+ ');
  yield* sh.write(2, `${prompt}${words.join(' ')}\n`);
  sh.status = status;
  sh.substitutionStatus = substitutionStatus;
}
