/** What the rest of the Process Manager calls of guests: loaded when the first ELF program starts. */
export { arrive } from './distant.ts';
export { startGuest } from './image.ts';
export { dropProgram, openProgram } from './program.ts';
