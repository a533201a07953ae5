import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootSystem, type RunningSystem } from '../../../mix/boot/system.ts';
import { O } from '../../../subsystems/unix/constants.ts';
import type { Sys } from '../../../subsystems/unix/sys.ts';
import { codeOf, readText, writeText } from '../support.ts';

describe('mount(2)', () => {
  let system: RunningSystem;
  let sys: Sys;
  let away: Sys;
  let directory: string;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'chorus-mount-'));
    writeFileSync(join(directory, 'hello'), 'from the host\n');
    system = await bootSystem(
      {
        sites: [
          {
            site: 1,
            volumes: [{ kind: 'memfs', mount: '/' }],
            sources: [{ name: 'shared', directory, mode: 'rw' }],
          },
          { site: 2, volumes: [{ kind: 'memfs', mount: '/fs/site2' }] },
        ],
      },
      { programs: new Map() },
    );
    sys = system.sites[0]!.processes.hostProcess('test');
    away = system.sites[1]!.processes.hostProcess('test');
    await sys.mkdir('/mnt');
  });
  afterAll(async () => {
    await system.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('attaches a fresh memory volume, seen from every site', async () => {
    await sys.mount('none', '/mnt', 'memfs');
    await writeText(sys, '/mnt/x', 'inside');
    expect(await readText(away, '/mnt/x')).toBe('inside');
    expect((await sys.stat('/mnt')).dev).not.toBe((await sys.stat('/')).dev);
    expect((await sys.stat('/mnt/..')).ino).toBe((await sys.stat('/')).ino);
    expect(await codeOf(() => sys.mount('none', '/mnt', 'memfs'))).toBe('EBUSY');
    await sys.umount('/mnt');
    expect(await codeOf(() => sys.stat('/mnt/x'))).toBe('ENOENT');
  });

  it('says EBUSY while a file or a working directory is there, or another mount', async () => {
    await sys.mount('none', '/mnt', 'memfs');
    const fd = await away.open('/mnt/open', O.RDWR | O.CREAT, 0o600);
    expect(await codeOf(() => sys.umount('/mnt'))).toBe('EBUSY');
    await away.close(fd);
    await sys.chdir('/mnt');
    expect(await codeOf(() => sys.umount('/mnt'))).toBe('EBUSY');
    await sys.chdir('/');
    await sys.mkdir('/mnt/deeper');
    await sys.mount('none', '/mnt/deeper', 'memfs');
    expect(await codeOf(() => sys.umount('/mnt'))).toBe('EBUSY');
    expect((await sys.stat('/mnt/deeper/../..')).ino).toBe((await sys.stat('/')).ino);
    await sys.umount('/mnt/deeper');
    await sys.umount('/mnt');
    expect(await codeOf(() => sys.umount('/mnt'))).toBe('EINVAL');
  });

  it('attaches host directories that the description names, no others', async () => {
    await sys.mount('host:shared', '/mnt', 'host');
    expect(await readText(sys, '/mnt/hello')).toBe('from the host\n');
    await sys.umount('/mnt');
    await sys.mount('host:shared', '/mnt', '', { readOnly: true });
    expect(await codeOf(() => sys.mkdir('/mnt/d'))).toBe('EROFS');
    await sys.umount('/mnt');
    for (const source of ['host:/etc', 'host:other', 'host:../shared', '/etc', directory]) {
      expect(await codeOf(() => sys.mount(source, '/mnt', ''))).toBe('ENOENT');
    }
    expect(await codeOf(() => away.mount('host:shared', '/mnt', ''))).toBe('ENOENT');
  });

  it("moves a site's volume to another place", async () => {
    await writeText(sys, '/fs/site2/f', 'two');
    expect(await codeOf(() => sys.mount('site:2', '/mnt', ''))).toBe('EBUSY');
    await sys.umount('/fs/site2');
    await sys.mount('site:2', '/mnt', '');
    expect(await readText(sys, '/mnt/f')).toBe('two');
    await sys.umount('/mnt');
    await away.mount('memfs:site2', '/fs/site2', '');
    expect(await readText(sys, '/fs/site2/f')).toBe('two');
  });

  it('refuses what is wrong', async () => {
    await writeText(sys, '/plain', '');
    await sys.symlink('/mnt', '/link');
    expect(await codeOf(() => sys.mount('none', '/mnt', 'ext4'))).toBe('ENODEV');
    expect(await codeOf(() => sys.mount('none', '/absent', 'memfs'))).toBe('ENOENT');
    expect(await codeOf(() => sys.mount('none', '/plain', 'memfs'))).toBe('ENOTDIR');
    expect(await codeOf(() => sys.mount('none', '/', 'memfs'))).toBe('EBUSY');
    expect(await codeOf(() => sys.mount('site:1', '/mnt', ''))).toBe('EBUSY');
    expect(await codeOf(() => sys.mount('site:9', '/mnt', ''))).toBe('ENOENT');
    expect(await codeOf(() => sys.umount('/'))).toBe('EINVAL');
    const user = system.sites[0]!.processes.hostProcess('user', { uid: 1000, gid: 1000 });
    expect(await codeOf(() => user.mount('none', '/mnt', 'memfs'))).toBe('EPERM');
    expect(await codeOf(() => user.umount('/fs/site2'))).toBe('EPERM');
    await sys.mount('none', '/link', 'memfs');
    expect((await sys.stat('/mnt')).dev).not.toBe((await sys.stat('/')).dev);
    await sys.umount('/mnt');
  });
});
