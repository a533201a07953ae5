import { describe, expect, it } from 'vitest';
import { isKError } from '../../../nucleus/errors.ts';
import type { Key } from '../../../nucleus/ids/capability.ts';
import { Lock, O } from '../../../subsystems/unix/constants.ts';
import { isSysError } from '../../../subsystems/unix/errno.ts';
import { bench, errno, User } from './support.ts';

function locked() {
  const { root, nucleus, manager } = bench();
  root.put('/f', 'x'.repeat(100));
  const key = root.open('/f', O.RDWR);
  const set = (pid: number, type: number, start: number, length: number, user: User = root) =>
    user.call('setLock', { key, lock: { pid, type, start, length }, wait: false });
  const wait = async (user: User, pid: number, type: number, start = 0, length = 0) =>
    user.call('setLock', { key, lock: { pid, type, start, length }, wait: true });
  /** The locks that are in `pid`'s way, byte by byte over the first 20 bytes: R, W or '.'. */
  const map = (pid: number): string =>
    Array.from({ length: 20 }, (_, start) => {
      const { lock } = root.now('getLock', { key, lock: { pid, type: Lock.WRLCK, start, length: 1 } });
      return lock.type === Lock.UNLCK ? '.' : lock.type === Lock.RDLCK ? 'R' : 'W';
    }).join('');
  const another = () => new User(nucleus, manager.port, 0);
  return { root, nucleus, manager, key, set, wait, map, another };
}

describe('record locks', () => {
  it('split, merge, upgrade and downgrade within one process', () => {
    const { set, map } = locked();
    set(1, Lock.RDLCK, 2, 10);
    expect(map(2)).toBe('..RRRRRRRRRR........');
    set(1, Lock.WRLCK, 5, 3);
    expect(map(2)).toBe('..RRRWWWRRRR........');
    set(1, Lock.UNLCK, 6, 1);
    expect(map(2)).toBe('..RRRW.WRRRR........');
    set(1, Lock.RDLCK, 0, 15);
    expect(map(2)).toBe('RRRRRRRRRRRRRRR.....');
    set(1, Lock.UNLCK, 10, 0);
    expect(map(2)).toBe('RRRRRRRRRR..........');
    expect(map(1)).toBe('....................');
  });

  it('merges neighbours into one range', () => {
    const { root, key, set } = locked();
    set(1, Lock.WRLCK, 0, 5);
    set(1, Lock.WRLCK, 10, 5);
    set(1, Lock.WRLCK, 5, 5);
    const { lock } = root.now('getLock', { key, lock: { pid: 2, type: Lock.RDLCK, start: 12, length: 1 } });
    expect(lock).toEqual({ type: Lock.WRLCK, start: 0, length: 15, pid: 1 });
  });

  it('are shared for reading and exclusive for writing', () => {
    const { set } = locked();
    set(1, Lock.RDLCK, 0, 10);
    set(2, Lock.RDLCK, 5, 10);
    expect(errno(() => set(2, Lock.WRLCK, 0, 1))).toBe('EAGAIN');
    expect(errno(() => set(2, Lock.WRLCK, 10, 5))).toBe('ok');
    expect(errno(() => set(1, Lock.RDLCK, 12, 0))).toBe('EAGAIN');
    expect(errno(() => set(1, Lock.WRLCK, 0, 5))).toBe('ok');
  });

  it('reach to the end of the file, however long, with length 0', () => {
    const { root, key, set } = locked();
    set(1, Lock.WRLCK, 50, 0);
    const query = { pid: 2, type: Lock.WRLCK, start: 10_000_000, length: 1 };
    expect(root.now('getLock', { key, lock: query }).lock).toEqual({
      type: Lock.WRLCK,
      start: 50,
      length: 0,
      pid: 1,
    });
  });

  it('need a description open for what they are for', () => {
    const { root } = locked();
    const [reader, writer] = [root.open('/f', O.RDONLY), root.open('/f', O.WRONLY)];
    const set = (key: Key, type: number) =>
      errno(() => root.now('setLock', { key, lock: { pid: 1, type, start: 0, length: 1 }, wait: false }));
    expect([set(reader, Lock.RDLCK), set(reader, Lock.WRLCK)]).toEqual(['ok', 'EBADF']);
    expect([set(writer, Lock.WRLCK), set(writer, Lock.RDLCK), set(writer, 7)]).toEqual([
      'ok',
      'EBADF',
      'EINVAL',
    ]);
  });

  it('are waited for, and granted when the range is free', async () => {
    const { set, wait, map, another } = locked();
    set(1, Lock.WRLCK, 0, 10);
    let granted = false;
    const waiting = wait(another(), 2, Lock.WRLCK, 5, 10).then(() => (granted = true));
    set(1, Lock.UNLCK, 0, 5);
    await new Promise((resolve) => setImmediate(resolve));
    expect(granted).toBe(false);
    set(1, Lock.UNLCK, 0, 0);
    await waiting;
    expect(map(1)).toBe('.....WWWWWWWWWW.....');
  });

  it('a wait ends with K_EABORT when its thread is aborted, and leaves nothing behind', async () => {
    const { set, wait, another, map } = locked();
    set(1, Lock.WRLCK, 0, 10);
    const other = another();
    const waiting = wait(other, 2, Lock.WRLCK);
    other.thread.abort();
    await expect(waiting).rejects.toSatisfy((error) => isKError(error, 'K_EABORT'));
    set(1, Lock.UNLCK, 0, 0);
    expect(map(3)).toBe('....................');
  });

  it('a circle of waiting processes is EDEADLK', async () => {
    const { set, wait, another } = locked();
    for (const pid of [1, 2, 3]) set(pid, Lock.WRLCK, pid, 1);
    const first = wait(another(), 1, Lock.WRLCK, 2, 1);
    const second = wait(another(), 2, Lock.WRLCK, 3, 1);
    await expect(wait(another(), 3, Lock.WRLCK, 1, 1)).rejects.toSatisfy((error) =>
      isSysError(error, 'EDEADLK'),
    );
    set(3, Lock.UNLCK, 0, 0);
    await second;
    set(2, Lock.UNLCK, 0, 0);
    await first;
  });

  it('go when their process closes the file, and when its site is lost', async () => {
    const { root, nucleus, key, set, wait, another } = locked();
    set(1, Lock.WRLCK, 0, 10);
    const waiting = wait(another(), 2, Lock.WRLCK);
    root.now('unlockAll', { key, pid: 1 });
    await waiting;
    expect(errno(() => set(3, Lock.RDLCK, 0, 1))).toBe('EAGAIN');
    nucleus.siteChanged(1, false);
    const again = root.open('/f', O.RDWR);
    root.now('setLock', { key: again, lock: { pid: 3, type: Lock.WRLCK, start: 0, length: 1 }, wait: false });
  });
});
