/** The shell's state as a subshell takes it along, possibly to another site. */
import type { Sys } from '../../../subsystems/unix/sys.ts';
import type { SharedSyntax } from '../syntax/share.ts';
import { receiveSyntax, shareSyntax } from '../syntax/share.ts';
import type { OptionName } from './options.ts';
import type { Skip } from './shell.ts';
import { Shell } from './shell.ts';
import type { EncodedVariable } from './variables.ts';

export interface EncodedShell {
  readonly variables: readonly EncodedVariable[];
  readonly functions: readonly (readonly [name: string, line: number, body: SharedSyntax])[];
  readonly aliases: readonly (readonly [string, string])[];
  readonly options: readonly OptionName[];
  readonly hash: readonly (readonly [string, string])[];
  /** The shell's traps: those that ignore a signal stay, the others are only known. */
  readonly traps: readonly (readonly [number, string])[];
  readonly name: string;
  readonly params: readonly string[];
  readonly status: number;
  readonly line: number;
  readonly functionLine: number;
  readonly returnDepth: number;
  readonly callDepth: number;
  readonly pid: number;
  readonly backgroundPid: number | undefined;
  readonly optionOffset: number;
  readonly subshell: number;
}

export function encodeShell(sh: Shell): EncodedShell {
  return {
    variables: sh.variables.encode(),
    functions: [...sh.functions].map(([name, f]) => [name, f.line, shareSyntax(f.body)]),
    aliases: [...sh.aliases],
    options: sh.options.names().filter((name) => name !== 'interactive' && name !== 'monitor'),
    hash: [...sh.hash],
    traps: [...sh.traps.actions],
    name: sh.name,
    params: sh.params,
    status: sh.status,
    line: sh.line,
    functionLine: sh.functionLine,
    returnDepth: sh.returnDepth,
    callDepth: sh.callDepth,
    pid: sh.pid,
    backgroundPid: sh.backgroundPid,
    optionOffset: sh.optionOffset,
    subshell: sh.subshell,
  };
}

export function decodeShell(sys: Sys, state: EncodedShell): Shell {
  const sh = new Shell(sys);
  sh.variables.decode(state.variables);
  for (const [name, line, body] of state.functions)
    sh.functions.set(name, { line, body: receiveSyntax(body) });
  for (const [name, value] of state.aliases) sh.aliases.set(name, value);
  for (const name of state.options) sh.options.set(name, true);
  sh.variables.exportAll = sh.options.has('allexport');
  for (const [name, path] of state.hash) sh.hash.set(name, path);
  for (const [sig, action] of state.traps) if (action === '') sh.traps.actions.set(sig, '');
  if (state.traps.length > 0) sh.traps.inherited = new Map(state.traps);
  Object.assign(sh, scalars(state));
  return sh;
}

function scalars(state: EncodedShell): Partial<Shell> & { skip: Skip | undefined } {
  const { name, params, status, line, functionLine, returnDepth, callDepth, pid, backgroundPid } = state;
  const { optionOffset, subshell } = state;
  return {
    ...{ name, params, status, line, functionLine, returnDepth, callDepth, pid, backgroundPid },
    optionOffset,
    subshell: subshell + 1,
    skip: undefined,
  };
}
