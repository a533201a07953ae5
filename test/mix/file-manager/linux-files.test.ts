/** What Linux adds to POSIX files: sparse files and their space, nameless files, exchange, seals. */
import { describe, expect, it } from 'vitest';
import { memoryVolume } from '../../../drivers/memfs-volume/volume.ts';
import type { Key } from '../../../nucleus/ids/capability.ts';
import { Falloc, O, Rename, S, Seal, Seek } from '../../../subsystems/unix/constants.ts';
import { bench, errno, type User } from './support.ts';

const PAGE = 4096;
const NO_LIMIT = Number.POSITIVE_INFINITY;

const allocate = (user: User, key: Key, mode: number, offset: number, length: number, limit = NO_LIMIT) =>
  user.now('allocate', { key, mode, offset, length, limit });
const sought = (user: User, key: Key, offset: number, whence: number): number | string => {
  let found = -1;
  const code = errno(() => (found = user.now('seek', { key, offset, whence }).offset));
  return code === 'ok' ? found : code;
};

describe('space', () => {
  it('is held ahead, extends the file or not, and is given back', () => {
    const { root, volume } = bench();
    const key = root.open('/f', O.RDWR | O.CREAT);
    const free = volume.statfs().bfree;
    allocate(root, key, Falloc.KEEP_SIZE, 0, 10 * PAGE);
    expect(root.stat('/f')).toMatchObject({ size: 0, blocks: 80 });
    expect(volume.statfs().bfree).toBe(free - 10);
    allocate(root, key, 0, PAGE, 20 * PAGE);
    expect(root.stat('/f')).toMatchObject({ size: 21 * PAGE, blocks: 21 * 8 });
    expect(root.read(key, PAGE, 20 * PAGE)).toBe('\0'.repeat(PAGE));
    root.truncate('/f', 0);
    expect(root.stat('/f').blocks).toBe(0);
    expect(volume.statfs().bfree).toBe(free);
  });

  it('of a full volume is refused at once, and what is held can be written', () => {
    const { root } = bench(memoryVolume({ sizeBytes: 8 * PAGE }));
    const key = root.open('/f', O.RDWR | O.CREAT);
    allocate(root, key, 0, 0, 4 * PAGE);
    expect(errno(() => allocate(root, key, 0, 0, 9 * PAGE))).toBe('ENOSPC');
    expect(errno(() => allocate(root, key, 0, 0, 2 ** 42))).toBe('ENOSPC');
    expect(errno(() => allocate(root, key, 0, 2 ** 50, PAGE))).toBe('EFBIG');
    root.put('/g', 'x'.repeat(4 * PAGE));
    expect(errno(() => root.put('/h', 'x'))).toBe('ENOSPC');
    expect(root.write(key, 'y'.repeat(4 * PAGE), 0)).toBe(4 * PAGE);
  });

  it('is punched: whole pages go, parts are zero, the size stays', () => {
    const { root } = bench();
    root.put('/f', 'x'.repeat(10 * PAGE));
    const key = root.open('/f', O.RDWR);
    allocate(root, key, Falloc.PUNCH_HOLE | Falloc.KEEP_SIZE, PAGE + 100, 3 * PAGE);
    expect(root.stat('/f')).toMatchObject({ size: 10 * PAGE, blocks: 64 });
    const text = root.read(key, 10 * PAGE, 0);
    expect(text).toBe('x'.repeat(PAGE + 100) + '\0'.repeat(3 * PAGE) + 'x'.repeat(6 * PAGE - 100));
  });

  it('is zeroed and stays held, beyond the end too', () => {
    const { root } = bench();
    root.put('/f', 'x'.repeat(2 * PAGE));
    const key = root.open('/f', O.RDWR);
    allocate(root, key, Falloc.ZERO_RANGE, PAGE, 2 * PAGE);
    expect(root.stat('/f')).toMatchObject({ size: 3 * PAGE, blocks: 24 });
    expect(root.read(key, 3 * PAGE, 0)).toBe('x'.repeat(PAGE) + '\0'.repeat(2 * PAGE));
    allocate(root, key, Falloc.ZERO_RANGE | Falloc.KEEP_SIZE, 3 * PAGE, PAGE);
    expect(root.stat('/f')).toMatchObject({ size: 3 * PAGE, blocks: 32 });
  });

  it('is no business of readers, directories, and unknown modes', () => {
    const { root } = bench();
    root.put('/f', 'x');
    const [reader, writer] = [root.open('/f'), root.open('/f', O.WRONLY)];
    expect(errno(() => allocate(root, reader, 0, 0, 1))).toBe('EBADF');
    expect(errno(() => allocate(root, writer, Falloc.PUNCH_HOLE, 0, 1))).toBe('EOPNOTSUPP');
    expect(errno(() => allocate(root, writer, 8, 0, 1))).toBe('EOPNOTSUPP');
    expect(errno(() => allocate(root, writer, 0, 0, 0))).toBe('EINVAL');
    expect(errno(() => allocate(root, writer, 0, 0, 100, 50))).toBe('EFBIG');
    expect(root.stat('/f').size).toBe(1);
  });

  it('is found by SEEK_DATA and SEEK_HOLE', () => {
    const { root } = bench();
    root.put('/f', '');
    const key = root.open('/f', O.RDWR);
    root.write(key, 'a', 5 * PAGE);
    root.write(key, 'b'.repeat(2 * PAGE), 2 ** 40);
    const size = 2 ** 40 + 2 * PAGE;
    expect(sought(root, key, 0, Seek.DATA)).toBe(5 * PAGE);
    expect(sought(root, key, 5 * PAGE + 7, Seek.DATA)).toBe(5 * PAGE + 7);
    expect(sought(root, key, 0, Seek.HOLE)).toBe(0);
    expect(sought(root, key, 5 * PAGE + 7, Seek.HOLE)).toBe(6 * PAGE);
    expect(sought(root, key, 6 * PAGE, Seek.DATA)).toBe(2 ** 40);
    expect(sought(root, key, 2 ** 40, Seek.HOLE)).toBe(size);
    expect(root.now('seek', { key, offset: 0, whence: Seek.CUR }).offset).toBe(size);
    expect(sought(root, key, size, Seek.DATA)).toBe('ENXIO');
    expect(sought(root, key, size, Seek.HOLE)).toBe('ENXIO');
    root.truncate('/f', 2 ** 40);
    expect(sought(root, key, 6 * PAGE, Seek.DATA)).toBe('ENXIO');
    expect(sought(root, key, 6 * PAGE, Seek.HOLE)).toBe(6 * PAGE);
  });
});

describe('nameless files', () => {
  it('are made in a directory one may write, and get a name by a link', () => {
    const { root, alice, volume } = bench();
    root.mkdir('/t', 0o777);
    root.chmod('/t', 0o1777);
    root.mkdir('/p', 0o755);
    const free = volume.statfs().ffree;
    const key = alice.open('/t', O.TMPFILE | O.RDWR, 0o644);
    expect(alice.now('fstat', { key }).stat).toMatchObject({ nlink: 0, mode: S.IFREG | 0o644, uid: 1000 });
    expect(alice.now('getFlags', { key }).flags).toBe(O.RDWR);
    expect(alice.list('/t')).toEqual(['.', '..']);
    alice.write(key, 'text');
    const to = alice.open('/t', O.PATH | O.DIRECTORY);
    alice.now('link', { object: key, to, name: 'named' });
    expect(alice.get('/t/named')).toBe('text');
    expect(alice.stat('/t/named').nlink).toBe(1);
    alice.unlink('/t/named');
    expect(errno(() => alice.now('link', { object: key, to, name: 'again' }))).toBe('ENOENT');
    alice.close(key);
    expect(volume.statfs().ffree).toBe(free);
    expect(errno(() => alice.open('/p', O.TMPFILE | O.RDWR))).toBe('EACCES');
  });

  it('stay nameless with O_EXCL, go at the last close, and must be writable', () => {
    const { root, volume } = bench();
    const before = volume.statfs();
    const key = root.open('/', O.TMPFILE | O.RDWR | O.EXCL);
    root.write(key, 'x');
    const to = root.open('/', O.PATH | O.DIRECTORY);
    expect(errno(() => root.now('link', { object: key, to, name: 'f' }))).toBe('ENOENT');
    root.close(key);
    expect(volume.statfs()).toMatchObject({ ffree: before.ffree, bfree: before.bfree });
    expect(errno(() => root.open('/', O.TMPFILE | O.RDONLY))).toBe('EINVAL');
    expect(errno(() => root.open('/', (O.TMPFILE & ~O.DIRECTORY) | O.RDWR))).toBe('EINVAL');
    root.put('/f', '');
    expect(errno(() => root.open('/f', O.TMPFILE | O.RDWR))).toBe('ENOTDIR');
    expect(errno(() => root.open('/none', O.TMPFILE | O.RDWR))).toBe('ENOENT');
  });
});

describe('rename with flags', () => {
  function places() {
    const { root } = bench();
    const at = (path: string) => root.open(path, O.PATH | O.DIRECTORY);
    const rename = (from: string, fromName: string, to: string, toName: string, flags: number) =>
      errno(() => root.now('rename', { from: at(from), fromName, to: at(to), toName, flags }));
    return { root, rename };
  }

  it('NOREPLACE leaves what is there', () => {
    const { root, rename } = places();
    root.put('/a', 'a');
    root.put('/b', 'b');
    expect(rename('/', 'a', '/', 'b', Rename.NOREPLACE)).toBe('EEXIST');
    expect(rename('/', 'a', '/', 'a', Rename.NOREPLACE)).toBe('EEXIST');
    expect(rename('/', 'a', '/', 'c', Rename.NOREPLACE)).toBe('ok');
    expect([root.get('/b'), root.get('/c')]).toEqual(['b', 'a']);
  });

  it('EXCHANGE swaps a file with a directory of another parent', () => {
    const { root, rename } = places();
    root.mkdir('/d');
    root.mkdir('/d/e');
    root.put('/d/e/x', 'inside');
    root.put('/f', 'file');
    expect(rename('/', 'f', '/d', 'e', Rename.EXCHANGE)).toBe('ok');
    expect(root.get('/d/e')).toBe('file');
    expect(root.get('/f/x')).toBe('inside');
    expect([root.stat('/').nlink, root.stat('/d').nlink]).toEqual([4, 2]);
    expect(root.now('path', { key: root.open('/f', O.PATH) }).path).toBe('/f');
    expect(root.stat('/f/..').ino).toBe(root.stat('/').ino);
  });

  it('EXCHANGE needs both, not below each other; both flags at once and WHITEOUT are EINVAL', () => {
    const { root, rename } = places();
    root.mkdir('/d');
    root.mkdir('/d/e');
    expect(rename('/', 'd', '/', 'none', Rename.EXCHANGE)).toBe('ENOENT');
    expect(rename('/', 'd', '/d', 'e', Rename.EXCHANGE)).toBe('EINVAL');
    expect(rename('/d', 'e', '/', 'd', Rename.EXCHANGE)).toBe('EINVAL');
    expect(rename('/', 'd', '/', 'x', Rename.EXCHANGE | Rename.NOREPLACE)).toBe('EINVAL');
    expect(rename('/', 'd', '/', 'x', Rename.WHITEOUT)).toBe('EINVAL');
    expect(root.list('/')).toEqual(['.', '..', 'd']);
  });
});

describe('seals', () => {
  const memfd = (user: User, seals = 0): Key => user.now('memfd', { seals, mode: 0o777 }).key;
  const add = (user: User, key: Key, seals: number) => errno(() => user.now('seals', { key, add: seals }));
  const truncate = (user: User, key: Key, length: number) =>
    errno(() => user.now('ftruncate', { key, length, limit: NO_LIMIT }));

  it('stop growing, shrinking and writing, once and for all', () => {
    const { root } = bench();
    const key = memfd(root);
    root.write(key, 'abcd');
    expect(add(root, key, Seal.GROW)).toBe('ok');
    expect([truncate(root, key, 5), truncate(root, key, 4), truncate(root, key, 3)]).toEqual([
      'EPERM',
      'ok',
      'ok',
    ]);
    expect(errno(() => root.write(key, 'xyz!', 0))).toBe('EPERM');
    expect(root.write(key, 'xyz', 0)).toBe(3);
    expect(errno(() => allocate(root, key, 0, 0, 10))).toBe('EPERM');
    expect(add(root, key, Seal.SHRINK)).toBe('ok');
    expect(truncate(root, key, 1)).toBe('EPERM');
    expect(add(root, key, Seal.WRITE | Seal.SEAL)).toBe('ok');
    expect(errno(() => root.write(key, 'x', 0))).toBe('EPERM');
    const punch = Falloc.PUNCH_HOLE | Falloc.KEEP_SIZE;
    expect(errno(() => allocate(root, key, punch, 0, 1))).toBe('EPERM');
    expect(add(root, key, Seal.EXEC)).toBe('EPERM');
    const all = Seal.GROW | Seal.SHRINK | Seal.WRITE | Seal.SEAL;
    expect(root.now('seals', { key, add: 0 }).seals).toBe(all);
    expect(root.read(key, 10, 0)).toBe('xyz');
  });

  it('are for memfd files, and the volume is empty when they are closed', () => {
    const { root, volume } = bench();
    root.put('/f', '');
    const before = volume.statfs();
    expect(add(root, root.open('/f', O.RDWR), Seal.WRITE)).toBe('EINVAL');
    const key = memfd(root, Seal.SEAL);
    expect(add(root, key, Seal.WRITE)).toBe('EPERM');
    expect(add(root, key, 64)).toBe('EINVAL');
    root.write(key, 'x');
    root.close(key);
    expect(volume.statfs()).toMatchObject({ ffree: before.ffree, bfree: before.bfree });
  });

  it('keep the execute bits as they are', () => {
    const { root } = bench();
    const key = memfd(root, Seal.EXEC);
    expect(errno(() => root.now('fchmod', { key, mode: 0o666 }))).toBe('EPERM');
    expect(errno(() => root.now('fchmod', { key, mode: 0o711 }))).toBe('ok');
  });
});
