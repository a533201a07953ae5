/**
 * Who a process runs as, and the clean environment that such a user gets: nothing of the host shows through.
 */
import type { Environment } from '../../subsystems/unix/sys.ts';

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

const USERS: readonly User[] = [
  { name: 'root', uid: 0, gid: 0, home: '/root' },
  { name: 'user', uid: 1000, gid: 1000, home: '/home/user' },
];

const ID_MAX = 0xffff_fffe;

/** A user by name, or by number as `UID` or `UID:GID`. Undefined when it is neither. */
export function findUser(text: string): User | undefined {
  const known = USERS.find((user) => user.name === text || String(user.uid) === text);
  if (known) return known;
  const match = /^(\d{1,10})(?::(\d{1,10}))?$/.exec(text);
  if (!match) return undefined;
  const uid = Number(match[1]);
  const gid = Number(match[2] ?? match[1]);
  if (uid > ID_MAX || gid > ID_MAX) return undefined;
  return { name: String(uid), uid, gid, home: uid === 0 ? '/root' : '/' };
}

/** Where programs are looked for under a root directory of somebody's own, before our native ones. */
const ROOT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The directories that programs are looked for in; `programsIn`: that of the native ones. */
export const defaultPath = (programsIn: string): string =>
  programsIn === '/bin' ? '/bin:/usr/bin' : `${ROOT_PATH}:${programsIn}`;

/** The environment of a user's processes; `extra` wins. */
export function cleanEnvironment(user: User, programsIn: string, extra: Environment = {}): Environment {
  return {
    PATH: defaultPath(programsIn),
    HOME: user.home,
    USER: user.name,
    LOGNAME: user.name,
    SHELL: '/bin/sh',
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    ...extra,
  };
}
