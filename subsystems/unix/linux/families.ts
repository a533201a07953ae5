/** The handlers of the Linux interface, by family: a new file of handlers is one line here. */
import type { LinuxCalls } from './caller.ts';

export const FAMILIES: readonly LinuxCalls[] = [];
