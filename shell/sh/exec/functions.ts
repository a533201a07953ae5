/**
 * Function calls: positional parameters, `local` scope and assignments before the name live until it returns.
 */
import { ShellError } from '../errors.ts';
import { ShellLimits } from '../limits.ts';
import type { Shell, ShellFunction } from '../state/shell.ts';
import type { Task } from '../task.ts';
import { execute } from './execute.ts';
import { Flags } from './flags.ts';
import type { Invocation } from './simple.ts';

export function* callFunction(sh: Shell, defined: ShellFunction, call: Invocation): Task<number> {
  if (sh.callDepth >= ShellLimits.CALL_DEPTH)
    throw new ShellError(
      `${call.args[0]}: Maximum function recursion depth (${ShellLimits.CALL_DEPTH}) reached`,
    );
  const { params, loopDepth, functionLine, optionOffset } = sh;
  sh.variables.pushScope();
  sh.params = call.args.slice(1);
  sh.loopDepth = 0;
  sh.callDepth += 1;
  sh.returnDepth += 1;
  sh.functionLine = defined.line;
  try {
    for (const [name, value] of call.assigns) {
      sh.variables.makeLocal(name);
      sh.variables.set(name, value);
      sh.variables.declare(name, { exported: true });
    }
    yield* execute(sh, defined.body, call.flags & Flags.TESTED);
    if (sh.skip?.kind === 'return') sh.skip = undefined;
    return sh.status;
  } finally {
    sh.variables.popScope();
    sh.params = params;
    sh.loopDepth = loopDepth;
    sh.functionLine = functionLine;
    sh.optionOffset = optionOffset;
    sh.callDepth -= 1;
    sh.returnDepth -= 1;
  }
}
