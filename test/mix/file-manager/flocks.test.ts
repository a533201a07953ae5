import { describe, expect, it } from 'vitest';
import { isKError } from '../../../nucleus/errors.ts';
import type { Key } from '../../../nucleus/ids/capability.ts';
import { Lock, O } from '../../../subsystems/unix/constants.ts';
import { bench, errno, User } from './support.ts';

type Kind = 'shared' | 'exclusive' | 'unlock';

function files() {
  const { root, nucleus, manager } = bench();
  root.put('/f', 'x');
  const open = () => root.open('/f', O.RDWR);
  const lock = (key: Key, kind: Kind) => errno(() => root.now('flock', { key, kind, wait: false }));
  const another = () => new User(nucleus, manager.port, 0);
  const wait = async (user: User, key: Key, kind: Kind) => user.call('flock', { key, kind, wait: true });
  return { root, nucleus, open, lock, another, wait };
}

describe('locks of open file descriptions', () => {
  it('are shared or exclusive, and any holder of the description may change them', () => {
    const { open, lock } = files();
    const [a, b, c] = [open(), open(), open()];
    expect([lock(a, 'shared'), lock(b, 'shared'), lock(c, 'exclusive')]).toEqual(['ok', 'ok', 'EAGAIN']);
    expect(lock(a, 'shared')).toBe('ok');
    expect([lock(a, 'unlock'), lock(b, 'exclusive'), lock(a, 'shared')]).toEqual(['ok', 'ok', 'EAGAIN']);
    expect([lock(b, 'shared'), lock(a, 'shared'), lock(a, 'unlock'), lock(b, 'unlock')]).toEqual(
      Array.from({ length: 4 }, () => 'ok'),
    );
  });

  it('a change that fails loses the old lock', () => {
    const { open, lock } = files();
    const [a, b] = [open(), open()];
    expect([lock(a, 'shared'), lock(b, 'shared'), lock(a, 'exclusive')]).toEqual(['ok', 'ok', 'EAGAIN']);
    expect(lock(b, 'exclusive')).toBe('ok');
  });

  it('end with the last close, and with the last site that held them', async () => {
    const { root, nucleus, open, lock, another, wait } = files();
    const [a, b] = [open(), open()];
    lock(a, 'exclusive');
    const waiting = wait(another(), b, 'exclusive');
    root.close(a);
    await waiting;
    expect(lock(open(), 'shared')).toBe('EAGAIN');
    nucleus.siteChanged(1, false);
    expect(lock(open(), 'exclusive')).toBe('ok');
  });

  it('waits are ended by an abort, and leave nothing behind', async () => {
    const { open, lock, another, wait } = files();
    const [a, b] = [open(), open()];
    lock(a, 'shared');
    const user = another();
    const waiting = wait(user, b, 'exclusive');
    user.thread.abort();
    await expect(waiting).rejects.toSatisfy((error) => isKError(error, 'K_EABORT'));
    expect([lock(a, 'unlock'), lock(open(), 'exclusive')]).toEqual(['ok', 'ok']);
  });

  it('of a description that was closed while it waited fail', async () => {
    const { root, open, lock, another, wait } = files();
    const [a, b] = [open(), open()];
    lock(a, 'exclusive');
    const waiting = wait(another(), b, 'exclusive');
    root.close(b);
    lock(a, 'unlock');
    await expect(waiting).rejects.toMatchObject({ code: 'EBADF' });
    expect(lock(a, 'exclusive')).toBe('ok');
  });

  it('know nothing of record locks, and not of places', () => {
    const { root, open, lock } = files();
    const [a, b] = [open(), open()];
    lock(a, 'exclusive');
    const record = { pid: 1, type: Lock.WRLCK, start: 0, length: 0 };
    root.now('setLock', { key: b, lock: record, wait: false });
    expect(lock(root.open('/f', O.PATH), 'shared')).toBe('EBADF');
    const directory = root.open('/', O.RDONLY | O.DIRECTORY);
    expect(lock(directory, 'exclusive')).toBe('ok');
  });
});

describe('record locks of open file descriptions', () => {
  it('stand in the way of other descriptions and of processes, until their last close', () => {
    const { root, open } = files();
    const [a, b] = [open(), open()];
    const range = (type: number, pid = 0) => ({ pid, type, start: 0, length: 10 });
    const set = (key: Key, ofd: boolean, type: number, pid = 0) =>
      errno(() => root.now('setLock', { key, lock: range(type, pid), wait: false, ofd }));
    expect([set(a, true, Lock.WRLCK), set(a, true, Lock.RDLCK), set(a, true, Lock.WRLCK)]).toEqual(
      Array.from({ length: 3 }, () => 'ok'),
    );
    expect([set(b, true, Lock.RDLCK), set(b, false, Lock.RDLCK, 7), set(a, false, Lock.RDLCK, 7)]).toEqual(
      Array.from({ length: 3 }, () => 'EAGAIN'),
    );
    const asked = root.now('getLock', { key: b, lock: range(Lock.RDLCK, 7), ofd: false });
    expect(asked.lock).toMatchObject({ pid: -1, type: Lock.WRLCK });
    root.now('unlockAll', { key: a, pid: 7 });
    expect(set(b, true, Lock.RDLCK)).toBe('EAGAIN');
    root.close(a);
    expect(set(b, true, Lock.WRLCK)).toBe('ok');
  });
});
