import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { hostVolume } from '../../drivers/host-volume/volume.ts';
import { O, S } from '../../subsystems/unix/constants.ts';
import { bench, errno } from '../mix/file-manager/support.ts';

const scratch = fs.mkdtempSync(join(tmpdir(), 'host-volume-'));
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }));
let trees = 0;

/** A directory to serve, beside a secret that must stay out of reach. */
function served(options: { readOnly?: boolean } = {}) {
  const top = join(scratch, `tree${trees++}`);
  const directory = join(top, 'root');
  fs.mkdirSync(directory, { recursive: true });
  fs.writeFileSync(join(top, 'secret'), 'secret');
  const volume = hostVolume({ directory, readOnly: options.readOnly ?? false });
  return { top, directory, ...bench(volume) };
}

describe('the host-directory volume', () => {
  it('serves and changes the directory', () => {
    const { directory, root } = served();
    fs.writeFileSync(join(directory, 'f'), 'from the host');
    expect(root.get('/f')).toBe('from the host');
    root.mkdir('/d', 0o750);
    root.put('/d/g', 'from the guest', 0o640);
    expect(fs.readFileSync(join(directory, 'd/g'), 'utf8')).toBe('from the guest');
    expect(fs.statSync(join(directory, 'd/g')).mode & 0o7777).toBe(0o640);
    expect(fs.statSync(join(directory, 'd')).mode & 0o7777).toBe(0o750);
    root.rename('/d/g', '/h');
    root.link('/h', '/i');
    expect(root.stat('/i').nlink).toBe(2);
    root.utimens('/h', 1_000_000, 2_000_500);
    expect(fs.statSync(join(directory, 'h'))).toMatchObject({ atimeMs: 1_000_000, mtimeMs: 2_000_500 });
    root.unlink('/i');
    root.rmdir('/d');
    expect(fs.readdirSync(directory).sort()).toEqual(['f', 'h']);
  });

  it('does not lead out of its root by links or dots', () => {
    const { top, directory, root } = served();
    fs.symlinkSync(top, join(directory, 'absolute'));
    fs.symlinkSync('..', join(directory, 'relative'));
    fs.symlinkSync('../secret', join(directory, 'file'));
    expect(errno(() => root.stat('/../secret'))).toBe('ENOENT');
    expect(errno(() => root.stat('/relative/secret'))).toBe('ENOENT');
    expect(errno(() => root.get('/file'))).toBe('ENOENT');
    // An absolute link goes on from the guest's own root, wherever that is.
    const reply = root.now('open', { path: 'absolute/secret', links: 0, flags: O.RDONLY, mode: 0, umask: 0 });
    expect(reply.moved).toMatchObject({ kind: 'root', rest: `${top}/secret` });
    // Creating through a link that dangles here makes the file in the guest's tree.
    fs.symlinkSync('../made', join(directory, 'dangling'));
    root.put('/dangling', 'inside');
    expect(fs.existsSync(join(top, 'made'))).toBe(false);
    expect(fs.readFileSync(join(directory, 'made'), 'utf8')).toBe('inside');
  });

  it('does not follow a link that took the place of a directory it knows', () => {
    const { top, directory, root } = served();
    fs.mkdirSync(join(directory, 'd/e'), { recursive: true });
    fs.mkdirSync(join(top, 'e'));
    fs.writeFileSync(join(top, 'e/secret'), 'secret');
    const known = root.open('/d/e', O.PATH | O.DIRECTORY);
    fs.renameSync(join(directory, 'd'), join(directory, 'old'));
    fs.symlinkSync(top, join(directory, 'd'));
    const ask = () => root.now('stat', { at: known, path: 'secret', links: 0, follow: true });
    expect(['ENOENT', 'ESTALE']).toContain(errno(ask));
    expect(
      errno(() => root.now('mkdir', { at: known, path: 'made', links: 0, mode: 0o755, umask: 0 })),
    ).toMatch(/ok|ESTALE/);
    expect(fs.existsSync(join(top, 'e/made'))).toBe(false);
  });

  it('does not follow a link that took the place of an open file', () => {
    const { top, directory, root } = served();
    fs.writeFileSync(join(directory, 'f'), 'mine');
    const key = root.open('/f', O.RDWR);
    fs.renameSync(join(directory, 'f'), join(directory, 'g'));
    fs.symlinkSync(join(top, 'secret'), join(directory, 'f'));
    root.write(key, 'MINE');
    expect(root.read(key, 10, 0)).toBe('MINE');
    expect(fs.readFileSync(join(top, 'secret'), 'utf8')).toBe('secret');
    root.close(key);
  });

  it('never opens FIFOs, sockets and devices of the host', () => {
    const { directory, root } = served();
    expect(spawnSync('mkfifo', [join(directory, 'fifo')]).status).toBe(0);
    const reply = root.now('open', { path: 'fifo', links: 0, flags: O.RDONLY, mode: 0, umask: 0 });
    expect(reply.special).toMatchObject({ kind: 'fifo', site: 1 });
    expect(errno(() => root.truncate('/fifo', 0))).toBe('EINVAL');
    expect(root.stat('/fifo').mode & S.IFMT).toBe(S.IFIFO);
    // One that takes the place of a known file does not stop the site either.
    fs.writeFileSync(join(directory, 'f'), 'x');
    const key = root.open('/f');
    fs.rmSync(join(directory, 'f'));
    spawnSync('mkfifo', [join(directory, 'f')]);
    expect(root.read(key)).toBe('x');
    root.close(key);
    expect(errno(() => root.mknod('/null', S.IFCHR | 0o666, 0x103))).toBe('EPERM');
  });

  it.skipIf(process.platform !== 'linux')('makes FIFOs', () => {
    const { directory, root } = served();
    root.mkdir('/d');
    root.now('mknod', { path: 'd/fifo', links: 0, mode: S.IFIFO | 0o664, umask: 0o002, rdev: 0 });
    const stats = fs.lstatSync(join(directory, 'd/fifo'));
    expect([stats.isFIFO(), stats.mode & 0o7777]).toEqual([true, 0o664]);
    expect(root.stat('/d/fifo').mode).toBe(S.IFIFO | 0o664);
    const again = { path: 'd/fifo', links: 0, mode: S.IFIFO | 0o600, umask: 0, rdev: 0 };
    expect(errno(() => root.now('mknod', again))).toBe('EEXIST');
    const device = { path: 'device', links: 0, mode: S.IFCHR | 0o600, umask: 0, rdev: 0x103 };
    expect(errno(() => root.now('mknod', device))).toBe('EPERM');
  });

  it.skipIf(process.platform !== 'linux')('holds room ahead, and punches holes', () => {
    const { directory, root } = served();
    const size = 1 << 20;
    root.put('/f', 'x'.repeat(size));
    const key = root.open('/f', O.RDWR);
    const ask = (mode: number, offset: number, length: number) =>
      root.now('allocate', { key, mode, offset, length, limit: Number.POSITIVE_INFINITY });
    const path = join(directory, 'f');
    ask(1, size, size);
    expect(fs.statSync(path).size).toBe(size);
    expect(fs.statSync(path).blocks * 512).toBeGreaterThanOrEqual(2 * size);
    ask(0, size, size);
    expect(fs.statSync(path).size).toBe(2 * size);
    const before = fs.statSync(path).blocks;
    ask(3, 4096, 65536);
    expect(fs.statSync(path).blocks).toBeLessThan(before);
    expect([...fs.readFileSync(path).subarray(4095, 4098)]).toEqual([120, 0, 0]);
    root.now('release', { key });
  });

  it('makes files without a name, and gives them one', () => {
    const { directory, root } = served();
    root.mkdir('/d');
    const make = (flags: number) => {
      const request = { path: 'd', links: 0, flags: O.TMPFILE | O.RDWR | flags, mode: 0o640, umask: 0 };
      return root.now('open', request).key!;
    };
    const write = (key: string, text: string) =>
      root.now('write', { key, data: new TextEncoder().encode(text), offset: 0, limit: 1e9 } as never);
    const first = make(0);
    write(first, 'first');
    expect(root.now('fstat', { key: first }).stat).toMatchObject({
      nlink: 0,
      size: 5,
      mode: S.IFREG | 0o640,
    });
    expect(root.list('/')).toEqual(['.', '..', 'd']);
    const place = root.open('/d', O.PATH | O.DIRECTORY);
    root.now('link', { object: first, to: place, name: 'named' });
    expect(root.get('/d/named')).toBe('first');
    expect(root.now('fstat', { key: first }).stat.nlink).toBe(1);
    const second = make(O.EXCL);
    write(second, 'second');
    expect(errno(() => root.now('link', { object: second, to: place, name: 'no' }))).toBe('ENOENT');
    for (const key of [first, second, place]) root.now('release', { key });
    expect(fs.readdirSync(directory)).toEqual(['d']);
    expect(fs.readdirSync(join(directory, 'd'))).toEqual(['named']);
  });

  it('refuses every change when it is read-only', () => {
    const { directory, root } = served({ readOnly: true });
    fs.writeFileSync(join(directory, 'f'), 'x');
    fs.mkdirSync(join(directory, 'd'));
    const before = fs.statSync(join(directory, 'f'));
    const changes: (() => unknown)[] = [
      () => root.put('/f', 'y'),
      () => root.put('/new', 'y'),
      () => root.mkdir('/e'),
      () => root.rmdir('/d'),
      () => root.unlink('/f'),
      () => root.rename('/f', '/g'),
      () => root.link('/f', '/g'),
      () => root.symlink('f', '/g'),
      () => root.chmod('/f', 0o600),
      () => root.chown('/f', 1, 1),
      () => root.utimens('/f', 0, 0),
      () => root.truncate('/f', 0),
      () => root.access('/f', 2),
    ];
    expect(changes.map(errno)).toEqual(changes.map(() => 'EROFS'));
    expect(root.get('/f')).toBe('x');
    expect(fs.statSync(join(directory, 'f')).ctimeMs).toBe(before.ctimeMs);
  });

  it('names files whose names are no UTF-8', () => {
    const { directory, root } = served();
    const odd = Buffer.concat([Buffer.from(`${directory}/caf`), Buffer.from([0xe9])]);
    fs.writeFileSync(odd, 'latin');
    const [name = ''] = root.list('/').slice(2);
    expect(name).toBe('caf\udce9');
    expect(root.get(`/${name}`)).toBe('latin');
    root.rename(`/${name}`, '/plain');
    expect(fs.readdirSync(directory)).toEqual(['plain']);
    root.put('/\udcff\u00e9', 'x');
    expect(fs.readdirSync(directory, { encoding: 'buffer' }).map((entry) => entry.toString('hex'))).toContain(
      'ffc3a9',
    );
  });

  it('reads directories that change meanwhile without repeating or losing entries', () => {
    const { directory, root } = served();
    for (let i = 0; i < 50; i++) fs.writeFileSync(join(directory, `f${i}`), '');
    const key = root.open('/', O.RDONLY | O.DIRECTORY);
    const seen: string[] = [];
    for (let i = 0; ; i++) {
      const { entries } = root.now('readdir', { key, max: 7 });
      if (entries.length === 0) break;
      seen.push(...entries.map((entry) => entry.name));
      if (i === 1) root.unlink(`/${seen.find((name) => name.startsWith('f'))}`);
      root.put(`/new${i}`, '');
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.filter((name) => name.startsWith('f'))).toHaveLength(50);
  });

  it('keeps few host descriptors open, however large the tree', () => {
    const { directory, root } = served();
    for (let i = 0; i < 400; i++) fs.mkdirSync(join(directory, `d${i}/e`), { recursive: true });
    for (let i = 0; i < 400; i++) root.list(`/d${i}/e`);
    expect(fs.readdirSync('/proc/self/fd').length).toBeLessThan(250);
  });

  it('gives new files to their makers where the host lets it', () => {
    if (process.geteuid?.() !== 0) return;
    const { directory, root, alice } = served();
    root.mkdir('/tmp');
    root.chmod('/tmp', 0o1777);
    alice.put('/tmp/f', 'x');
    expect(fs.statSync(join(directory, 'tmp/f'))).toMatchObject({ uid: 1000, gid: 1000 });
    expect(errno(() => alice.chown('/tmp/f', 0, 0))).toBe('EPERM');
  });
});
