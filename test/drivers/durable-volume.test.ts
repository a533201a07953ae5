import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { crc32ByTable } from '../../drivers/durable-volume/crc.ts';
import { durableVolume } from '../../drivers/durable-volume/volume.ts';
import { memoryVolume } from '../../drivers/memfs-volume/volume.ts';
import { O } from '../../subsystems/unix/constants.ts';
import { onManager, step } from '../mix/file-manager/random-operations.ts';
import { bench, type User } from '../mix/file-manager/support.ts';

const scratch = fs.mkdtempSync(join(tmpdir(), 'durable-'));
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }));
let stores = 0;
const newStore = (): string => join(scratch, `store${stores++}`);

/** Everything that can be seen of a tree, times included. */
function picture(user: User, path = ''): unknown[] {
  const names = user.list(path || '/').filter((name) => name !== '.' && name !== '..');
  return names.sort().flatMap((name): unknown[] => {
    const here = `${path}/${name}`;
    const { dev: _, atimeMs: __, ...stat } = user.stat(here, false);
    const type = stat.mode & 0o170000;
    if (type === 0o040000) return [[here, stat], ...picture(user, here)];
    if (type === 0o120000) return [[here, stat, user.readlink(here)]];
    return [[here, stat, user.get(here)]];
  });
}

/** Bytes of a store as they are now: what a killed process would leave. */
function copyOf(store: string): string {
  const copy = newStore();
  fs.cpSync(store, copy, { recursive: true });
  fs.rmSync(join(copy, 'lock'), { force: true });
  return copy;
}

describe('the durable volume', () => {
  it('is there again after it was closed, inode numbers and times included', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 50 }), fc.boolean(), (steps, small) => {
        const directory = newStore();
        const options = { directory, ...(small ? { snapshotBytes: 2000 } : {}) };
        const first = durableVolume(options);
        const before = bench(first);
        before.root.mkdir('/d');
        for (const each of steps) onManager(before.root, '/d', each);
        const expected = picture(before.root);
        first.close();
        const second = durableVolume(options);
        const after = bench(second);
        expect(picture(after.root)).toEqual(expected);
        after.root.put('/more', 'x');
        expect(expected.map((entry) => (entry as [string, { ino: number }])[1].ino)).not.toContain(
          after.root.stat('/more').ino,
        );
        second.close();
      }),
      { numRuns: 60 },
    );
  });

  it('behaves as a memory volume does', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
        const volume = durableVolume({ directory: newStore(), snapshotBytes: 1000 });
        const [durable, plain] = [bench(volume), bench(memoryVolume())];
        for (const { root } of [durable, plain]) root.mkdir('/d');
        for (const each of steps)
          expect(onManager(durable.root, '/d', each)).toBe(onManager(plain.root, '/d', each));
        volume.close();
      }),
      { numRuns: 30 },
    );
  });

  it('comes back as some prefix of what happened when its log is cut anywhere', () => {
    const directory = newStore();
    const volume = durableVolume({ directory });
    const { root } = bench(volume);
    for (let i = 0; i < 20; i++) root.put(`/f${i}`, `content ${i}`);
    volume.close();
    const log = fs.readFileSync(join(directory, 'log-0'));
    for (let cut = 0; cut < log.length; cut += 37) {
      const copy = copyOf(directory);
      fs.truncateSync(join(copy, 'log-0'), cut);
      const again = durableVolume({ directory: copy });
      const names = bench(again).root.list('/').slice(2);
      expect(names).toEqual(Array.from({ length: names.length }, (_, i) => `f${i}`));
      again.close();
    }
  });

  it('goes on where a damaged log ends', () => {
    const directory = newStore();
    const volume = durableVolume({ directory });
    bench(volume).root.put('/f', 'kept');
    volume.close();
    fs.appendFileSync(join(directory, 'log-0'), Buffer.alloc(100, 7));
    const second = durableVolume({ directory });
    bench(second).root.put('/g', 'after');
    second.close();
    const third = durableVolume({ directory });
    const { root } = bench(third);
    expect([root.get('/f'), root.get('/g')]).toEqual(['kept', 'after']);
    third.close();
  });

  it('keeps its log in bounds', () => {
    const directory = newStore();
    const volume = durableVolume({ directory, snapshotBytes: 50_000 });
    const { root } = bench(volume);
    for (let i = 0; i < 200; i++) root.put('/f', 'x'.repeat(5000));
    volume.close();
    const held = fs
      .readdirSync(directory)
      .reduce((sum, name) => sum + fs.statSync(join(directory, name)).size, 0);
    expect(held).toBeLessThan(150_000);
    const again = durableVolume({ directory });
    expect(bench(again).root.get('/f')).toBe('x'.repeat(5000));
    again.close();
  });

  it('keeps contents and names of any bytes', () => {
    const directory = newStore();
    const volume = durableVolume({ directory });
    bench(volume).root.put('/caf\udce9 \u00e9', '');
    const ino = volume.lookup(volume.root, 'caf\udce9 \u00e9')!;
    const data = Uint8Array.from({ length: 70_000 }, (_, i) => (i * 31) & 0xff);
    volume.write(ino, 3, data);
    volume.close();
    const again = durableVolume({ directory });
    expect(again.lookup(again.root, 'caf\udce9 \u00e9')).toBe(ino);
    expect(Buffer.from(again.read(ino, 3, 70_000)).equals(data)).toBe(true);
    again.close();
  });

  it('keeps unlinked files readable while open, and drops them after', () => {
    const directory = newStore();
    const volume = durableVolume({ directory });
    const { root } = bench(volume);
    root.put('/f', 'text');
    const key = root.open('/f', O.RDWR);
    root.unlink('/f');
    root.write(key, 'TEXT');
    expect(root.read(key, 10, 0)).toBe('TEXT');
    volume.close();
    const again = durableVolume({ directory });
    expect(bench(again).root.list('/')).toEqual(['.', '..']);
    again.close();
  });

  it('is open in one place at a time; a dead holder does not count', () => {
    const directory = newStore();
    const volume = durableVolume({ directory });
    expect(() => durableVolume({ directory })).toThrow(/in use by process/);
    volume.close();
    const nobody = 2 ** 22 - 1;
    fs.writeFileSync(join(directory, 'lock'), `${nobody} 1 ${hostname()} x\n`);
    durableVolume({ directory }).close();
  });

  it('computes the CRC that zlib does', () => {
    const { crc32 } = zlib as { crc32?: (data: Uint8Array) => number };
    const data = Buffer.from('The quick brown fox jumps over the lazy dog');
    expect(crc32ByTable(data)).toBe(0x414fa339);
    if (crc32) expect(crc32(data)).toBe(0x414fa339);
  });
});

interface Acknowledged {
  name: string;
  version: number;
  length: number;
}

/** Runs the writer until it has acknowledged `lines` things, then kills it. Returns what it acknowledged. */
async function killWriter(directory: string, seed: number, lines: number): Promise<string[]> {
  const script = join(import.meta.dirname, 'durable-writer.ts');
  const bundle = await bundled(script);
  const child = spawn(process.execPath, [bundle, directory, String(seed)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    if (text.split('\n').length > lines) child.kill('SIGKILL');
  });
  await new Promise((resolve) => child.on('close', resolve));
  expect(child.signalCode).toBe('SIGKILL');
  return text.split('\n').slice(0, -1);
}

let bundlePath: string | undefined;

/** The writer as plain JavaScript, for node versions that do not run TypeScript. */
async function bundled(script: string): Promise<string> {
  if (bundlePath) return bundlePath;
  const { build } = await import('esbuild');
  bundlePath = join(
    import.meta.dirname,
    '..',
    '..',
    'node_modules',
    '.cache',
    `durable-writer-${process.pid}.mjs`,
  );
  await build({
    entryPoints: [script],
    outfile: bundlePath,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
  });
  return bundlePath;
}

afterAll(() => {
  if (bundlePath) fs.rmSync(bundlePath, { force: true });
});

/** The newest acknowledgement of each name, by kind. */
function newest(lines: readonly string[], kind: string): Map<string, Acknowledged> {
  const result = new Map<string, Acknowledged>();
  for (const line of lines) {
    const [what, name = '', version, length] = line.split(' ');
    if (what === kind) result.set(name, { name, version: Number(version), length: Number(length) });
  }
  return result;
}

describe('a durable volume whose process is killed', () => {
  it('has every acknowledged file, whole, after each of many kills', { timeout: 60_000 }, async () => {
    const directory = newStore();
    for (let round = 1; round <= 12; round++) {
      const lines = await killWriter(directory, round, 3 + ((round * 37) % 150));
      const volume = durableVolume({ directory });
      const { root } = bench(volume);
      const last = lines
        .filter((line) => line.startsWith('closed'))
        .at(-1)
        ?.split(' ');
      for (const { name, version, length } of newest(lines, 'closed').values())
        check(root, name, version, length);
      for (const { name, version } of newest(lines, 'synced').values()) {
        expect(versionOf(root.get(`/${name}`))).toBeGreaterThanOrEqual(version);
      }
      for (const name of root.list('/').slice(2))
        if (!name.endsWith('.new')) expectWhole(root.get(`/${name}`), name);
      expect(last).toBeDefined();
      for (const name of root.list('/').slice(2)) root.unlink(`/${name}`);
      volume.close();
    }
  });
});

function versionOf(text: string): number {
  return Number(text.split(' ')[1]);
}

/**
 * Closed as NAME.new: it is there under that name, or under NAME if the rename got through, or a newer one
 * is.
 */
function check(root: User, temporary: string, version: number, length: number): void {
  const name = temporary.replace(/\.new$/, '');
  const texts = [temporary, name]
    .filter((each) => root.list('/').includes(each))
    .map((each) => readWhole(root, each));
  const found = texts.some(
    (text) => versionOf(text) > version || (versionOf(text) === version && text.length === length),
  );
  expect(found, `${temporary} version ${version}`).toBe(true);
}

function readWhole(root: User, name: string): string {
  return root.get(`/${name}`);
}

/** A renamed file is all of one version. */
function expectWhole(text: string, name: string): void {
  const unit = `${name} ${versionOf(text)} `;
  expect(text).toBe(unit.repeat(text.length / unit.length));
}
