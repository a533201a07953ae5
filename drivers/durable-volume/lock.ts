/**
 * One process at a time has a store open. The lock is a file that names its holder: process id, the time that
 * process started (ids are used again), and the machine. It is taken by link(2), which is atomic; a lock
 * whose holder is dead is moved aside first, and put back when it turns out to be another's who was quicker.
 */

import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** The store cannot be opened: one line that says why. */
export class StoreError extends Error {}

/** A lock being taken over this often means that others take and leave it just as fast. */
const ATTEMPTS = 16;

/**
 * Takes the lock of the store in `directory`; the result gives it back. Throws StoreError when it is held.
 */
export function lockStore(directory: string): () => void {
  const path = join(directory, 'lock');
  const mine = `${process.pid} ${startTimeOf(process.pid) ?? '-'} ${hostname()} ${randomUUID()}\n`;
  const own = join(directory, `lock.${randomUUID()}`);
  writeFileSync(own, mine, { flag: 'wx', mode: 0o600 });
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (tryLink(own, path)) {
        return () => {
          if (readOr(path) === mine) rmSync(path, { force: true });
        };
      }
      const held = readOr(path);
      if (held === undefined) continue;
      if (isAlive(held)) throw new StoreError(`${directory}: in use by process ${held.split(' ')[0]}`);
      moveAside(directory, path, held);
    }
  } finally {
    rmSync(own, { force: true });
  }
  throw new StoreError(`${directory}: the lock changes hands too often`);
}

function tryLink(own: string, path: string): boolean {
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readOr(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function moveAside(directory: string, path: string, stale: string): void {
  const aside = join(directory, `lock.${randomUUID()}`);
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if (readOr(aside) !== stale) tryLink(aside, path);
  rmSync(aside, { force: true });
}

/**
 * Whether the holder named in a lock still runs. A holder on another machine cannot be asked: it counts as
 * alive.
 */
function isAlive(held: string): boolean {
  const [pidText = '', startTime = '', machine = ''] = held.trim().split(' ');
  if (machine !== hostname()) return true;
  const pid = Number(pidText);
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const now = startTimeOf(pid);
  return now === undefined || startTime === '-' || now === startTime;
}

/** Start time of a process in clock ticks since boot (Linux), undefined where there is no /proc. */
function startTimeOf(pid: number): string | undefined {
  const text = readOr(`/proc/${pid}/stat`);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ')[19];
}
