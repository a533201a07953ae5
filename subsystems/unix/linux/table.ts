/**
 * THE table of the Linux interface: one row per system call number of riscv64. It drives dispatch, the trace
 * text, `chorus syscalls` and docs/syscalls.md. A row without a handler answers ENOSYS.
 */
import type { Caller, LinuxCall } from './caller.ts';
import { FAMILIES } from './families.ts';
import { type ArgumentKind, LINUX_NUMBERS } from './numbers.ts';

export interface LinuxRow {
  readonly number: number;
  readonly name: string;
  readonly kinds: readonly ArgumentKind[];
  readonly handler: LinuxCall | undefined;
  /** A caught signal ends a wait of the call with EINTR, whatever SA_RESTART says. */
  readonly eintr: boolean;
}

/** Numbers above are unknown; sparse below. */
export const LINUX_TABLE: readonly (LinuxRow | undefined)[] = buildTable();

function buildTable(): (LinuxRow | undefined)[] {
  const handlers = new Map<string, LinuxCall>();
  for (const family of FAMILIES) {
    for (const [name, handler] of Object.entries(family)) {
      if (handlers.has(name)) throw new Error(`two handlers for ${name}`);
      handlers.set(name, handler);
    }
  }
  const table: (LinuxRow | undefined)[] = [];
  for (const [number, name, kinds, eintr = false] of LINUX_NUMBERS) {
    const words = kinds === '' ? [] : (kinds.split(' ') as ArgumentKind[]);
    table[number] = { number, name, kinds: words, handler: handlers.get(name), eintr };
    handlers.delete(name);
  }
  for (const name of handlers.keys()) throw new Error(`no number for ${name}`);
  return table;
}

const PATH_SHOWN = 64;

/** `openat(-100, "/etc/passwd", 0x80000, 0)`: the call as traces show it. */
export function linuxCallText(row: LinuxRow, c: Caller): string {
  return `${row.name}(${row.kinds.map((kind, i) => argumentText(kind, c, i)).join(', ')})`;
}

function argumentText(kind: ArgumentKind, c: Caller, index: number): string {
  if (kind === 'int') return String(c.long(index));
  if (kind === 'oct') return `0${c.uint(index).toString(8)}`;
  const value = c.ptr(index);
  if (kind === 'path' && value !== 0) return pathText(c, value);
  return value === 0 && kind === 'ptr' ? 'NULL' : `0x${value.toString(16)}`;
}

function pathText(c: Caller, va: number): string {
  try {
    const text = c.memory.string(va);
    return JSON.stringify(text.length > PATH_SHOWN ? `${text.slice(0, PATH_SHOWN)}…` : text);
  } catch {
    return `0x${va.toString(16)}`;
  }
}
