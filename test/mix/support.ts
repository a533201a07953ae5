/** Small steps of tests that speak to a system by calls. */
import { O } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { Sys } from '../../subsystems/unix/sys.ts';

/** Name of the error number that a call fails with; '' when it does not fail. */
export async function codeOf(call: () => unknown): Promise<string> {
  try {
    await call();
    return '';
  } catch (error) {
    if (error instanceof SysError) return error.code;
    throw error;
  }
}

export async function writeText(sys: Sys, path: string, text: string, mode = 0o644): Promise<void> {
  const fd = await sys.open(path, O.WRONLY | O.CREAT | O.TRUNC, mode);
  await sys.write(fd, new TextEncoder().encode(text));
  await sys.close(fd);
}

export async function readText(sys: Sys, path: string): Promise<string> {
  const fd = await sys.open(path, O.RDONLY);
  const data = await sys.read(fd, 1024 * 1024);
  await sys.close(fd);
  return new TextDecoder().decode(data);
}

/** Lets every thread that is ready go on. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Whether a call still waits when everything else has gone on. */
export async function pending(promise: Promise<unknown>): Promise<boolean> {
  let ended = false;
  const mark = (): void => {
    ended = true;
  };
  promise.then(mark, mark);
  await settle();
  return !ended;
}
