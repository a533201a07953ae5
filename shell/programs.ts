/** Every program of the system: the shell, the commands, and the host processes' own. */
import type { Program, ProgramTable } from '../subsystems/unix/sys.ts';
import { HOST_PROGRAM, hostProgram } from './api/host-program.ts';
import { commands } from './commands/index.ts';

/** A table for one system: programs that an embedder defines are added to it while it runs. */
export function programTable(own: readonly Program[] = []): Map<string, () => Promise<Program>> {
  const table = new Map<string, () => Promise<Program>>(commands as ProgramTable);
  table.set(HOST_PROGRAM, async () => hostProgram);
  for (const program of own) table.set(program.name, async () => program);
  return table;
}
