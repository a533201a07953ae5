/** THE table of the commands: every native file of /bin comes from it. Programs are loaded when first run. */
import type { Program, ProgramTable } from '../../subsystems/unix/sys.ts';

type Module = Promise<{ default: Program }>;

/** One line per command, in alphabetical order; each file's default export is its Program. */
const MODULES: Readonly<Record<string, () => Module>> = {
  cat: () => import('./cat.ts'),
};

/** Name → loader of the Program, for the boot description's /bin. */
export const commands: ProgramTable = new Map(
  Object.entries(MODULES).map(([name, load]) => [name, async () => (await load()).default]),
);
