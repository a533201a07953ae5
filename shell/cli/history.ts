/**
 * The shell's history across sessions: the default system keeps nothing, so the history file of its user is
 * brought in when the terminal opens and taken out when it closes. It lies in the person's state directory on
 * the host.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Carrier, makeHost } from '../api/carrier.ts';
import { Files } from '../api/files.ts';
import { Host } from '../api/host.ts';
import type { User } from '../api/users.ts';

/** Name of the shell's history file in its home directory. */
const HISTORY = '.sh_history';
const HISTORY_BYTES_MAX = 1024 * 1024;

function hostPath(user: User): string {
  const base = process.env.XDG_STATE_HOME ?? join(homedir(), '.local', 'state');
  return join(base, 'chorus', `history-${user.name}`);
}

/** Brings the history in. The result takes it out again; neither ever fails a session. */
export async function keepHistory(carrier: Carrier, user: User): Promise<() => Promise<void>> {
  const path = hostPath(user);
  const guest = `${user.home}/${HISTORY}`;
  const host = new Host(makeHost(carrier.home, user, '/'));
  const files = new Files(host);
  try {
    await files.writeFile(guest, readFileSync(path), { mode: 0o600 });
  } catch {
    // No history yet, or no place for it.
  }
  return async () => {
    try {
      const bytes = await files.readFile(guest);
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      writeFileSync(`${path}.new`, bytes.subarray(-HISTORY_BYTES_MAX), { mode: 0o600 });
      renameSync(`${path}.new`, path);
    } catch {
      // The shell kept none, or the host takes none.
    }
  };
}
