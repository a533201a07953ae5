import { describe, expect, it } from 'vitest';
import { Poll } from '../../../subsystems/unix/constants.ts';
import { AF, MSG, SO, SOCK, SOL } from '../../../subsystems/unix/sockets.ts';
import type { Fd } from '../../../subsystems/unix/sys.ts';
import { bytesOf, errorOf, inWorld, pending, textOf } from './support.ts';

const named = (path: string) => ({ family: AF.UNIX, path });
const host = (port: number, name = '127.0.0.1') => ({ family: AF.INET, host: name, port });
const ALL = 0x3fff;

describe('datagrams', () => {
  const { sys } = inWorld();

  const bound = async (address: { family: number }): Promise<Fd> => {
    const fd = await sys.socket(address.family, SOCK.DGRAM);
    await sys.bind(fd, address);
    return fd;
  };
  const portOf = async (fd: Fd): Promise<number> => (await sys.getsockname(fd)).port!;
  const poll = async (fd: Fd) => (await sys.poll([{ fd, events: ALL }], 0))[0]!;

  it('AF_UNIX: to a name, with the name of the sender', async () => {
    const a = await bound(named('/tmp/a'));
    const b = await bound(named('\0b'));
    await sys.sendmsg(b, bytesOf('to a'), { to: named('/tmp/a') });
    const got = await sys.recvmsg(a, 100);
    expect([textOf(got.data), got.from]).toEqual(['to a', named('\0b')]);
    await sys.sendmsg(a, bytesOf('to b'), { to: got.from! });
    expect((await sys.recvmsg(b, 100)).from).toEqual(named('/tmp/a'));
    const none = await sys.socket(AF.UNIX, SOCK.DGRAM);
    await sys.sendmsg(none, bytesOf('x'), { to: named('\0b') });
    expect((await sys.recvmsg(b, 100)).from).toBe(undefined);
    expect(await errorOf(() => sys.sendmsg(none, bytesOf('x')))).toBe('ENOTCONN');
    expect(await errorOf(() => sys.sendmsg(none, bytesOf('x'), { to: named('/tmp/no') }))).toBe('ENOENT');
    expect(await errorOf(() => sys.listen(none, 1))).toBe('EOPNOTSUPP');
    expect(await errorOf(() => sys.accept(none))).toBe('EOPNOTSUPP');
  });

  it('AF_UNIX: a connected pair takes nothing from others, and hears that the other is gone', async () => {
    const server = await bound(named('\0server'));
    const client = await bound(named('\0client'));
    await sys.connect(client, named('\0server'));
    await sys.connect(server, named('\0client'));
    const other = await bound(named('\0other'));
    expect(await errorOf(() => sys.sendmsg(other, bytesOf('x'), { to: named('\0server') }))).toBe('EPERM');
    await sys.write(client, bytesOf('mine'));
    expect(textOf(await sys.read(server, 10))).toBe('mine');
    await sys.close(server);
    expect(await errorOf(() => sys.write(client, bytesOf('x')))).toBe('ECONNREFUSED');
    expect(await errorOf(() => sys.write(client, bytesOf('x')))).toBe('ENOTCONN');
  });

  it('AF_UNIX: the sender waits for room', async () => {
    const [a, b] = await sys.socketpair(AF.UNIX, SOCK.DGRAM);
    let sent = 0;
    while ((await errorOf(() => sys.sendmsg(a, new Uint8Array(60_000), { flags: MSG.DONTWAIT }))) === 'ok')
      sent += 1;
    expect(sent).toBe(3);
    const waiting = Promise.resolve(sys.write(a, new Uint8Array(60_000)));
    expect(await pending(waiting)).toBe(true);
    expect((await sys.read(b, 65_536)).length).toBe(60_000);
    expect(await waiting).toBe(60_000);
    let small = 0;
    const [c, d] = await sys.socketpair(AF.UNIX, SOCK.DGRAM);
    while ((await errorOf(() => sys.sendmsg(c, new Uint8Array(1), { flags: MSG.DONTWAIT }))) === 'ok')
      small += 1;
    expect(small).toBe(512);
    expect((await poll(c)) & Poll.OUT).toBe(0);
    const becomesWritable = Promise.resolve(sys.poll([{ fd: c, events: Poll.OUT }], -1));
    expect(await pending(becomesWritable)).toBe(true);
    await sys.read(d, 1);
    expect(await becomesWritable).toEqual([Poll.OUT]);
  });

  it('UDP: ports, sources, refusals', async () => {
    const server = await bound(host(0));
    const port = await portOf(server);
    const client = await sys.socket(AF.INET, SOCK.DGRAM);
    expect(await poll(client)).toBe(0x304);
    expect(await errorOf(() => sys.sendmsg(client, bytesOf('x')))).toBe('EDESTADDRREQ');
    await sys.sendmsg(client, bytesOf('hey'), { to: host(port) });
    expect((await sys.getsockname(client)).host).toBe('0.0.0.0');
    const got = await sys.recvmsg(server, 2);
    expect([textOf(got.data), got.length, got.flags]).toEqual(['he', 3, MSG.TRUNC]);
    expect(got.from).toEqual(host(await portOf(client)));
    await sys.connect(client, host(port));
    await sys.close(server);
    expect(await sys.write(client, bytesOf('1'))).toBe(1);
    expect(await poll(client)).toBe(0x30c);
    expect(await errorOf(() => sys.write(client, bytesOf('1')))).toBe('ECONNREFUSED');
    expect(await errorOf(() => sys.sendmsg(client, new Uint8Array(65_508)))).toBe('EMSGSIZE');
    const loose = await sys.socket(AF.INET, SOCK.DGRAM);
    expect(await sys.sendmsg(loose, bytesOf('void'), { to: host(port) })).toBe(4);
    expect(await errorOf(() => sys.sendmsg(loose, bytesOf('void'), { to: host(port) }))).toBe('ok');
    expect(await errorOf(() => sys.sendmsg(loose, bytesOf('x'), { to: host(0) }))).toBe('EINVAL');
    expect(await errorOf(() => sys.sendmsg(loose, bytesOf('x'), { to: host(1, '8.8.8.8') }))).toBe(
      'ENETUNREACH',
    );
  });

  it('UDP: what does not fit is dropped', async () => {
    const server = await bound(host(0));
    await sys.setsockopt(server, SOL.SOCKET, SO.RCVBUF, 1500);
    const client = await sys.socket(AF.INET, SOCK.DGRAM);
    await sys.connect(client, await sys.getsockname(server));
    for (let i = 0; i < 5; i++) expect(await sys.write(client, new Uint8Array(1000))).toBe(1000);
    let received = 0;
    while ((await errorOf(() => sys.recvmsg(server, 2000, { flags: MSG.DONTWAIT }))) === 'ok') received += 1;
    expect(received).toBe(2);
  });
});
