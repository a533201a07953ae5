/** Removal of whole trees, as rm -r and mv between volumes need it. */
import { isDirectory } from '../../../subsystems/unix/constants.ts';
import type { Sys } from '../../../subsystems/unix/sys.ts';
import { joinPath } from './path.ts';
import { listDirectory } from './walk.ts';

/** Removes a file or a tree without questions. Throws SysError at the first failure. */
export async function removeTree(sys: Sys, path: string): Promise<void> {
  if (!isDirectory((await sys.lstat(path)).mode)) {
    await sys.unlink(path);
    return;
  }
  for (const { name } of await listDirectory(sys, path)) await removeTree(sys, joinPath(path, name));
  await sys.rmdir(path);
}
