/** true and false. */
import type { Program } from '../../subsystems/unix/sys.ts';

export const trueProgram: Program = { name: 'true', main: () => 0 };
export const falseProgram: Program = { name: 'false', main: () => 1 };
