/**
 * Failed file operations as node:fs reports them: `code`, negative `errno`, `syscall`, `path` on an Error.
 */
import { SysError } from '../../subsystems/unix/errno.ts';

export class FileError extends Error {
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;
  readonly path: string | undefined;

  constructor(cause: SysError, syscall: string, path?: string) {
    const text = cause.message.charAt(0).toLowerCase() + cause.message.slice(1);
    super(`${cause.code}: ${text}, ${syscall}${path === undefined ? '' : ` '${path}'`}`);
    this.name = 'FileError';
    this.code = cause.code;
    this.errno = -cause.errno;
    this.syscall = syscall;
    this.path = path;
  }
}

/** Runs `work`; a SysError comes out as a FileError. */
export async function named<T>(syscall: string, path: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof SysError ? new FileError(error, syscall, path) : error;
  }
}

export const isFileError = (error: unknown, code: string): boolean =>
  error instanceof FileError && error.code === code;
