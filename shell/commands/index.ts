/** THE table of the commands: every native file of /bin comes from it. Programs are loaded when first run. */
import type { Program, ProgramTable } from '../../subsystems/unix/sys.ts';

const LOADERS: Readonly<Record<string, () => Promise<Program>>> = {};

export const commands: ProgramTable = new Map(Object.entries(LOADERS));
