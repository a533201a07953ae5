import { SysError } from '../../subsystems/unix/errno.ts';
import type { Pid } from '../../subsystems/unix/sys.ts';
import type { UThread } from './process.ts';
export async function distantFork(_t: UThread, _entry: string, _state: unknown): Promise<Pid> {
  throw new SysError('EHOSTUNREACH');
}
import type { Manager } from './manager.ts';
export async function forkFromAfar(_pm: Manager, _r: unknown, _s: number): Promise<never> { throw new SysError('EHOSTUNREACH'); }
