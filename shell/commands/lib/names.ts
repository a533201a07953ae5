/**
 * User and group names from /etc/passwd and /etc/group, read once per command. Missing files mean numbers
 * only.
 */
import { SysError } from '../../../subsystems/unix/errno.ts';
import type { Sys } from '../../../subsystems/unix/sys.ts';
import { readTextFile } from './io.ts';

export interface PasswdEntry {
  name: string;
  uid: number;
  gid: number;
  home: string;
  shell: string;
}

export interface GroupEntry {
  name: string;
  gid: number;
  members: string[];
}

async function rows(sys: Sys, path: string): Promise<string[][]> {
  try {
    const text = await readTextFile(sys, path);
    return text
      .split('\n')
      .filter((line) => line.includes(':') && !line.startsWith('#'))
      .map((line) => line.split(':'));
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    return [];
  }
}

export class Names {
  readonly users: readonly PasswdEntry[];
  readonly groups: readonly GroupEntry[];
  private readonly userNames: ReadonlyMap<number, string>;
  private readonly groupNames: ReadonlyMap<number, string>;

  constructor(users: readonly PasswdEntry[], groups: readonly GroupEntry[]) {
    this.users = users;
    this.groups = groups;
    // The first entry of a number wins, as with getpwuid(3).
    this.userNames = new Map(users.map((user) => [user.uid, user.name] as const).reverse());
    this.groupNames = new Map(groups.map((group) => [group.gid, group.name] as const).reverse());
  }

  /** Name, or undefined when the number has none. */
  userName(uid: number): string | undefined {
    return this.userNames.get(uid);
  }

  groupName(gid: number): string | undefined {
    return this.groupNames.get(gid);
  }

  /** Name, or the number as text. */
  user(uid: number): string {
    return this.userNames.get(uid) ?? String(uid);
  }

  group(gid: number): string {
    return this.groupNames.get(gid) ?? String(gid);
  }

  findUser(name: string): PasswdEntry | undefined {
    return this.users.find((user) => user.name === name);
  }

  /** uid of a name, or of a decimal number; undefined when there is none. */
  uid(text: string): number | undefined {
    return this.findUser(text)?.uid ?? (/^\+?\d+$/.test(text) ? Number(text) : undefined);
  }

  gid(text: string): number | undefined {
    const group = this.groups.find((entry) => entry.name === text);
    return group?.gid ?? (/^\+?\d+$/.test(text) ? Number(text) : undefined);
  }

  /** Every group of a user: the primary one first. */
  groupsOf(user: PasswdEntry): number[] {
    const others = this.groups.filter((group) => group.members.includes(user.name)).map((group) => group.gid);
    return [...new Set([user.gid, ...others])];
  }
}

/** Reads both files. */
export async function loadNames(sys: Sys): Promise<Names> {
  const users = (await rows(sys, '/etc/passwd')).map((f) => ({
    name: f[0] ?? '',
    uid: Number(f[2]),
    gid: Number(f[3]),
    home: f[5] ?? '',
    shell: f[6] ?? '',
  }));
  const groups = (await rows(sys, '/etc/group')).map((f) => ({
    name: f[0] ?? '',
    gid: Number(f[2]),
    members: (f[3] ?? '').split(',').filter((name) => name !== ''),
  }));
  return new Names(users, groups);
}
