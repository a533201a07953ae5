/**
 * What node:fs has no call for, by the host's own tools: mkfifo(1), and fallocate(1) of Linux. They get the
 * file as a descriptor, so that they reach nothing else. A call stops the site for the milliseconds that a
 * process takes, which is why nothing that programs do often goes this way. A host that is no Linux, or has
 * no such tool, cannot do it: EOPNOTSUPP.
 */
import { spawnSync } from 'node:child_process';
import { Errno, type ErrnoName, SysError, strerror } from '../../subsystems/unix/errno.ts';

const TIMEOUT_MS = 10_000;
/** The number that the descriptor has in the tool's process. */
const GIVEN = '/proc/self/fd/3';

/** What a tool may say: the host's strerror(3) in the C locale. */
const ERRORS: readonly ErrnoName[] = [
  'EEXIST',
  'ENOENT',
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOSPC',
  'EDQUOT',
  'EFBIG',
  'ENAMETOOLONG',
  'EINVAL',
];

function run(tool: string, args: readonly string[], fd: number): void {
  if (process.platform !== 'linux') throw new SysError('EOPNOTSUPP');
  const { error, status, stderr } = spawnSync(tool, args, {
    stdio: ['ignore', 'ignore', 'pipe', fd],
    env: { PATH: process.env.PATH, LC_ALL: 'C' },
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
  });
  if (error) throw new SysError('EOPNOTSUPP');
  if (status === 0) return;
  throw new SysError(ERRORS.find((name) => stderr.includes(strerror(Errno[name]))) ?? 'EOPNOTSUPP');
}

/** Makes a FIFO in the directory behind `directoryFd` (Linux). Throws EEXIST, EACCES, …, EOPNOTSUPP. */
export function makeFifo(directoryFd: number, name: string): void {
  run('mkfifo', ['-m', '600', '--', `${GIVEN}/${name}`], directoryFd);
}

/** fallocate(2) with FALLOC_FL_KEEP_SIZE, and to punch. Throws ENOSPC, EFBIG, EOPNOTSUPP. */
export function allocateRange(fd: number, how: 'hold' | 'punch', offset: number, length: number): void {
  const mode = how === 'punch' ? '--punch-hole' : '--keep-size';
  run('fallocate', [mode, '--offset', String(offset), '--length', String(length), GIVEN], fd);
}
