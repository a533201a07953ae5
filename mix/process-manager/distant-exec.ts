import { SysError } from '../../subsystems/unix/errno.ts';
import type { Environment } from '../../subsystems/unix/sys.ts';
import type { UThread } from './process.ts';
export async function distantExec(_t: UThread, _path: string, _argv: readonly string[], _env: Environment): Promise<never> {
  throw new SysError('EHOSTUNREACH');
}
import type { Manager } from './manager.ts';
export async function execHere(_pm: Manager, _r: unknown, _s: number): Promise<never> { throw new SysError('EHOSTUNREACH'); }
export function execGo(_pm: Manager, _pid: number, _cancel: boolean): void {}
