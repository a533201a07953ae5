import { describe, expect, it } from 'vitest';
import { O, Poll, S } from '../../../subsystems/unix/constants.ts';
import { AF, MSG, SHUT, SO, SOCK, SOL } from '../../../subsystems/unix/sockets.ts';
import type { Fd } from '../../../subsystems/unix/sys.ts';
import { bytesOf, errorOf, inWorld, pending, textOf } from './support.ts';

const named = (path: string) => ({ family: AF.UNIX, path });
const ALL = 0x3fff;

describe('AF_UNIX sockets with connections', () => {
  const { world, sys } = inWorld();

  const send = (fd: Fd, text: string, flags = 0) => sys.sendmsg(fd, bytesOf(text), { flags });
  const recv = async (fd: Fd, max = 100, flags = 0) => textOf((await sys.recvmsg(fd, max, { flags })).data);
  const poll = async (fd: Fd, events = ALL) => (await sys.poll([{ fd, events }], 0))[0]!;
  const listener = async (path: string, backlog = 8, type: number = SOCK.STREAM): Promise<Fd> => {
    const fd = await sys.socket(AF.UNIX, type);
    await sys.bind(fd, named(path));
    await sys.listen(fd, backlog);
    return fd;
  };

  it('a pair carries bytes both ways, by read, write, send and recv', async () => {
    const [a, b] = await sys.socketpair(AF.UNIX, SOCK.STREAM);
    expect(await sys.write(a, bytesOf('hello'))).toBe(5);
    expect(textOf(await sys.read(b, 3))).toBe('hel');
    expect(await send(b, 'back')).toBe(4);
    expect(await recv(a)).toBe('back');
    expect(await recv(b)).toBe('lo');
    expect((await sys.fstat(a)).mode & S.IFMT).toBe(S.IFSOCK);
    expect(await errorOf(() => sys.lseek(a, 0, 0))).toBe('ESPIPE');
  });

  it('peeks, waits for all, and does not wait when told so', async () => {
    const [a, b] = await sys.socketpair(AF.UNIX, SOCK.STREAM);
    await send(a, 'abc');
    expect(await recv(b, 2, MSG.PEEK)).toBe('ab');
    expect(await recv(b)).toBe('abc');
    expect(await errorOf(() => recv(b, 1, MSG.DONTWAIT))).toBe('EAGAIN');
    const all = recv(b, 6, MSG.WAITALL);
    await send(a, '123');
    expect(await pending(all)).toBe(true);
    await send(a, '456');
    expect(await all).toBe('123456');
    await sys.setFlags(b, O.NONBLOCK);
    expect(await errorOf(() => sys.read(b, 1))).toBe('EAGAIN');
  });

  it('a full buffer stops the writer until the reader has read', async () => {
    const [a, b] = await sys.socketpair(AF.UNIX, SOCK.STREAM | SOCK.NONBLOCK);
    let sent = 0;
    const piece = new Uint8Array(8192).fill(7);
    while ((await errorOf(async () => (sent += await sys.write(a, piece)))) === 'ok');
    expect(sent).toBe(212_992);
    expect((await poll(a)) & Poll.OUT).toBe(0);
    await sys.setFlags(a, 0);
    await sys.setFlags(b, 0);
    const writing = Promise.resolve(sys.write(a, new Uint8Array(100_000)));
    expect(await pending(writing)).toBe(true);
    let received = 0;
    while (received < sent + 100_000) received += (await sys.read(b, 65_536)).length;
    expect(await writing).toBe(100_000);
    expect((await poll(a)) & Poll.OUT).toBe(Poll.OUT);
  });

  it('ends as unix(7) says: half closed, closed, reset', async () => {
    const [a, b] = await sys.socketpair(AF.UNIX, SOCK.STREAM);
    await sys.shutdown(a, SHUT.WR);
    expect(await recv(b)).toBe('');
    expect(await errorOf(() => send(a, 'x', MSG.NOSIGNAL))).toBe('EPIPE');
    expect(await poll(b)).toBe(0x2345);
    await sys.shutdown(b, SHUT.WR);
    expect(await poll(b)).toBe(0x2355);
    const [c, d] = await sys.socketpair(AF.UNIX, SOCK.STREAM);
    await send(d, 'unread');
    await send(c, 'left');
    await sys.close(c);
    expect(await recv(d)).toBe('left');
    expect(await errorOf(() => recv(d))).toBe('ECONNRESET');
    expect(await recv(d)).toBe('');
    expect(await errorOf(() => send(d, 'x', MSG.NOSIGNAL))).toBe('EPIPE');
  });

  it('names in the file tree: bind, connect, accept, unlink', async () => {
    const server = await listener('/tmp/s');
    expect((await sys.stat('/tmp/s')).mode).toBe(S.IFSOCK | 0o755);
    expect(await errorOf(() => sys.open('/tmp/s', O.RDWR))).toBe('ENXIO');
    const client = await sys.socket(AF.UNIX, SOCK.STREAM);
    expect(await errorOf(() => sys.bind(client, named('/tmp/s')))).toBe('EADDRINUSE');
    expect(await errorOf(() => sys.bind(server, named('/tmp/s')))).toBe('EADDRINUSE');
    expect(await errorOf(() => sys.bind(server, named('/tmp/s2')))).toBe('EINVAL');
    expect(await errorOf(() => sys.stat('/tmp/s2'))).toBe('ENOENT');
    await sys.connect(client, named('/tmp/s'));
    await send(client, 'early');
    const { fd, address } = await sys.accept(server);
    expect(address).toEqual(named(''));
    expect(await recv(fd)).toBe('early');
    expect([await sys.getsockname(fd), await sys.getpeername(client)]).toEqual([
      named('/tmp/s'),
      named('/tmp/s'),
    ]);
    expect(await errorOf(() => sys.connect(client, named('/tmp/s')))).toBe('EISCONN');
    await sys.rename('/tmp/s', '/tmp/t');
    const second = await sys.socket(AF.UNIX, SOCK.STREAM);
    await sys.connect(second, named('/tmp/t'));
    await sys.unlink('/tmp/t');
    const third = await sys.socket(AF.UNIX, SOCK.STREAM);
    expect(await errorOf(() => sys.connect(third, named('/tmp/t')))).toBe('ENOENT');
    const again = await listener('/tmp/s');
    await sys.close(again);
    expect(await errorOf(() => sys.connect(third, named('/tmp/s')))).toBe('ECONNREFUSED');
  });

  it('errors of calls at the wrong time', async () => {
    const fd = await sys.socket(AF.UNIX, SOCK.STREAM);
    expect(await poll(fd)).toBe(0x314);
    expect(await errorOf(() => recv(fd))).toBe('EINVAL');
    expect(await errorOf(() => send(fd, 'x'))).toBe('ENOTCONN');
    expect(await errorOf(() => sys.accept(fd))).toBe('EINVAL');
    expect(await errorOf(() => sys.listen(fd, 1))).toBe('EINVAL');
    expect(await errorOf(() => sys.getpeername(fd))).toBe('ENOTCONN');
    expect(await errorOf(() => sys.connect(fd, named('/etc/passwd')))).toBe('ECONNREFUSED');
    expect(await errorOf(() => sys.connect(fd, named('/tmp')))).toBe('ECONNREFUSED');
    expect(await errorOf(() => sys.connect(fd, named('')))).toBe('EINVAL');
    const seq = await sys.socket(AF.UNIX, SOCK.SEQPACKET);
    await listener('/tmp/l');
    expect(await errorOf(() => sys.connect(seq, named('/tmp/l')))).toBe('EPROTOTYPE');
    const file = await sys.open('/tmp/f', O.CREAT | O.RDWR);
    expect(await errorOf(() => sys.listen(file, 1))).toBe('ENOTSOCK');
    expect(await errorOf(() => sys.listen(99, 1))).toBe('EBADF');
    const kinds: [number, number, number, string][] = [
      [AF.UNIX, 9, 0, 'ESOCKTNOSUPPORT'],
      [99, SOCK.STREAM, 0, 'EAFNOSUPPORT'],
      [AF.INET, SOCK.STREAM, 17, 'EPROTONOSUPPORT'],
      [AF.INET, SOCK.SEQPACKET, 0, 'ESOCKTNOSUPPORT'],
      [AF.UNIX, SOCK.STREAM, 6, 'EPROTONOSUPPORT'],
      [AF.UNIX, SOCK.RAW, 0, 'ok'],
    ];
    for (const [domain, type, protocol, error] of kinds) {
      expect(await errorOf(() => sys.socket(domain, type, protocol))).toBe(error);
    }
  });

  it('the backlog takes one more than asked; then connecting waits', async () => {
    const server = await listener('\0queue', 1);
    const clients: Fd[] = [];
    for (let i = 0; i < 3; i++) clients.push(await sys.socket(AF.UNIX, SOCK.STREAM | SOCK.NONBLOCK));
    await sys.connect(clients[0]!, named('\0queue'));
    await sys.connect(clients[1]!, named('\0queue'));
    expect(await errorOf(() => sys.connect(clients[2]!, named('\0queue')))).toBe('EAGAIN');
    await sys.setFlags(clients[2]!, 0);
    const waiting = Promise.resolve(sys.connect(clients[2]!, named('\0queue')));
    expect(await pending(waiting)).toBe(true);
    expect((await poll(server)) & Poll.IN).toBe(Poll.IN);
    await sys.accept(server);
    await waiting;
    await sys.close(server);
    expect(await errorOf(() => recv(clients[1]!))).toBe('ECONNRESET');
    expect(await recv(clients[1]!)).toBe('');
  });

  it('records keep their borders; longer ones are cut', async () => {
    const [a, b] = await sys.socketpair(AF.UNIX, SOCK.SEQPACKET);
    await send(a, 'one');
    await send(a, '');
    await send(a, 'three');
    expect(await recv(b)).toBe('one');
    expect(await recv(b)).toBe('');
    const cut = await sys.recvmsg(b, 2);
    expect([textOf(cut.data), cut.length, cut.flags]).toEqual(['th', 5, MSG.TRUNC]);
    expect(await errorOf(() => sys.sendmsg(a, new Uint8Array(65_537)))).toBe('EMSGSIZE');
    expect(await sys.sendmsg(a, new Uint8Array(65_536))).toBe(65_536);
    expect((await sys.read(b, 100_000)).length).toBe(65_536);
  });

  it('credentials: SO_PEERCRED, SO_PASSCRED', async () => {
    const server = await listener('/tmp/c');
    await sys.chmod('/tmp/c', 0o777);
    const user = world.process(1, { uid: 1000 });
    const fd = await user.socket(AF.UNIX, SOCK.STREAM);
    await user.connect(fd, named('/tmp/c'));
    const accepted = (await sys.accept(server)).fd;
    const ids = { pid: user.getpid(), uid: 1000, gid: 0 };
    expect(await sys.getsockopt(accepted, SOL.SOCKET, SO.PEERCRED)).toEqual(ids);
    expect(await user.getsockopt(fd, SOL.SOCKET, SO.PEERCRED)).toEqual({ pid: sys.getpid(), uid: 0, gid: 0 });
    await sys.setsockopt(accepted, SOL.SOCKET, SO.PASSCRED, 1);
    await user.sendmsg(fd, bytesOf('me'));
    expect((await sys.recvmsg(accepted, 10)).credentials).toEqual(ids);
    const lie = { pid: 1, uid: 0, gid: 0 };
    expect(await errorOf(() => user.sendmsg(fd, bytesOf('x'), { credentials: lie }))).toBe('EPERM');
    await sys.chmod('/tmp/c', 0o700);
    const other = await user.socket(AF.UNIX, SOCK.STREAM);
    expect(await errorOf(() => user.connect(other, named('/tmp/c')))).toBe('EACCES');
  });

  it('timeouts end a wait with EAGAIN', async () => {
    const [a] = await sys.socketpair(AF.UNIX, SOCK.STREAM);
    await sys.setsockopt(a, SOL.SOCKET, SO.RCVTIMEO, 20);
    const before = sys.monotonic();
    expect(await errorOf(() => recv(a))).toBe('EAGAIN');
    expect(sys.monotonic() - before).toBeGreaterThanOrEqual(19);
  });
});

describe('descriptors in messages', () => {
  const { world, sys } = inWorld();

  it('a pipe end travels, and lives on in the message when its sender closes it', async () => {
    const other = world.process();
    const server = await sys.socket(AF.UNIX, SOCK.STREAM);
    await sys.bind(server, named('\0fds'));
    await sys.listen(server, 1);
    const there = await other.socket(AF.UNIX, SOCK.STREAM);
    await other.connect(there, named('\0fds'));
    const { fd: here } = await sys.accept(server);
    const [reader, writer] = await sys.pipe();
    await sys.sendmsg(here, bytesOf('a'), { rights: [reader] });
    await sys.sendmsg(here, bytesOf('bc'));
    await sys.close(reader);
    await sys.write(writer, bytesOf('through'));
    const got = await other.recvmsg(there, 10, { rightsMax: 4 });
    expect(textOf(got.data)).toBe('a');
    expect(got.rights).toHaveLength(1);
    expect(textOf(await other.read(got.rights[0]!, 10))).toBe('through');
    await other.close(got.rights[0]!);
    expect(await errorOf(() => sys.sendmsg(here, bytesOf('x'), { rights: [77] }))).toBe('EBADF');
    sys.sigaction(13, { disposition: 'ignore' });
    expect(await errorOf(() => sys.write(writer, bytesOf('x')))).toBe('EPIPE');
  });

  it('what nobody receives is closed with the socket, or when it is read past', async () => {
    sys.sigaction(13, { disposition: 'ignore' });
    const [a, b] = await sys.socketpair(AF.UNIX, SOCK.STREAM);
    const [r1, w1] = await sys.pipe();
    const [r2, w2] = await sys.pipe();
    await sys.sendmsg(a, bytesOf('1'), { rights: [r1] });
    await sys.sendmsg(a, bytesOf('2'), { rights: [r2] });
    await sys.close(r1);
    await sys.close(r2);
    expect(await sys.write(w1, bytesOf('x'))).toBe(1);
    await sys.read(b, 1);
    expect(await errorOf(() => sys.write(w1, bytesOf('x')))).toBe('EPIPE');
    expect(await sys.write(w2, bytesOf('x'))).toBe(1);
    await sys.close(b);
    await sys.close(a);
    expect(await errorOf(() => sys.write(w2, bytesOf('x')))).toBe('EPIPE');
  });

  it('too many for the receiver are closed, and it is told', async () => {
    const [a, b] = await sys.socketpair(AF.UNIX, SOCK.DGRAM);
    const [r, w] = await sys.pipe();
    await sys.sendmsg(a, bytesOf('x'), { rights: [r, w, r] });
    const peeked = await sys.recvmsg(b, 10, { rightsMax: 3, flags: MSG.PEEK });
    expect(peeked.rights).toHaveLength(3);
    const got = await sys.recvmsg(b, 10, { rightsMax: 1 });
    expect([got.rights.length, got.flags]).toEqual([1, MSG.CTRUNC]);
    await sys.write(w, bytesOf('!'));
    expect(textOf(await sys.read(got.rights[0]!, 1))).toBe('!');
  });
});
