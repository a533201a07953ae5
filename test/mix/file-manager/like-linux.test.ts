import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { hostVolume } from '../../../drivers/host-volume/volume.ts';
import { memoryVolume } from '../../../drivers/memfs-volume/volume.ts';
import { overlayVolume } from '../../../drivers/overlay-volume/volume.ts';
import type { Volume } from '../../../drivers/volume.ts';
import { onHost, onManager, type Step, step, userStep } from './random-operations.ts';
import { bench, User } from './support.ts';

const scratch = fs.mkdtempSync(join(tmpdir(), 'like-linux-'));
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }));

/**
 * The rights of the host's user decide what its calls answer: the comparison is root's, who may do
 * everything.
 */
const asRoot = process.platform === 'linux' && process.geteuid?.() === 0;

const DEPTH = 8;

/** Each volume kind, empty. */
const VOLUMES: Record<string, { make: () => Volume; runs: number }> = {
  memory: { make: () => memoryVolume(), runs: 120 },
  host: {
    make: () => hostVolume({ directory: fs.mkdtempSync(join(scratch, 'host-')), readOnly: false }),
    runs: 40,
  },
  overlay: { make: () => overlayVolume(memoryVolume()), runs: 40 },
};

describe.runIf(asRoot)(
  'a File Manager and Linux give the same results and errors for random operations',
  () => {
    let run = 0;

    it.each(Object.entries(VOLUMES))('on a %s volume', (_, { make, runs }) => {
      process.umask(0o022);
      fc.assert(
        fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
          const volume = make();
          const { root } = bench(volume);
          // Deep enough that '..' and links to it stay among directories that are alike on both sides.
          const above = Array.from({ length: DEPTH }, (_, i) => `p${i}`);
          const top = join(scratch, String(run++));
          fs.mkdirSync(join(top, ...above), { recursive: true });
          for (let i = 1; i <= DEPTH; i++) root.mkdir(above.slice(0, i).join('/'));
          const base = join(top, ...above);
          for (const [i, each] of steps.entries()) {
            const context = `step ${i}: ${JSON.stringify(each)}`;
            expect(`${context} → ${onManager(root, above.join('/'), each)}`).toBe(
              `${context} → ${onHost(base, each)}`,
            );
          }
          fs.rmSync(top, { recursive: true });
          volume.close();
        }),
        { numRuns: runs },
      );
    });

    it('for users with rights of their own', () => {
      process.umask(0o022);
      fs.chmodSync(scratch, 0o755);
      fc.assert(
        fc.property(fc.array(userStep, { minLength: 1, maxLength: 60 }), (steps) => {
          const { nucleus, manager, root } = bench();
          const users = new Map([0, 1000, 1001].map((uid) => [uid, new User(nucleus, manager.port, uid)]));
          root.mkdir('/p');
          root.mkdir('/p/q');
          root.chmod('/p/q', 0o1777);
          const top = join(scratch, String(run++));
          const base = join(top, 'p', 'q');
          fs.mkdirSync(base, { recursive: true });
          fs.chmodSync(base, 0o1777);
          for (const [i, { uid, step: each }] of steps.entries()) {
            const context = `step ${i} by ${uid}: ${JSON.stringify(each)}`;
            const expected = asUser(uid, () => onHost(base, each));
            expect(`${context} → ${onManager(users.get(uid)!, '/p/q', each)}`).toBe(
              `${context} → ${expected}`,
            );
          }
          fs.rmSync(top, { recursive: true });
        }),
        { numRuns: 100, examples: [[SEARCHED_FIRST]] },
      );
    });
  },
);

/** A directory that may not be searched is found before the other one that is missing. */
const SEARCHED_FIRST: { uid: number; step: Step }[] = [
  { uid: 0, step: { op: 'mkdir', path: 'b' } },
  { uid: 0, step: { op: 'chmod', path: 'b', mode: 0o700 } },
  { uid: 1001, step: { op: 'rename', path: 'b/a', to: 'a/a' } },
];

/** Runs calls of node:fs with a user's effective ids. */
function asUser<T>(uid: number, calls: () => T): T {
  if (uid === 0) return calls();
  const groups = process.getgroups!();
  process.setgroups!([]);
  process.setegid!(uid);
  process.seteuid!(uid);
  try {
    return calls();
  } finally {
    process.seteuid!(0);
    process.setegid!(0);
    process.setgroups!(groups);
  }
}
