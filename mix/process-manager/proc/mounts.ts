/** What is mounted where, as proc(5) has it: /proc/mounts, /proc/PID/mounts, /proc/PID/mountinfo. */
import type { Thread } from '../../../nucleus/executive/thread.ts';
import type { UI } from '../../../nucleus/ids/ui.ts';
import { majorOf, minorOf } from '../../../subsystems/unix/constants.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import type { Manager } from '../manager.ts';

interface MountRow {
  path: string;
  source: string;
  type: string;
  port: UI;
  readOnly: boolean;
}

/** Number of the first mount in mountinfo; its parent is the one before. */
const FIRST_MOUNT = 1;

/** The root, then what each server has mounted below it. */
async function mounts(pm: Manager, thread: Thread): Promise<MountRow[]> {
  const { root } = pm.options;
  const { statfs } = await pm.servers.statfs(thread, { target: root }, { path: '', links: 0 });
  if (!statfs) throw new SysError('EPROTO');
  const { source, type, readOnly } = statfs;
  const rows: MountRow[] = [{ path: '/', source, type, port: root, readOnly }];
  for (const row of rows) rows.push(...(await mountsBelow(pm, thread, row)));
  return rows;
}

async function mountsBelow(pm: Manager, thread: Thread, row: MountRow): Promise<MountRow[]> {
  try {
    const reply = await pm.servers.mounts(thread, { target: row.port }, {});
    return reply.mounts.map((mount) => {
      const below = mount.path.startsWith('/') ? mount.path : `/${mount.path}`;
      return { ...mount, path: row.path === '/' ? below : row.path + below };
    });
  } catch {
    // A server without mounts, or one that is lost: the others still count.
    return [];
  }
}

/** Blanks and backslashes would end a field. */
const escaped = (text: string): string =>
  text.replace(/[ \t\n\\]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`);

/** Number of the mount whose files a server has: as mountinfo has it; 0 for objects without a path. */
export async function mountNumber(pm: Manager, thread: Thread, port: UI): Promise<number> {
  const index = (await mounts(pm, thread)).findIndex((row) => row.port === port);
  return index < 0 ? 0 : FIRST_MOUNT + index;
}

/** fstab(5) lines. */
export async function mountsText(pm: Manager): Promise<string> {
  const rows = await pm.withThread((thread) => mounts(pm, thread));
  return rows
    .map(({ source, path, type, readOnly }) => {
      return `${escaped(source)} ${escaped(path)} ${type} ${readOnly ? 'ro' : 'rw'} 0 0\n`;
    })
    .join('');
}

/** Lines of "id parent major:minor root mount-point options - type source options". */
export async function mountInfoText(pm: Manager): Promise<string> {
  const lines = await pm.withThread(async (thread) => {
    const rows = await mounts(pm, thread);
    return Promise.all(
      rows.map(async ({ source, path, type, port, readOnly }, i) => {
        const dev = await deviceOf(pm, port);
        const options = readOnly ? 'ro' : 'rw';
        const place = `${majorOf(dev)}:${minorOf(dev)} / ${escaped(path)}`;
        const number = FIRST_MOUNT + i;
        const parent = Math.max(0, FIRST_MOUNT + parentOf(rows, i));
        return `${number} ${parent} ${place} ${options} - ${type} ${escaped(source)} ${options}\n`;
      }),
    );
  });
  return lines.join('');
}

/** Index of the mount that holds the mount point: the longest path above. The root's is -1. */
function parentOf(rows: readonly MountRow[], index: number): number {
  const { path } = rows[index]!;
  let best = -1;
  for (const [i, row] of rows.entries()) {
    const above = row.path === '/' ? '/' : `${row.path}/`;
    if (i !== index && path.startsWith(above) && (best < 0 || row.path.length > rows[best]!.path.length)) {
      best = i;
    }
  }
  return best;
}

/** st_dev of a server's files; 0 where it is lost. */
async function deviceOf(pm: Manager, port: UI): Promise<number> {
  try {
    const request = { path: '', links: 0, follow: true };
    const { stat } = await pm.withThread((thread) => pm.servers.stat(thread, { target: port }, request));
    return stat?.dev ?? 0;
  } catch {
    return 0;
  }
}
