/**
 * Space, extended attributes, exchange and nameless files on every volume that keeps them: each must do what
 * a plain memory volume does, the durable one also after it was opened again.
 */
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { crc32ByTable } from '../../drivers/durable-volume/crc.ts';
import { durableVolume } from '../../drivers/durable-volume/volume.ts';
import { hostVolume } from '../../drivers/host-volume/volume.ts';
import { MemoryVolume, memoryVolume } from '../../drivers/memfs-volume/volume.ts';
import { overlayVolume } from '../../drivers/overlay-volume/volume.ts';
import type { Ino, Volume } from '../../drivers/volume.ts';
import { S } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';

const scratch = fs.mkdtempSync(join(tmpdir(), 'extended-'));
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }));
let stores = 0;

const NAMES = ['a', 'b', 'c'] as const;
const FILE = { mode: S.IFREG | 0o644, uid: 0, gid: 0 };
const size = fc.integer({ min: 1, max: 3 * 4096 });
const name = fc.constantFrom(...NAMES);

const step = fc.oneof(
  fc.record({ op: fc.constant('write' as const), name, at: size, length: size }),
  fc.record({ op: fc.constant('truncate' as const), name, at: size }),
  fc.record({ op: fc.constant('allocate' as const), name, at: size, length: size }),
  fc.record({ op: fc.constant('punch' as const), name, at: size, length: size }),
  fc.record({ op: fc.constant('xattr' as const), name, key: name, length: fc.integer({ min: 0, max: 9 }) }),
  fc.record({ op: fc.constant('noXattr' as const), name, key: name }),
  fc.record({ op: fc.constant('exchange' as const), name, other: name }),
  fc.record({ op: fc.constant('unlink' as const), name }),
  fc.record({ op: fc.constant('tmpfile' as const), name, length: size, linked: fc.boolean() }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function fileOf(volume: Volume, fileName: string): Ino {
  return volume.lookup(volume.root, fileName) ?? volume.create(volume.root, fileName, FILE);
}

/** Carries a step out; tells how it failed, or ''. */
function carryOut(volume: Volume, each: Step): string {
  try {
    const { root } = volume;
    if (each.op === 'unlink') volume.unlink(root, each.name);
    else if (each.op === 'exchange') volume.exchange(root, each.name, root, each.other);
    else if (each.op === 'tmpfile') nameless(volume, each);
    else onFile(volume, fileOf(volume, each.name), each);
    return '';
  } catch (error) {
    if (error instanceof SysError) return error.code;
    throw error;
  }
}

function nameless(volume: Volume, { name: as, length, linked }: Step & { op: 'tmpfile' }): void {
  const ino = volume.createUnnamed(FILE, true);
  volume.remember(ino);
  try {
    volume.write(ino, 0, new Uint8Array(length).fill(7));
    volume.setXattr(ino, 'user.t', new Uint8Array([1]));
    if (linked) volume.link(ino, volume.root, as);
  } finally {
    volume.forget(ino);
  }
}

function onFile(volume: Volume, ino: Ino, each: Step): void {
  if (each.op === 'write') volume.write(ino, each.at, new Uint8Array(each.length).fill(each.at));
  if (each.op === 'truncate') volume.truncate(ino, each.at);
  if (each.op === 'allocate') volume.allocate(ino, each.at, each.length);
  if (each.op === 'punch') volume.punch(ino, each.at, each.length);
  if (each.op === 'xattr') volume.setXattr(ino, `user.${each.key}`, new Uint8Array(each.length).fill(1));
  if (each.op === 'noXattr') volume.setXattr(ino, `user.${each.key}`, undefined);
}

/** What can be seen of the files; the space held beyond their ends too. */
function picture(volume: Volume): unknown[] {
  return NAMES.map((each) => {
    const ino = volume.lookup(volume.root, each);
    if (ino === undefined) return each;
    const { size: bytes, blocks, nlink } = volume.attributes(ino);
    const xattrs = volume.listXattrs(ino).map((key) => [key, [...volume.getXattr(ino, key)!]]);
    const holes: number[] = [];
    for (let at = 0; at < bytes; ) {
      const data = volume.nextData(ino, at);
      at = data < bytes ? volume.nextHole(ino, data) : bytes;
      holes.push(data, at);
    }
    return [each, bytes, blocks, nlink, xattrs, holes, crc32ByTable(volume.read(ino, 0, bytes))];
  });
}

/** The files that the lower volume of an overlay has. */
function prefilled(): MemoryVolume {
  const volume = new MemoryVolume();
  for (const each of ['a', 'b']) volume.write(fileOf(volume, each), 5000, Buffer.from(each.repeat(100)));
  return volume;
}

describe('extended operations', () => {
  it('survive the closing of a durable volume, by its log and by its snapshots', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.boolean(), fc.nat(40), (steps, small, restart) => {
        const directory = join(scratch, `store${stores++}`);
        const options = { directory, ...(small ? { snapshotBytes: 3000 } : {}) };
        const model = memoryVolume();
        let volume = durableVolume(options);
        steps.forEach((each, i) => {
          if (i === restart) {
            volume.close();
            volume = durableVolume(options);
          }
          expect(carryOut(volume, each)).toBe(carryOut(model, each));
        });
        const free = volume.statfs().ffree;
        expect(picture(volume)).toEqual(picture(model));
        volume.close();
        volume = durableVolume(options);
        expect(picture(volume)).toEqual(picture(model));
        expect(volume.statfs().ffree).toBe(free);
        volume.close();
      }),
      { numRuns: 150 },
    );
  });

  it('are the same on an overlay, whose lower volume stays as it was', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const [lower, model] = [prefilled(), prefilled()];
        const before = picture(lower);
        const volume = overlayVolume(lower);
        for (const each of steps) expect(carryOut(volume, each)).toBe(carryOut(model, each));
        expect(picture(volume)).toEqual(picture(model));
        expect(picture(lower)).toEqual(before);
      }),
      { numRuns: 150 },
    );
  });

  it('a nameless file that was written is gone after a restart, and its space with it', () => {
    const directory = join(scratch, `store${stores++}`);
    let volume = durableVolume({ directory });
    const { bfree, ffree } = volume.statfs();
    volume.remember(volume.createUnnamed(FILE, true));
    const ino = volume.createUnnamed(FILE, true);
    volume.remember(ino);
    volume.write(ino, 0, new Uint8Array(10_000));
    volume.close();
    volume = durableVolume({ directory });
    expect(volume.statfs()).toMatchObject({ bfree, ffree });
    expect(volume.create(volume.root, 'next', FILE)).toBeGreaterThan(ino);
    volume.close();
  });

  it('a full durable volume can be opened again after many nameless files', () => {
    const directory = join(scratch, `store${stores++}`);
    const options = { directory, sizeBytes: 16 * 4096 };
    let volume = durableVolume(options);
    for (let i = 0; i < 50; i++)
      nameless(volume, { op: 'tmpfile', name: 'a', length: 12_000, linked: false });
    volume.close();
    volume = durableVolume(options);
    expect(volume.statfs().bfree).toBe(16);
    volume.close();
  });

  it('times set exactly come back, and go with the time that they belong to', () => {
    const directory = join(scratch, `store${stores++}`);
    const exactMtime = { ms: 1_700_000_000_123.456, nanoseconds: 123_456_789 };
    let volume = durableVolume({ directory, snapshotBytes: 1 });
    const ino = volume.create(volume.root, 'a', FILE);
    volume.setAttributes(ino, { mtimeMs: exactMtime.ms, exactMtime });
    volume.close();
    volume = durableVolume({ directory, snapshotBytes: 1 });
    expect(volume.attributes(ino)).toMatchObject({ mtimeMs: exactMtime.ms, exactMtime });
    const above = overlayVolume(volume);
    const copy = above.lookup(above.root, 'a')!;
    above.setAttributes(copy, { mode: 0o600 });
    expect(above.attributes(copy)).toMatchObject({ mtimeMs: exactMtime.ms, exactMtime });
    above.write(copy, 0, new Uint8Array(1));
    expect(above.attributes(copy).mtimeMs).not.toBe(exactMtime.ms);
    volume.close();
  });

  it('a host directory says what it cannot do', () => {
    const directory = fs.mkdtempSync(join(scratch, 'host-'));
    fs.writeFileSync(join(directory, 'a'), 'text');
    const volume = hostVolume({ directory, readOnly: false });
    const ino = volume.lookup(volume.root, 'a')!;
    const code = (work: () => unknown): string => {
      try {
        work();
        return '';
      } catch (error) {
        return (error as SysError).code;
      }
    };
    expect(code(() => volume.setXattr(ino, 'user.a', new Uint8Array(1)))).toBe('EOPNOTSUPP');
    expect(code(() => volume.exchange(volume.root, 'a', volume.root, 'a'))).toBe('EINVAL');
    expect([volume.nextData(ino, 2), volume.nextHole(ino, 2), volume.listXattrs(ino)]).toEqual([2, 4, []]);
    volume.close();
  });
});
