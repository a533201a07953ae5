/**
 * The embedding API.
 *
 *     import { boot } from 'chorus-mix';
 *     await using system = await boot({ sites: 2, files: { '/root/data': 'b\na\n' } });
 *     const { stdout, exitCode } = await system.exec('sort data | head -1');
 */
export type { SiteDescription, SystemDescription } from '../../mix/boot/description.ts';
export { SysError } from '../../subsystems/unix/errno.ts';
export type { Awaitable, Environment, Program, Sys } from '../../subsystems/unix/sys.ts';
export type { WindowSize } from '../../subsystems/unix/termios.ts';
export type { Abortable } from './abort.ts';
export { boot } from './boot.ts';
export { FileError } from './file-error.ts';
export { Dirent, Stats } from './file-stats.ts';
export type { Files } from './files.ts';
export { type Ending, StartError } from './launch.ts';
export { DEFAULT_LIMITS, LimitError, type Limits } from './limits.ts';
export type { BootOptions, FileOption } from './options.ts';
export type { SystemProcess } from './process.ts';
export type { SystemPty } from './pty.ts';
export {
  defineProgram,
  type ExecOptions,
  type ExecResult,
  type PtyOptions,
  type StartOptions,
  type System,
} from './system.ts';
export type { VolumeOption } from './volumes.ts';
