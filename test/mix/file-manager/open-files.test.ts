import { describe, expect, it } from 'vitest';
import { memoryVolume } from '../../../drivers/memfs-volume/volume.ts';
import { ObjectProtocol } from '../../../mix/protocols/object.ts';
import type { Key } from '../../../nucleus/ids/capability.ts';
import { Nucleus } from '../../../nucleus/nucleus.ts';
import { O, Poll, Seek } from '../../../subsystems/unix/constants.ts';
import { bench, errno } from './support.ts';

describe('open files', () => {
  it('share one offset among all who hold the description', () => {
    const { root, alice } = bench();
    root.put('/f', 'abcdef');
    const key = root.open('/f');
    expect(root.read(key, 2)).toBe('ab');
    expect(alice.read(key, 2)).toBe('cd');
    expect(alice.read(key, 2, 0)).toBe('ab');
    expect(root.read(key, 9)).toBe('ef');
    expect(root.read(key, 9)).toBe('');
    expect(root.now('seek', { key, offset: -2, whence: Seek.END }).offset).toBe(4);
    expect(errno(() => root.now('seek', { key, offset: -1, whence: Seek.SET }))).toBe('EINVAL');
    expect(errno(() => root.now('seek', { key, offset: 0, whence: 9 }))).toBe('EINVAL');
  });

  it('append at the end whatever the offset, also for a positioned write', () => {
    const { root } = bench();
    root.put('/f', 'one');
    const [a, b] = [root.open('/f', O.WRONLY | O.APPEND), root.open('/f', O.WRONLY | O.APPEND)];
    root.write(a, ' two');
    root.write(b, ' three');
    root.write(a, ' four', 0);
    expect(root.get('/f')).toBe('one two three four');
    root.now('setFlags', { key: a, flags: 0 });
    root.write(a, 'ONE', 0);
    expect(root.get('/f')).toBe('ONE two three four');
  });

  it('live on after their name is gone, until the last holder lets go', () => {
    const { root, volume } = bench();
    root.put('/f', 'text');
    const before = volume.statfs();
    const key = root.open('/f', O.RDWR);
    root.unlink('/f');
    expect(root.now('fstat', { key }).stat.nlink).toBe(0);
    root.write(key, 'more', 4);
    expect(root.read(key, 10, 0)).toBe('textmore');
    expect(volume.statfs().ffree).toBe(before.ffree);
    root.close(key);
    expect(volume.statfs().ffree).toBe(before.ffree + 1);
    expect(volume.statfs().bfree).toBe(before.bfree + 1);
    expect(errno(() => root.read(key))).toBe('EBADF');
  });

  it('are sparse where nothing was written', () => {
    const { root, volume } = bench();
    root.put('/f', '');
    const key = root.open('/f', O.RDWR);
    root.write(key, 'end', 1_000_000_000);
    const { size, blocks } = root.stat('/f');
    expect([size, blocks]).toEqual([1_000_000_003, 8]);
    expect(root.read(key, 4, 500_000_000)).toBe('\0\0\0\0');
    root.truncate('/f', 4);
    expect(root.stat('/f')).toMatchObject({ size: 4, blocks: 0 });
    root.now('ftruncate', { key, length: 10, limit: Number.POSITIVE_INFINITY });
    expect(root.read(key, 20, 0)).toBe('\0'.repeat(10));
    expect(volume.statfs().bfree).toBe(volume.statfs().blocks);
  });

  it('grow to the limit given and not beyond', () => {
    const { root } = bench();
    root.put('/f', '');
    const key = root.open('/f', O.RDWR);
    expect(root.write(key, 'abcdef', -1, 4)).toBe(4);
    expect(errno(() => root.write(key, 'x', -1, 4))).toBe('EFBIG');
    expect(root.write(key, '', -1, 4)).toBe(0);
    expect(errno(() => root.now('ftruncate', { key, length: 9, limit: 4 }))).toBe('EFBIG');
    expect(errno(() => root.write(key, 'x', 2 ** 45))).toBe('EFBIG');
    expect(root.stat('/f').size).toBe(4);
  });

  it('run out of space with what fits written', () => {
    const { root } = bench(memoryVolume({ sizeBytes: 8192, inodes: 3 }));
    root.put('/f', '');
    const key = root.open('/f', O.WRONLY);
    expect(root.write(key, 'x'.repeat(10_000))).toBe(8192);
    expect(errno(() => root.write(key, 'x'))).toBe('ENOSPC');
    root.put('/g', '');
    expect(errno(() => root.put('/h', ''))).toBe('ENOSPC');
    root.truncate('/f', 0);
    expect(root.write(key, 'x'.repeat(4096), 0)).toBe(4096);
  });

  it('refuse what they were not opened for', () => {
    const { root } = bench();
    root.put('/f', 'x');
    const [reader, writer, place] = [root.open('/f'), root.open('/f', O.WRONLY), root.open('/f', O.PATH)];
    const directory = root.open('/', O.RDONLY);
    expect(errno(() => root.write(reader, 'y'))).toBe('EBADF');
    expect(errno(() => root.read(writer))).toBe('EBADF');
    expect(errno(() => root.read(place))).toBe('EBADF');
    expect(errno(() => root.now('fchmod', { key: place, mode: 0 }))).toBe('EBADF');
    expect(root.now('fstat', { key: place }).stat.size).toBe(1);
    expect(errno(() => root.read(directory))).toBe('EISDIR');
    expect(errno(() => root.now('readdir', { key: reader, max: 9 }))).toBe('ENOTDIR');
    expect(
      errno(() =>
        root.now('ioctl', {
          key: reader,
          request: 'TCGETS',
          argument: null,
          pid: 1,
          pgid: 1,
          sid: 1,
          ignoring: false,
        }),
      ),
    ).toBe('ENOTTY');
    expect(errno(() => root.now('ftruncate', { key: reader, length: 0, limit: 1 }))).toBe('EINVAL');
    expect(errno(() => root.read('0123456789abcdef' as Key))).toBe('EBADF');
    expect(root.now('poll', { key: reader, events: Poll.IN | Poll.PRI, wait: true }).revents).toBe(Poll.IN);
    expect(root.now('getFlags', { key: writer }).flags).toBe(O.WRONLY);
  });

  it('keep access times as relatime does, and change times only on a real write', () => {
    let nowMs = 1_000_000;
    const clock = { now: () => nowMs, monotonic: () => nowMs, setTimer: () => () => {}, defer: setImmediate };
    const { root } = bench(memoryVolume({ now: () => nowMs }), new Nucleus({ site: 1, clock }));
    root.put('/f', 'x');
    nowMs += 1000;
    root.get('/f');
    expect(root.stat('/f').atimeMs).toBe(nowMs);
    const readMs = nowMs;
    nowMs += 1000;
    root.get('/f');
    expect(root.stat('/f').atimeMs).toBe(readMs);
    nowMs += 25 * 3600 * 1000;
    root.get('/f');
    expect(root.stat('/f')).toMatchObject({ atimeMs: nowMs, mtimeMs: 1_000_000, ctimeMs: 1_000_000 });
    nowMs += 1000;
    const key = root.open('/f', O.WRONLY);
    root.write(key, '');
    expect(root.stat('/f').mtimeMs).toBe(1_000_000);
    root.write(key, 'y');
    expect(root.stat('/f')).toMatchObject({ mtimeMs: nowMs, ctimeMs: nowMs });
  });
});

describe('holds', () => {
  it('keep a description open for every site that has it; a lost site lets go of all', () => {
    const { nucleus, manager, root } = bench();
    const { handler } = nucleus.ipc.ports.get(manager.port)!;
    /** A call as if from another site: with its number in the message head. */
    const from = (srcSite: number, name: 'hold' | 'release', value: unknown) => {
      const op = ObjectProtocol.operations.find((each) => each.name === name)!;
      const pi = { uid: 0, gid: 0, domain: 0 };
      const head = { srcSite, srcPort: null, target: manager.port, transId: 1, actorPi: pi, portPi: pi };
      return handler!({ call: { protocol: ObjectProtocol, op, value } }, { ...head, thread: root.thread });
    };
    root.put('/f', 'text');
    const [first, second] = [root.open('/f'), root.open('/f')];
    from(2, 'hold', { keys: [first, second] });
    root.close(first);
    root.close(second);
    expect(root.read(first, 4)).toBe('text');
    from(2, 'release', { key: first });
    expect(errno(() => root.read(first))).toBe('EBADF');
    expect(root.read(second, 4)).toBe('text');
    nucleus.siteChanged(2, false);
    expect(errno(() => root.read(second))).toBe('EBADF');
  });
});
