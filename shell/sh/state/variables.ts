/**
 * The shell's variables, with attributes and the scopes that `local` and assignments before functions open.
 * `watch` tells who must know of a change (PATH empties the command cache, OPTIND restarts getopts).
 */
import type { Environment } from '../../../subsystems/unix/sys.ts';
import { ShellError } from '../errors.ts';

export interface Variable {
  /** Absent: declared (exported, readonly) but not set. */
  value: string | undefined;
  exported: boolean;
  readonly: boolean;
}

/** A variable as a subshell receives it. */
export type EncodedVariable = readonly [
  name: string,
  value: string | undefined,
  exported: boolean,
  readonly: boolean,
];

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
export const isName = (s: string): boolean => NAME.test(s);

export class Variables {
  /** `set -a`: every assignment exports. */
  exportAll = false;
  private readonly table = new Map<string, Variable>();
  private readonly scopes: Map<string, Variable | undefined>[] = [];
  private readonly watchers = new Map<string, (value: string | undefined) => void>();
  private exported: Environment | undefined;

  watch(name: string, changed: (value: string | undefined) => void): void {
    this.watchers.set(name, changed);
  }

  get(name: string): string | undefined {
    return this.table.get(name)?.value;
  }

  lookup(name: string): Variable | undefined {
    return this.table.get(name);
  }

  names(): string[] {
    return [...this.table.keys()].sort();
  }

  /** Assigns; throws ShellError for a read-only variable. */
  set(name: string, value: string): void {
    const variable = this.table.get(name);
    if (variable === undefined) {
      this.table.set(name, { value, exported: this.exportAll, readonly: false });
      if (this.exportAll) this.exported = undefined;
    } else {
      if (variable.readonly) throw new ShellError(`${name}: is read only`);
      variable.value = value;
      if (this.exportAll) variable.exported = true;
      if (variable.exported) this.exported = undefined;
    }
    if (this.watchers.size > 0) this.watchers.get(name)?.(value);
  }

  unset(name: string): void {
    const variable = this.table.get(name);
    if (!variable) return;
    if (variable.readonly) throw new ShellError(`${name}: is read only`);
    this.table.delete(name);
    this.exported = undefined;
    this.watchers.get(name)?.(undefined);
  }

  declare(name: string, attributes: { exported?: boolean; readonly?: boolean }): void {
    const variable = this.table.get(name) ?? { value: undefined, exported: false, readonly: false };
    this.table.set(name, { ...variable, ...attributes });
    this.exported = undefined;
  }

  /** What commands find in their environment; the same record until something exported changes. */
  environment(): Environment {
    if (this.exported) return this.exported;
    const environment: Environment = {};
    for (const [name, variable] of this.table)
      if (variable.exported && variable.value !== undefined) environment[name] = variable.value;
    this.exported = environment;
    return environment;
  }

  pushScope(): void {
    this.scopes.push(new Map());
  }

  popScope(): void {
    const saved = this.scopes.pop();
    if (!saved || saved.size === 0) return;
    for (const [name, variable] of saved) {
      if (variable) this.table.set(name, variable);
      else this.table.delete(name);
      this.watchers.get(name)?.(variable?.value);
    }
    this.exported = undefined;
  }

  get inScope(): boolean {
    return this.scopes.length > 0;
  }

  /** Makes `name` local to the innermost scope; it keeps its value, as in ash, until it is assigned. */
  makeLocal(name: string): void {
    const scope = this.scopes.at(-1);
    if (!scope || scope.has(name)) return;
    const variable = this.table.get(name);
    scope.set(name, variable && { ...variable });
  }

  encode(): EncodedVariable[] {
    return [...this.table].map(([name, v]) => [name, v.value, v.exported, v.readonly]);
  }

  decode(encoded: readonly EncodedVariable[]): void {
    for (const [name, value, exported, readonly] of encoded)
      this.table.set(name, { value, exported, readonly });
    this.exported = undefined;
  }
}
