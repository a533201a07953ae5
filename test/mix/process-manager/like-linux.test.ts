/**
 * Errors and results of system calls beside Linux': each line of LIKE_LINUX is what the same call answered on
 * Linux 6 (as root, on ext4, through Python's os and libc).
 */
import { expect, it } from 'vitest';
import { O, S } from '../../../subsystems/unix/constants.ts';
import type { Sys } from '../../../subsystems/unix/sys.ts';
import { testSystem } from '../../support/system.ts';

const LIKE_LINUX = `
open empty: ENOENT
open dir wr: EISDIR
open f/: ENOTDIR
open f/x: ENOTDIR
open creat d/: EISDIR
open excl link: EEXIST
open nofollow: ELOOP
open loop: ELOOP
open O_DIRECTORY f: ENOTDIR
open longname: ENAMETOOLONG
open longpath: ENAMETOOLONG
open creat dir: EISDIR
open dangling creat: 384
mkdir exists: EEXIST
mkdir f/x: ENOTDIR
mkdir d2/: ok
mkdir dangling: EEXIST
mkdir .: EEXIST
rmdir nonempty: ENOTEMPTY
rmdir .: EINVAL
rmdir ..: ENOTEMPTY
rmdir f: ENOTDIR
rmdir /: EBUSY
rmdir link: ENOTDIR
rmdir link/: ENOTDIR
unlink dir: EISDIR
unlink f/: ENOTDIR
unlink none: ENOENT
unlink dirlink/: ENOTDIR
link dir: EPERM
link exists: EEXIST
link none: ENOENT
link symlink: f
link to slash: ENOENT
symlink empty: ENOENT
symlink exists: EEXIST
readlink f: EINVAL
readlink empty: ENOENT
rename dir to file: ENOTDIR
rename file to dir: EISDIR
rename into self: ENOTDIR
rename into self2: EINVAL
rename same link: 2
rename dir onto nonempty: ENOTEMPTY
rename dir onto empty: ok
rename file/: ENOTDIR
rename dir new/: 16384
rename .: EBUSY
rename none: ENOENT
truncate neg: EINVAL
truncate dir: EISDIR
ftruncate rdonly: EINVAL
chmod none: ENOENT
chmod bits: 107777
read wronly: EBADF
write rdonly: EBADF
read dir: EISDIR
read badfd: EBADF
lseek neg: EINVAL
lseek past: 105
lseek pipe: ESPIPE
pread neg: EINVAL
pread pipe: ESPIPE
lseek whence: EINVAL
pwrite append: abcX
dup2 same bad: EBADF
dup2 big: EBADF
dup2 same: 1
dupfd big: EINVAL
close twice: EBADF
cloexec dup: true,false
getfl: 6002
fsync pipe: EINVAL
fstat pipe: 10000
ftruncate pipe: EINVAL
readdir f: ENOTDIR
fchdir f: ENOTDIR
chdir f: ENOTDIR
kill 0: ESRCH
kill badsig: EINVAL
waitpid none: ECHILD
setpgid neg: EINVAL
setsid leader: EPERM
getpgid none: ESRCH
sigaction kill: EINVAL
sigaction 0: EINVAL
umask: 777
access W dir: ok
access mode: EINVAL
chown none: ENOENT
utimens none: ENOENT
utimens link nofollow: 2000,true
isatty f: ENOTTY
poll neg: 32
poll closed pipe: 16
exec dir: EACCES
exec nox: EACCES
exec none: ENOENT
exec noent interp: ENOENT
exec text: ENOEXEC
getcwd gone: ENOENT
create in gone: ENOENT
stat . gone: 0
mknod dir: EPERM
mknod exists: EEXIST
chroot f: ENOTDIR
setrlimit raise: EINVAL
nice range: 19
`.trim();

type Tell = (name: string, call: () => unknown) => Promise<void>;

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

async function make(sys: Sys, path: string, text = ''): Promise<void> {
  const fd = await sys.open(path, O.WRONLY | O.CREAT | O.TRUNC, 0o644);
  await sys.write(fd, encode(text));
  await sys.close(fd);
}

async function opening(sys: Sys, t: Tell): Promise<void> {
  await t('open empty', () => sys.open('', 0));
  await t('open dir wr', () => sys.open('d', O.WRONLY));
  await t('open f/', () => sys.open('f/', 0));
  await t('open f/x', () => sys.open('f/x', 0));
  await t('open creat d/', () => sys.open('new/', O.WRONLY | O.CREAT, 0o644));
  await t('open excl link', () => sys.open('dl', O.CREAT | O.EXCL | O.WRONLY, 0o644));
  await t('open nofollow', () => sys.open('l', O.NOFOLLOW));
  await t('open loop', () => sys.open('loop', 0));
  await t('open O_DIRECTORY f', () => sys.open('f', O.DIRECTORY));
  await t('open longname', () => sys.open('x'.repeat(256), 0));
  await t('open longpath', () => sys.open('x/'.repeat(2100), 0));
  await t('open creat dir', () => sys.open('d', O.CREAT | O.RDWR, 0o644));
  await t('open dangling creat', async () => {
    await sys.close(await sys.open('dl', O.CREAT | O.WRONLY, 0o600));
    return (await sys.stat('nowhere')).mode & 0o777;
  });
}

async function directories(sys: Sys, t: Tell): Promise<void> {
  await t('mkdir exists', () => sys.mkdir('d'));
  await t('mkdir f/x', () => sys.mkdir('f/x'));
  await t('mkdir d2/', () => sys.mkdir('d2/'));
  await t('mkdir dangling', async () => {
    await sys.symlink('gone', 'dl2');
    return sys.mkdir('dl2');
  });
  await t('mkdir .', () => sys.mkdir('.'));

  await t('rmdir nonempty', () => sys.rmdir('d'));
  await t('rmdir .', () => sys.rmdir('d2/.'));
  await t('rmdir ..', () => sys.rmdir('d/..'));
  await t('rmdir f', () => sys.rmdir('f'));
  await t('rmdir /', () => sys.rmdir('/'));
  await t('rmdir link', async () => {
    await sys.symlink('d2', 'ld');
    return sys.rmdir('ld');
  });
  await t('rmdir link/', () => sys.rmdir('ld/'));

  await t('unlink dir', () => sys.unlink('d'));
  await t('unlink f/', () => sys.unlink('f/'));
  await t('unlink none', () => sys.unlink('none'));
  await t('unlink dirlink/', () => sys.unlink('ld/'));
}

async function links(sys: Sys, t: Tell): Promise<void> {
  await t('link dir', () => sys.link('d', 'd3'));
  await t('link exists', () => sys.link('f', 'l'));
  await t('link none', () => sys.link('zz', 'yy'));
  await t('link symlink', async () => {
    await sys.link('l', 'l2');
    return sys.readlink('l2');
  });
  await t('link to slash', () => sys.link('f', 'f3/'));

  await t('symlink empty', () => sys.symlink('', 's'));
  await t('symlink exists', () => sys.symlink('x', 'f'));
  await t('readlink f', () => sys.readlink('f'));
  await t('readlink empty', () => sys.readlink(''));

  await t('rename dir to file', () => sys.rename('d', 'f'));
  await t('rename file to dir', () => sys.rename('f', 'd'));
  await t('rename into self', () => sys.rename('d', 'd/x/y'));
  await t('rename into self2', () => sys.rename('d', 'd/y'));
  await t('rename same link', async () => {
    await sys.link('f', 'f2');
    await sys.rename('f', 'f2');
    return (await sys.stat('f')).nlink;
  });
  await t('rename dir onto nonempty', async () => {
    await sys.mkdir('d4');
    return sys.rename('d4', 'd');
  });
  await t('rename dir onto empty', async () => {
    await sys.mkdir('d5');
    await sys.rename('d4', 'd5');
  });
  await t('rename file/', () => sys.rename('f', 'g/'));
  await t('rename dir new/', async () => {
    await sys.rename('d5', 'd6/');
    return (await sys.stat('d6')).mode & S.IFMT;
  });
  await t('rename .', () => sys.rename('.', 'q'));
  await t('rename none', () => sys.rename('none', 'q'));
}

async function transfers(sys: Sys, t: Tell): Promise<void> {
  await t('truncate neg', () => sys.truncate('f', -1));
  await t('truncate dir', () => sys.truncate('d', 0));
  await t('ftruncate rdonly', async () => {
    const fd = await sys.open('f', 0);
    return sys.ftruncate(fd, 0);
  });
  await t('chmod none', () => sys.chmod('none', 0));
  await t('chmod bits', async () => {
    await sys.chmod('f', 0o107777);
    return (await sys.stat('f')).mode.toString(8);
  });

  await t('read wronly', async () => {
    const fd = await sys.open('f', O.WRONLY);
    return sys.read(fd, 1);
  });
  await t('write rdonly', async () => {
    const fd = await sys.open('f', 0);
    return sys.write(fd, encode('x'));
  });
  await t('read dir', async () => {
    const fd = await sys.open('d', 0);
    return sys.read(fd, 1);
  });
  await t('read badfd', () => sys.read(99, 1));
  await t('lseek neg', async () => {
    const fd = await sys.open('f', 0);
    return sys.lseek(fd, -1, 0);
  });
  await t('lseek past', async () => {
    const fd = await sys.open('f', 0);
    return sys.lseek(fd, 100, 2);
  });
  await t('lseek pipe', async () => {
    const [r] = await sys.pipe();
    return sys.lseek(r, 0, 0);
  });
  await t('pread neg', async () => {
    const fd = await sys.open('f', 0);
    return sys.pread(fd, 1, -1);
  });
  await t('pread pipe', async () => {
    const [r] = await sys.pipe();
    return sys.pread(r, 1, 0);
  });
  await t('lseek whence', async () => {
    const fd = await sys.open('f', 0);
    return sys.lseek(fd, 0, 9);
  });
  await t('pwrite append', async () => {
    await make(sys, 'ap', 'abc');
    const fd = await sys.open('ap', O.RDWR | O.APPEND);
    await sys.pwrite(fd, encode('X'), 0);
    return new TextDecoder().decode(await sys.pread(fd, 10, 0));
  });
}

async function descriptors(sys: Sys, t: Tell): Promise<void> {
  await t('dup2 same bad', () => sys.dup2(99, 99));
  await t('dup2 big', () => sys.dup2(1, 100000));
  await t('dup2 same', () => sys.dup2(1, 1));
  await t('dupfd big', () => sys.dupfd(1, 100000));
  await t('close twice', async () => {
    const fd = await sys.open('f', 0);
    await sys.close(fd);
    return sys.close(fd);
  });
  await t('cloexec dup', async () => {
    const fd = await sys.open('f', O.CLOEXEC);
    const g = sys.dup(fd);
    return [sys.getCloexec(fd), sys.getCloexec(g)].join();
  });
  await t('getfl', async () => {
    const fd = await sys.open('f', O.RDWR | O.APPEND | O.NONBLOCK | O.CREAT | O.TRUNC);
    return ((await sys.getFlags(fd)) & ~0o100000).toString(8);
  });

  await t('fsync pipe', async () => {
    const [r] = await sys.pipe();
    return sys.fsync(r);
  });
  await t('fstat pipe', async () => {
    const [r] = await sys.pipe();
    return ((await sys.fstat(r)).mode & S.IFMT).toString(8);
  });
  await t('ftruncate pipe', async () => {
    const [, w] = await sys.pipe();
    return sys.ftruncate(w, 0);
  });
  await t('readdir f', async () => {
    const fd = await sys.open('f', 0);
    return sys.readdir(fd);
  });
  await t('fchdir f', async () => {
    const fd = await sys.open('f', 0);
    return sys.fchdir(fd);
  });
  await t('chdir f', () => sys.chdir('f'));
}

async function processes(sys: Sys, t: Tell): Promise<void> {
  await t('kill 0', () => sys.kill(999999, 0));
  await t('kill badsig', () => sys.kill(sys.getpid(), 99));
  await t('waitpid none', () => sys.waitpid(-1));
  await t('setpgid neg', () => sys.setpgid(0, -5));
  await t('setsid leader', async () => {
    try {
      await sys.setpgid(0, 0);
    } catch {}
    return sys.setsid();
  });
  await t('getpgid none', () => sys.getpgid(99999));
  await t('sigaction kill', () => sys.sigaction(9, { disposition: 'ignore' }));
  await t('sigaction 0', () => sys.sigaction(0));
  await t('umask', () => {
    sys.umask(0o7777);
    return sys.umask(0o22).toString(8);
  });

  await t('access W dir', () => sys.access('d', 2));
  await t('access mode', () => sys.access('f', 99));
  await t('chown none', () => sys.chown('none', 0, 0));
  await t('utimens none', () => sys.utimens('none', 'now', 'now'));
  await t('utimens link nofollow', async () => {
    await sys.utimens('l', 1000, 2000, { noFollow: true });
    return [(await sys.lstat('l')).mtimeMs, (await sys.stat('l')).mtimeMs !== 2000].join();
  });
  await t('isatty f', async () => {
    const fd = await sys.open('f', 0);
    return sys.tcgetattr(fd);
  });
}

async function execution(sys: Sys, t: Tell): Promise<void> {
  await t('poll neg', async () => (await sys.poll([{ fd: 99, events: 1 }], 0)).join());
  await t('poll closed pipe', async () => {
    const [r, w] = await sys.pipe();
    await sys.close(w);
    return (await sys.poll([{ fd: r, events: 1 }], 0)).join();
  });
  await t('exec dir', () => sys.exec('d', ['d']));
  await t('exec nox', () => sys.exec('ap', ['ap']));
  await t('exec none', () => sys.exec('none', ['x']));
  await t('exec noent interp', async () => {
    await make(sys, 'scr', '#!/no/such\n');
    await sys.chmod('scr', 0o755);
    return sys.exec('scr', ['scr']);
  });
  await t('exec text', async () => {
    await make(sys, 'txt', 'echo hi\n');
    await sys.chmod('txt', 0o755);
    return sys.exec('txt', ['txt']);
  });
  await t('getcwd gone', async () => {
    await sys.mkdir('gone2');
    await sys.chdir('gone2');
    await sys.rmdir('/tmp/a/gone2');
    return sys.getcwd();
  });
  await t('create in gone', () => sys.open('x', O.CREAT | O.WRONLY, 0o600));
  await t('stat . gone', async () => (await sys.stat('.')).nlink);
  await t('mknod dir', async () => {
    await sys.chdir('/tmp/a');
    return sys.mknod('mk', 0o040000);
  });
  await t('mknod exists', () => sys.mknod('f', 0o010644));
  await t('chroot f', () => sys.chroot('f'));
  await t('setrlimit raise', () => sys.setrlimit('nofile', { soft: 100, hard: 50 }));
  await t('nice range', async () => {
    await sys.setpriority(0, 50);
    return sys.getpriority(0);
  });
}

async function main(sys: Sys): Promise<number> {
  const told: string[] = [];
  const t: Tell = async (name, call) => {
    let result: unknown;
    try {
      result = (await call()) ?? 'ok';
    } catch (error) {
      result = (error as { code?: string }).code ?? error;
    }
    told.push(`${name}: ${result}`);
  };
  await sys.mkdir('/tmp/a', 0o755);
  await sys.chdir('/tmp/a');
  await make(sys, 'f', 'hello');
  await sys.mkdir('d', 0o755);
  await make(sys, 'd/x', 'x');
  await sys.symlink('f', 'l');
  await sys.symlink('nowhere', 'dl');
  await sys.symlink('loop', 'loop');

  for (const part of [opening, directories, links, transfers, descriptors, processes, execution])
    await part(sys, t);
  await sys.write(1, encode(told.join('\n')));
  return 0;
}

it('calls fail and answer as on Linux', async () => {
  const { system } = await testSystem();
  system.defineProgram('calls', main);
  const { stdout, stderr } = await system.exec('calls');
  expect(stderr).toBe('');
  expect(stdout.split('\n')).toEqual(LIKE_LINUX.split('\n'));
});
