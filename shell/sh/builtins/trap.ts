/** `trap`. */
import { signalName, signalNumber } from '../../../subsystems/unix/signals.ts';
import type { Shell } from '../state/shell.ts';
import { EXIT } from '../state/traps.ts';
import type { Task } from '../task.ts';
import type { BuiltinTable } from './builtin.ts';
import { quoteValue } from './variables.ts';

function conditionOf(text: string): number | undefined {
  return text.toUpperCase() === 'EXIT' ? EXIT : signalNumber(text);
}

const nameOf = (sig: number): string => (sig === EXIT ? 'EXIT' : (signalName(sig) ?? String(sig)));

function* print(sh: Shell, only: readonly string[]): Task<number> {
  const wanted = new Set(only.map(conditionOf));
  const shown = [...(sh.traps.inherited ?? sh.traps.actions)]
    .sort(([a], [b]) => a - b)
    .filter(([sig]) => only.length === 0 || wanted.has(sig));
  yield* sh.write(1, shown.map(([sig, action]) => `trap -- ${quoteValue(action)} ${nameOf(sig)}\n`).join(''));
  return 0;
}

function* trap(sh: Shell, args: readonly string[]): Task<number> {
  const printing = args[0] === '-p';
  const words = args[0] === '--' || printing ? args.slice(1) : args;
  const [first, ...rest] = words;
  if (first === undefined || printing) return yield* print(sh, words);
  // A number first, or nothing behind it: everything named goes back to its default.
  const resets = rest.length === 0 || /^[0-9]+$/.test(first);
  const action = resets || first === '-' ? undefined : first;
  let status = 0;
  for (const condition of resets ? words : rest) {
    const sig = conditionOf(condition);
    if (sig === undefined) {
      yield* sh.write(2, `trap: ${condition}: bad trap\n`);
      status = 1;
    } else sh.traps.set(sig, action, sh.interactive);
  }
  return status;
}

export const trapBuiltins: BuiltinTable = { trap: { special: true, run: trap } };
