/** The programs in dist/ run with V8's code cache and without. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cacheOf, compile } from '../../../shell/cli/launch.ts';
import { CHORUS } from '../../support/chorus.ts';
import { PROJECT_ROOT } from '../../support/root.ts';

const BUILT = dirname(CHORUS);
const isCache = (name: string): boolean => name.endsWith('.cache');

describe('the launcher', () => {
  let project: string;
  let dist: string;
  beforeAll(() => {
    project = mkdtempSync(join(tmpdir(), 'chorus-launch-'));
    dist = join(project, 'dist');
    cpSync(BUILT, dist, { recursive: true, filter: (path) => !path.includes('types') });
    for (const name of ['node_modules', 'package.json'])
      symlinkSync(join(PROJECT_ROOT, name), join(project, name));
  });
  afterAll(() => rmSync(project, { recursive: true, force: true }));

  /** A pipeline on two sites: both programs, and a module that is imported. */
  const run = (): { stdout: string; stderr: string; status: number | null } => {
    const args = [join(dist, 'chorus.cjs'), 'sh', '--sites', '2', '-c', 'csite 2; echo works | cat'];
    const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    return { stdout, stderr, status };
  };
  const works = { stdout: 'works\n', stderr: '', status: 0 };

  it('has a cache of each program, which this V8 takes', () => {
    const bundles = readdirSync(dist).filter((name) => /^(chorus|site)-.*\.cjs$/.test(name));
    expect(bundles.length).toBeGreaterThanOrEqual(2);
    for (const file of bundles.map((name) => join(dist, name)))
      expect(compile(file, readFileSync(cacheOf(file))).cachedDataRejected).toBe(false);
  });

  it('runs with the cache', () => expect(run()).toEqual(works));

  it.each([
    ['is cut off', (content: Buffer) => content.subarray(0, content.length >>> 1)],
    ['is of something else', () => Buffer.from('no code at all')],
    ['is empty', () => Buffer.alloc(0)],
  ])('runs when the cache %s', (_, change) => {
    for (const name of readdirSync(dist).filter(isCache)) {
      const path = join(dist, name);
      writeFileSync(path, change(readFileSync(path)));
    }
    expect(run()).toEqual(works);
  });

  it('runs without a cache', () => {
    for (const name of readdirSync(dist).filter(isCache)) rmSync(join(dist, name));
    expect(run()).toEqual(works);
  });
});
