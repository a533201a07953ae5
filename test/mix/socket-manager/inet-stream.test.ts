import { describe, expect, it } from 'vitest';
import { Poll } from '../../../subsystems/unix/constants.ts';
import { Errno } from '../../../subsystems/unix/errno.ts';
import { AF, IPPROTO, IPV6, MSG, SHUT, SO, SOCK, SOL, TCP } from '../../../subsystems/unix/sockets.ts';
import type { Fd } from '../../../subsystems/unix/sys.ts';
import { bytesOf, errorOf, inWorld, textOf } from './support.ts';

const at = (port: number, host = '127.0.0.1') => ({ family: AF.INET, host, port });
const at6 = (port: number, host = '::1') => ({ family: AF.INET6, host, port });
const ALL = 0x3fff;

describe('TCP on the network of the system', () => {
  const { world, sys } = inWorld();

  const poll = async (fd: Fd) => (await sys.poll([{ fd, events: ALL }], 0))[0]!;
  const recv = async (fd: Fd, flags = 0) => textOf((await sys.recvmsg(fd, 100, { flags })).data);
  const send = (fd: Fd, text: string) => sys.sendmsg(fd, bytesOf(text), { flags: MSG.NOSIGNAL });
  const stream = (family: number = AF.INET, flags = 0) => sys.socket(family, SOCK.STREAM | flags);
  const listener = async (address: { family: number } = at(0)) => {
    const fd = await stream(address.family);
    await sys.bind(fd, address);
    await sys.listen(fd, 8);
    return { fd, port: (await sys.getsockname(fd)).port! };
  };
  const connected = async () => {
    const { fd, port } = await listener();
    const client = await stream();
    await sys.connect(client, at(port));
    const { fd: server, address } = await sys.accept(fd);
    await sys.close(fd);
    return { client, server, port, address };
  };

  it('listens, connects, accepts and names both ends', async () => {
    const { client, server, port, address } = await connected();
    expect(await sys.getpeername(client)).toEqual(at(port));
    expect(await sys.getsockname(server)).toEqual(at(port));
    expect(await sys.getsockname(client)).toEqual(address);
    expect(address.port).toBeGreaterThanOrEqual(32_768);
    await send(client, 'request');
    expect(await recv(server)).toBe('request');
    expect(await errorOf(() => sys.sendmsg(server, bytesOf('!'), { flags: MSG.OOB }))).toBe('EOPNOTSUPP');
    expect(await poll(client)).toBe(0x104);
  });

  it('connects without waiting: EINPROGRESS, then poll and SO_ERROR', async () => {
    const { port } = await listener();
    const fd = await stream(AF.INET, SOCK.NONBLOCK);
    expect(await errorOf(() => sys.connect(fd, at(port)))).toBe('EINPROGRESS');
    expect(await sys.poll([{ fd, events: Poll.OUT }], 1000)).toEqual([Poll.OUT]);
    expect(await sys.getsockopt(fd, SOL.SOCKET, SO.ERROR)).toBe(0);
    expect(await errorOf(() => sys.connect(fd, at(port)))).toBe('ok');
    expect(await errorOf(() => sys.connect(fd, at(port)))).toBe('EISCONN');
    const refused = await stream(AF.INET, SOCK.NONBLOCK);
    expect(await errorOf(() => sys.connect(refused, at(1)))).toBe('EINPROGRESS');
    expect(await poll(refused)).toBe(0x215d);
    expect(await sys.getsockopt(refused, SOL.SOCKET, SO.ERROR)).toBe(Errno.ECONNREFUSED);
    expect(await poll(refused)).toBe(0x2155);
    expect(await errorOf(() => sys.connect(refused, at(1)))).toBe('ECONNABORTED');
  });

  it('refuses where nobody listens, and knows what is no address of this network', async () => {
    const fd = await stream();
    expect(await errorOf(() => sys.connect(fd, at(1)))).toBe('ECONNREFUSED');
    expect(await poll(fd)).toBe(0x114);
    expect(await errorOf(() => recv(fd))).toBe('ENOTCONN');
    expect(await errorOf(() => send(fd, 'x'))).toBe('EPIPE');
    expect(await errorOf(() => sys.connect(fd, at(80, '8.8.8.8')))).toBe('ENETUNREACH');
    expect(await errorOf(() => sys.connect(fd, at(80, '10.0.0.9')))).toBe('EHOSTUNREACH');
    expect(await errorOf(() => sys.connect(fd, at6(80)))).toBe('EAFNOSUPPORT');
    expect(await errorOf(() => sys.connect(fd, at(80, 'localhost')))).toBe('EINVAL');
    expect(await errorOf(() => sys.bind(fd, at(0)))).toBe('EINVAL');
    const other = await stream();
    expect(await errorOf(() => sys.bind(other, at(0, '8.8.8.8')))).toBe('EADDRNOTAVAIL');
    expect(await errorOf(() => sys.shutdown(other, SHUT.WR))).toBe('ENOTCONN');
    const user = world.process(1, { uid: 1000 });
    const low = await user.socket(AF.INET, SOCK.STREAM);
    expect(await errorOf(() => user.bind(low, at(80)))).toBe('EACCES');
  });

  it('half closed, closed, reset: as tcp(7) and Linux have it', async () => {
    const one = await connected();
    await sys.close(one.server);
    expect(await poll(one.client)).toBe(0x2145);
    expect(await send(one.client, 'x')).toBe(1);
    expect(await poll(one.client)).toBe(0x215d);
    expect(await errorOf(() => send(one.client, 'x'))).toBe('EPIPE');
    expect(await recv(one.client)).toBe('');
    const two = await connected();
    await send(two.client, 'unread');
    await sys.close(two.server);
    expect(await poll(two.client)).toBe(0x215d);
    expect(await errorOf(() => send(two.client, 'x'))).toBe('ECONNRESET');
    expect(await recv(two.client)).toBe('');
    expect(await errorOf(() => send(two.client, 'x'))).toBe('EPIPE');
    const three = await connected();
    await sys.shutdown(three.client, SHUT.WR);
    expect([await poll(three.client), await poll(three.server)]).toEqual([0x104, 0x2145]);
    await send(three.server, 'rest');
    await sys.close(three.server);
    expect(await recv(three.client)).toBe('rest');
    expect(await poll(three.client)).toBe(0x2155);
    expect(await errorOf(() => sys.getpeername(three.client))).toBe('ENOTCONN');
    const four = await connected();
    await sys.setsockopt(four.server, SOL.SOCKET, SO.LINGER, { on: true, seconds: 0 });
    await sys.close(four.server);
    expect(await errorOf(() => recv(four.client))).toBe('ECONNRESET');
  });

  it('a port belongs to one listener, unless both allow more', async () => {
    const { fd, port } = await listener();
    const second = await stream();
    expect(await errorOf(() => sys.bind(second, at(port)))).toBe('EADDRINUSE');
    await sys.setsockopt(second, SOL.SOCKET, SO.REUSEADDR, 1);
    expect(await errorOf(() => sys.bind(second, at(port, '0.0.0.0')))).toBe('EADDRINUSE');
    expect(await errorOf(() => sys.bind(second, at(port, '127.0.0.2')))).toBe('ok');
    await sys.listen(second, 1);
    const client = await stream();
    await sys.connect(client, at(port, '127.0.0.2'));
    expect((await sys.accept(second)).address.host).toBe('127.0.0.1');
    await sys.close(fd);
    const third = await stream();
    expect(await errorOf(() => sys.bind(third, at(port)))).toBe('ok');
    const shared: Fd[] = [];
    for (let i = 0; i < 2; i++) {
      const member = await stream();
      await sys.setsockopt(member, SOL.SOCKET, SO.REUSEPORT, 1);
      await sys.bind(member, at(7777));
      await sys.listen(member, 8);
      shared.push(member);
    }
    for (let i = 0; i < 8; i++) await sys.connect(await stream(), at(7777));
    const ready = await sys.poll(
      shared.map((member) => ({ fd: member, events: Poll.IN })),
      0,
    );
    expect(ready).toEqual([Poll.IN, Poll.IN]);
  });

  it('IPv6 listens for IPv4 as well, unless IPV6_V6ONLY', async () => {
    const { fd, port } = await listener(at6(0, '::'));
    const v4 = await stream();
    await sys.connect(v4, at(port));
    const { fd: accepted, address } = await sys.accept(fd);
    expect(address.host).toBe('::ffff:127.0.0.1');
    expect((await sys.getsockname(accepted)).host).toBe('::ffff:127.0.0.1');
    const v6 = await stream(AF.INET6);
    await sys.connect(v6, at6(port));
    expect((await sys.accept(fd)).address.host).toBe('::1');
    const only = await stream(AF.INET6);
    await sys.setsockopt(only, IPPROTO.IPV6, IPV6.V6ONLY, 1);
    expect(await errorOf(() => sys.connect(only, at6(port, '::ffff:127.0.0.1')))).toBe('ENETUNREACH');
    await sys.bind(only, at6(0, '::'));
    await sys.listen(only, 1);
    const { port: onlyPort } = await sys.getsockname(only);
    expect(await errorOf(async () => sys.connect(await stream(), at(onlyPort!)))).toBe('ECONNREFUSED');
  });

  it('options are remembered, within bounds', async () => {
    const fd = await stream();
    const get = (level: number, name: number) => sys.getsockopt(fd, level, name);
    expect([await get(IPPROTO.TCP, TCP.NODELAY), await get(IPPROTO.IP, 2)]).toEqual([0, 64]);
    await sys.setsockopt(fd, IPPROTO.TCP, TCP.NODELAY, 5);
    expect(await get(IPPROTO.TCP, TCP.NODELAY)).toBe(1);
    await sys.setsockopt(fd, SOL.SOCKET, SO.RCVBUF, 10_000);
    expect(await get(SOL.SOCKET, SO.RCVBUF)).toBe(20_000);
    await sys.setsockopt(fd, SOL.SOCKET, SO.RCVBUF, 1);
    expect(await get(SOL.SOCKET, SO.RCVBUF)).toBe(2304);
    expect(await errorOf(() => get(IPPROTO.IPV6, IPV6.V6ONLY))).toBe('EOPNOTSUPP');
    expect(await errorOf(() => get(SOL.SOCKET, 200))).toBe('ENOPROTOOPT');
    expect(await errorOf(() => sys.setsockopt(fd, SOL.SOCKET, SO.TYPE, 1))).toBe('ENOPROTOOPT');
    expect(await get(SOL.SOCKET, SO.PEERCRED)).toEqual({ pid: 0, uid: 0xffffffff, gid: 0xffffffff });
    expect(await get(SOL.SOCKET, SO.PROTOCOL)).toBe(6);
  });
});
