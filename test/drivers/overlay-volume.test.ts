import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { overlayVolume } from '../../drivers/overlay-volume/volume.ts';
import { onManager, type Step, step } from '../mix/file-manager/random-operations.ts';
import { bench, errno, type User } from '../mix/file-manager/support.ts';

const DEPTH = 8;
const BASE = Array.from({ length: DEPTH }, (_, i) => `p${i}`);

function prepared(steps: readonly Step[]) {
  const plain = bench();
  for (let i = 1; i <= DEPTH; i++) plain.root.mkdir(BASE.slice(0, i).join('/'));
  for (const each of steps) onManager(plain.root, BASE.join('/'), each);
  return plain;
}

/** Every path of a tree with what can be seen of it. */
function tree(user: User, path: string): string[] {
  const names = user.list(path).filter((name) => name !== '.' && name !== '..');
  return names.sort().flatMap((name) => {
    const here = `${path}/${name}`;
    const { mode, nlink, size } = user.stat(here, false);
    const type = mode & 0o170000;
    if (type === 0o040000) return [`${here} ${mode} ${nlink}`, ...tree(user, here)];
    if (type === 0o120000) return [`${here} → ${user.readlink(here)}`];
    return [`${here} ${mode} ${nlink} ${size} ${user.get(here)}`];
  });
}

const sequence = fc.array(step, { minLength: 1, maxLength: 40 });

describe('the overlay volume', () => {
  it('behaves as a plain volume with the same contents, and leaves the lower volume alone', () => {
    fc.assert(
      fc.property(sequence, sequence, (before, after) => {
        const plain = prepared(before);
        const lower = prepared(before);
        const untouched = tree(lower.root, '');
        const over = bench(overlayVolume(lower.volume));
        for (const [i, each] of after.entries()) {
          const context = `step ${i}: ${JSON.stringify(each)}`;
          const [there, here] = [plain, over].map(({ root }) => onManager(root, BASE.join('/'), each));
          expect(`${context} → ${here}`).toBe(`${context} → ${there}`);
        }
        expect(tree(over.root, '')).toEqual(tree(plain.root, ''));
        expect(tree(lower.root, '')).toEqual(untouched);
      }),
      { numRuns: 80 },
    );
  });

  it('shows what changes below until it is overruled', () => {
    const lower = bench();
    lower.root.put('/f', 'one');
    const { root } = bench(overlayVolume(lower.volume));
    expect(root.get('/f')).toBe('one');
    lower.root.put('/f', 'three');
    lower.root.put('/new', 'x');
    expect(root.get('/f')).toBe('three');
    expect(root.stat('/f').size).toBe(5);
    expect(root.list('/').sort()).toEqual(['.', '..', 'f', 'new']);
    lower.root.unlink('/new');
    expect(errno(() => root.stat('/new'))).toBe('ENOENT');
    root.put('/f', 'mine');
    lower.root.put('/f', 'four');
    expect(root.get('/f')).toBe('mine');
    expect(lower.root.get('/f')).toBe('four');
  });

  it('keeps an open file readable while it is unlinked above or copied up', () => {
    const lower = bench();
    lower.root.put('/f', 'below');
    const { root } = bench(overlayVolume(lower.volume));
    const reader = root.open('/f');
    const second = root.open('/f');
    root.put('/f', 'above');
    expect(root.read(reader)).toBe('above');
    root.unlink('/f');
    expect(root.read(second)).toBe('above');
    root.close(reader);
    root.close(second);
    expect(lower.root.get('/f')).toBe('below');
  });

  it('counts only changes against its size', () => {
    const lower = bench();
    lower.root.put('/big', 'x'.repeat(50_000));
    const { root } = bench(overlayVolume(lower.volume, { sizeBytes: 16_384 }));
    expect(root.get('/big')).toHaveLength(50_000);
    const key = root.open('/big', 2);
    expect(errno(() => root.write(key, 'y'))).toBe('ENOSPC');
    expect(root.get('/big')).toBe('x'.repeat(50_000));
    root.put('/small', 'y');
  });
});
