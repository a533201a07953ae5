/** Terminal calls: ioctls by name at the terminal's Device Manager. */
import type { Awaitable } from '../../../nucleus/awaitable.ts';
import { Seek } from '../../../subsystems/unix/constants.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import type { Fd, Pid } from '../../../subsystems/unix/sys.ts';
import type { Termios, WindowSize } from '../../../subsystems/unix/termios.ts';
import { IOCTLS, type IoctlRequest, PIPE_REQUESTS, SOCKET_REQUESTS } from '../../protocols/object.ts';
import { andThen } from '../and-then.ts';
import { atTerminalManager } from '../device-managers.ts';
import { sessionOfGroup } from '../groups.ts';
import { asVoid } from '../manager.ts';
import type { OpenObject } from '../objects.ts';
import type { UThread } from '../process.ts';
import { askObject, giveUpControlling, ioctl, setControlling, terminalObject } from '../terminal.ts';

const SET_ATTRIBUTES = { now: 'TCSETS', drain: 'TCSETSW', flush: 'TCSETSF' } as const;
const DEFAULT_SIZE: WindowSize = { rows: 24, columns: 80 };

const request = (t: UThread, fd: Fd, name: IoctlRequest, argument: unknown = null): Awaitable<unknown> =>
  ioctl(t, terminalObject(t, fd), name, argument);

export const terminalCalls = {
  isatty: (t: UThread, fd: Fd): boolean => {
    const { kind } = terminalObject(t, fd);
    return kind === 'tty' || kind === 'ptm';
  },
  ttyname: (t: UThread, fd: Fd): Awaitable<string> => request(t, fd, 'TTYNAME') as Awaitable<string>,
  tcgetattr: (t: UThread, fd: Fd): Awaitable<Termios> => request(t, fd, 'TCGETS') as Awaitable<Termios>,
  tcsetattr: (t: UThread, fd: Fd, when: 'now' | 'drain' | 'flush', termios: Termios): Awaitable<void> => {
    const name = Object.hasOwn(SET_ATTRIBUTES, when) ? SET_ATTRIBUTES[when] : undefined;
    if (!name) throw new SysError('EINVAL');
    return asVoid(request(t, fd, name, termios));
  },
  tcgetpgrp: (t: UThread, fd: Fd): Awaitable<Pid> => request(t, fd, 'TIOCGPGRP') as Awaitable<Pid>,
  tcsetpgrp: (t: UThread, fd: Fd, pgid: Pid): Awaitable<void> => {
    const { process } = t;
    const object = terminalObject(t, fd);
    if (object.kind !== 'tty' && object.kind !== 'ptm') throw new SysError('ENOTTY');
    if (!Number.isInteger(pgid) || pgid <= 0) throw new SysError('EINVAL');
    const members = process.pm.groups.get(pgid);
    const [member] = members ?? [];
    const session = member ? member.sid : sessionOfGroup(process.pm, pgid);
    return andThen(session, (sid) => {
      if (sid !== process.sid) throw new SysError(sid === undefined ? 'ESRCH' : 'EPERM');
      return asVoid(ioctl(t, object, 'TIOCSPGRP', pgid));
    });
  },
  tcgetwinsize: (t: UThread, fd: Fd): Awaitable<WindowSize> =>
    request(t, fd, 'TIOCGWINSZ') as Awaitable<WindowSize>,
  tcsetwinsize: (t: UThread, fd: Fd, size: WindowSize): Awaitable<void> =>
    asVoid(request(t, fd, 'TIOCSWINSZ', size)),
  tcflush: (t: UThread, fd: Fd, queue: 'input' | 'output' | 'both'): Awaitable<void> =>
    asVoid(request(t, fd, 'TCFLSH', queue)),
  openpty: (
    t: UThread,
    size: WindowSize = DEFAULT_SIZE,
  ): Awaitable<{ master: Fd; slave: Fd; name: string }> => {
    const { process } = t;
    const { pm, creds } = process;
    const ask = { ...size, uid: creds.uid, gid: creds.gid };
    return atTerminalManager(pm, (port) =>
      andThen(pm.servers.openpty(t.thread, { target: port }, ask), ({ master, slave, name }) => {
        const { nofile } = process.limits;
        const masterEnd = pm.objects.enter(port, master, 'ptm', '/dev/ptmx');
        const slaveEnd = pm.objects.enter(port, slave, 'tty', name);
        const first = process.fds.add(masterEnd, false, nofile.soft);
        return { master: first, slave: process.fds.add(slaveEnd, false, nofile.soft), name };
      }),
    );
  },
  setctty: (t: UThread, fd: Fd, steal = false): Awaitable<void> =>
    setControlling(t, terminalObject(t, fd), steal),
  noctty: (t: UThread, fd: Fd): Awaitable<void> => giveUpControlling(t, terminalObject(t, fd)),
  ioctl: (t: UThread, fd: Fd, name: string, argument: unknown = null): Awaitable<unknown> => {
    const object = terminalObject(t, fd);
    if (object.kind === 'path') throw new SysError('EBADF');
    if (object.kind === 'file' && name === 'FIONREAD') return bytesLeft(t, object);
    const known = [...IOCTLS, ...PIPE_REQUESTS, ...SOCKET_REQUESTS].find((row) => row === name);
    if (known === undefined || object.kind === 'file' || object.kind === 'directory') {
      throw new SysError('ENOTTY');
    }
    return askObject(t, object, known, argument);
  },
};

/** FIONREAD of a file: from its offset to its end. */
function bytesLeft(t: UThread, { dest, key }: OpenObject): Awaitable<number> {
  const { servers } = t.process.pm;
  const here = servers.seek(t.thread, dest, { key: key!, offset: 0, whence: Seek.CUR });
  return andThen(here, ({ offset }) =>
    andThen(servers.fstat(t.thread, dest, { key: key! }), ({ stat }) => Math.max(0, stat.size - offset)),
  );
}
