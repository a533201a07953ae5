/** The table of built-ins: dispatch, `type` and completion use it. */
import type { Builtin } from './builtin.ts';
import { directoryBuiltins } from './directory.ts';
import { execBuiltins } from './exec.ts';
import { flowBuiltins } from './flow.ts';
import { getoptsBuiltins } from './getopts.ts';
import { historyBuiltins } from './history.ts';
import { jobBuiltins } from './jobs.ts';
import { limitBuiltins } from './limits.ts';
import { nameBuiltins } from './names.ts';
import { outputBuiltins } from './output.ts';
import { readBuiltins } from './read.ts';
import { setBuiltins } from './set.ts';
import { testBuiltins } from './test.ts';
import { trapBuiltins } from './trap.ts';
import { variableBuiltins } from './variables.ts';
import { waitBuiltins } from './wait.ts';

/**
 * Made when first asked for: built-ins run commands and commands run built-ins, so these modules import each
 * other.
 */
let table: ReadonlyMap<string, Builtin> | undefined;

function allBuiltins(): Record<string, Builtin> {
  return {
    ...flowBuiltins,
    ...variableBuiltins,
    ...setBuiltins,
    ...directoryBuiltins,
    ...outputBuiltins,
    ...testBuiltins,
    ...readBuiltins,
    ...getoptsBuiltins,
    ...nameBuiltins,
    ...jobBuiltins,
    ...waitBuiltins,
    ...trapBuiltins,
    ...limitBuiltins,
    ...execBuiltins,
    ...historyBuiltins,
  };
}

export function builtins(): ReadonlyMap<string, Builtin> {
  table ??= new Map(Object.entries(allBuiltins()));
  return table;
}
