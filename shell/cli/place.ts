/**
 * `chorus run ./a.out`: a program file of the host that is not there inside is put there, and nothing else of
 * the host: a copy, at the path by which it was named (from the working directory when that is relative), so
 * that it finds itself by argv[0] and /proc/self/exe.
 */
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import { ELF_HEADER_BYTES, ElfError, elfHeader, isElf } from '../../subsystems/unix/linux/elf.ts';
import { type Carrier, rootHost } from '../api/carrier.ts';
import { FileError } from '../api/file-error.ts';
import { Files } from '../api/files.ts';
import { Host } from '../api/host.ts';
import type { BootPlan } from '../api/options.ts';
import { UsageError } from './arguments.ts';
import { hostErrorText } from './host-error.ts';

/** Place inside of a program that is named by a path. */
const insidePath = (plan: BootPlan, program: string): string =>
  posix.resolve('/', plan.cwd ?? plan.user.home, program);

/** Whether a path leads to a file of the host. */
const isHostFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;

async function isInside(files: Files, path: string): Promise<boolean> {
  try {
    await files.stat(path);
    return true;
  } catch (error) {
    if (error instanceof FileError) return !['ENOENT', 'ENOTDIR'].includes(error.code);
    throw error;
  }
}

/** Copies the program inside when it is on the host and not inside. Throws UsageError, FileError. */
export async function placeProgram(carrier: Carrier, plan: BootPlan, program: string): Promise<void> {
  if (!program.includes('/') || !isHostFile(program)) return;
  const host = new Host(rootHost(carrier.home));
  const files = new Files(host);
  try {
    const path = insidePath(plan, program);
    if (await isInside(files, path)) return;
    const { mode } = statSync(program);
    await files.mkdir(posix.dirname(path), { recursive: true, mode: 0o755 });
    await files.writeFile(path, readHost(program));
    await files.chmod(path, mode & 0o777);
    await files.chown(path, plan.user.uid, plan.user.gid);
  } finally {
    host.end();
  }
}

function readHost(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UsageError(`${path}: ${hostErrorText(error)}`);
  }
}

/** Why the host's file cannot be executed here, when it is a program of another machine. */
export function foreignMachine(program: string): string | undefined {
  if (!program.includes('/') || !isHostFile(program)) return undefined;
  const header = Buffer.alloc(ELF_HEADER_BYTES);
  const fd = openSync(program, 'r');
  try {
    readSync(fd, header);
    if (isElf(header)) elfHeader(header);
    return undefined;
  } catch (error) {
    return error instanceof ElfError ? error.reason : undefined;
  } finally {
    closeSync(fd);
  }
}
