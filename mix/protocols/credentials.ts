/** Whose rights count: what the nucleus stamps on messages, as servers look at it. */
export interface Credentials {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups beside `gid`. */
  readonly groups?: readonly number[] | undefined;
}

/** Whether a group is the effective or a supplementary one. */
export const isMember = ({ gid, groups }: Credentials, group: number): boolean =>
  gid === group || groups?.includes(group) === true;
