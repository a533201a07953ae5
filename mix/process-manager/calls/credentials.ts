/**
 * The ids of a process and its groups (credentials(7)): real, effective and saved, and the ones that files
 * are accessed with, which follow the effective ones until setfsuid(2) says otherwise. Each change is stamped
 * on what the process sends from then on.
 */
import { PI_GROUPS_MAX } from '../../../nucleus/ids/capability.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import { stampCredentials } from '../build.ts';
import type { UThread } from '../process.ts';

/** Supplementary groups of one process: EINVAL. */
export const NGROUPS_MAX = PI_GROUPS_MAX;
const ID_MAX = 0xfffffffe;

const NAMES = {
  uid: { real: 'uid', effective: 'euid', saved: 'suid', files: 'fsuid' },
  gid: { real: 'gid', effective: 'egid', saved: 'sgid', files: 'fsgid' },
} as const;
type Which = keyof typeof NAMES;
type Ids = Partial<Record<keyof (typeof NAMES)[Which], number>>;

function checkId(id: number): void {
  if (!Number.isInteger(id) || id < 0 || id > ID_MAX) throw new SysError('EINVAL');
}

function idsOf({ process: { creds } }: UThread, which: Which): Required<Ids> {
  const { real, effective, saved, files } = NAMES[which];
  return { real: creds[real], effective: creds[effective], saved: creds[saved], files: creds[files] };
}

const isRoot = (t: UThread): boolean => t.process.creds.euid === 0;

function change(t: UThread, which: Which, ids: Ids): void {
  const { process } = t;
  const now = { ...idsOf(t, which), ...ids };
  const { real, effective, saved, files } = NAMES[which];
  process.creds = {
    ...process.creds,
    [real]: now.real,
    [effective]: now.effective,
    [saved]: now.saved,
    [files]: ids.files ?? now.effective,
  };
  stampCredentials(process);
}

/** setuid(2), setgid(2): root changes all three, others the effective one. */
function setId(t: UThread, which: Which, id: number): void {
  if (isRoot(t)) {
    checkId(id);
    change(t, which, { real: id, effective: id, saved: id });
  } else setEffective(t, which, id);
}

/** seteuid(2), setegid(2). */
function setEffective(t: UThread, which: Which, id: number): void {
  checkId(id);
  const { real, saved } = idsOf(t, which);
  if (!isRoot(t) && id !== real && id !== saved) throw new SysError('EPERM');
  change(t, which, { effective: id });
}

/** setresuid(2), setreuid(2) and the same for groups: see Sys.setids. */
function setids(
  t: UThread,
  which: Which,
  ids: { real: number | undefined; effective: number | undefined; saved: number | 'keep' | undefined },
): void {
  if (typeof ids !== 'object' || ids === null || !Object.hasOwn(NAMES, which)) throw new SysError('EFAULT');
  const { real, effective, saved } = idsOf(t, which);
  const three = ids.saved !== undefined;
  const wanted = [ids.real, ids.effective, ids.saved === 'keep' ? undefined : ids.saved];
  for (const [index, id] of wanted.entries()) {
    if (id === undefined) continue;
    checkId(id);
    // setreuid lets the real id become the real or effective one only.
    const allowed = three || index === 1 ? [real, effective, saved] : [real, effective];
    if (!isRoot(t) && !allowed.includes(id)) throw new SysError('EPERM');
  }
  const newEffective = ids.effective ?? effective;
  const follows = ids.real !== undefined || (ids.effective !== undefined && ids.effective !== real);
  const newSaved = three ? (wanted[2] ?? saved) : follows ? newEffective : saved;
  change(t, which, { real: ids.real ?? real, effective: newEffective, saved: newSaved });
}

/** setfsuid(2), setfsgid(2): the old id, whether or not it was changed. */
function setfsid(t: UThread, which: Which, id: number): number {
  if (!Object.hasOwn(NAMES, which)) throw new SysError('EFAULT');
  const old = idsOf(t, which);
  const may = isRoot(t) || Object.values(old).includes(id);
  if (may && Number.isInteger(id) && id >= 0 && id <= ID_MAX) change(t, which, { files: id });
  return old.files;
}

export const credentialCalls = {
  getuid: (t: UThread): number => t.process.creds.uid,
  geteuid: (t: UThread): number => t.process.creds.euid,
  getgid: (t: UThread): number => t.process.creds.gid,
  getegid: (t: UThread): number => t.process.creds.egid,
  getgroups: (t: UThread): number[] => [...t.process.groups],
  setgroups: (t: UThread, groups: readonly number[]): void => {
    const { process } = t;
    if (!isRoot(t)) throw new SysError('EPERM');
    if (!Array.isArray(groups)) throw new SysError('EFAULT');
    if (groups.length > NGROUPS_MAX) throw new SysError('EINVAL');
    for (const gid of groups) checkId(gid);
    process.groups = [...groups];
    stampCredentials(process);
  },
  getids: (t: UThread, which: Which): [number, number, number] => {
    const { real, effective, saved } = idsOf(t, which === 'uid' ? 'uid' : 'gid');
    return [real, effective, saved];
  },
  setids,
  setfsid,
  setuid: (t: UThread, uid: number): void => setId(t, 'uid', uid),
  setgid: (t: UThread, gid: number): void => setId(t, 'gid', gid),
  seteuid: (t: UThread, uid: number): void => setEffective(t, 'uid', uid),
  setegid: (t: UThread, gid: number): void => setEffective(t, 'gid', gid),
};
