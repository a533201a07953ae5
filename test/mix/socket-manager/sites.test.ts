/** Sockets between sites: names and ports are the system's, and a lost site resets its connections. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { O, Poll } from '../../../subsystems/unix/constants.ts';
import { AF, MSG, SHUT, SOCK } from '../../../subsystems/unix/sockets.ts';
import type { Fd, Program, Sys } from '../../../subsystems/unix/sys.ts';
import { bootSites, bytesOf, errorOf, pending, settle, textOf, type World } from './support.ts';

const named = (path: string) => ({ family: AF.UNIX, path });
const at = (port: number, host = '127.0.0.1') => ({ family: AF.INET, host, port });

/** Serves one connection in capitals, until its parent says that it is done. */
const child: Program = {
  name: '.child',
  main: () => 0,
  entries: {
    serve: async (sys: Sys, { server, pair }: { server: Fd; pair: Fd }) => {
      const { fd } = await sys.accept(server);
      const ready = await sys.poll([{ fd, events: Poll.IN }], 5000);
      if (ready[0] !== Poll.IN) return 1;
      const { data } = await sys.recvmsg(fd, 100);
      await sys.sendmsg(fd, bytesOf(textOf(data).toUpperCase()));
      if (textOf(await sys.read(pair, 100)) !== 'done') return 2;
      await sys.write(pair, bytesOf('bye'));
      return 0;
    },
  },
};

describe('sockets between sites', () => {
  let world: World;
  let one: Sys;
  let two: Sys;
  let three: Sys;
  beforeEach(async () => {
    world = await bootSites(3, [child]);
    [one, two, three] = [world.process(1), world.process(2), world.process(3)];
    for (const sys of [one, two, three]) await sys.getcwd();
  });
  afterEach(() => world.close());

  const listener = async (sys: Sys, address: { family: number }, type: number = SOCK.STREAM): Promise<Fd> => {
    const fd = await sys.socket(address.family, type);
    await sys.bind(fd, address);
    await sys.listen(fd, 4);
    return fd;
  };
  const connected = async (from: Sys, to: Sys, address: { family: number }, type: number = SOCK.STREAM) => {
    const listening = await listener(to, address, type);
    const client = await from.socket(address.family, type);
    await from.connect(client, await to.getsockname(listening));
    const { fd: server } = await to.accept(listening);
    await to.close(listening);
    return { client, server };
  };
  const recv = async (sys: Sys, fd: Fd, max = 100) => textOf((await sys.recvmsg(fd, max)).data);
  const send = (sys: Sys, fd: Fd, text: string) => sys.sendmsg(fd, bytesOf(text), { flags: MSG.NOSIGNAL });

  for (const [what, address] of [
    ['a path', named('/tmp/s')],
    ['an abstract name', named('\0name')],
    ['a port', at(0)],
  ] as const) {
    it(`streams through ${what}`, async () => {
      const { client, server } = await connected(two, three, address);
      await send(two, client, 'request');
      expect(await recv(three, server)).toBe('request');
      await send(three, server, 'reply');
      expect(await recv(two, client)).toBe('reply');
      const reading = recv(two, client);
      expect(await pending(reading)).toBe(true);
      await send(three, server, 'late');
      expect(await reading).toBe('late');
      await three.shutdown(server, SHUT.WR);
      expect(await recv(two, client)).toBe('');
      await two.close(client);
      const ended = await three.poll([{ fd: server, events: Poll.IN }], 1000);
      expect(ended[0]! & Poll.IN).toBe(Poll.IN);
      expect(await recv(three, server)).toBe('');
    });
  }

  it('records keep their borders', async () => {
    const { client, server } = await connected(two, three, named('\0seq'), SOCK.SEQPACKET);
    await send(two, client, 'one');
    await send(two, client, 'two');
    expect([await recv(three, server), await recv(three, server)]).toEqual(['one', 'two']);
  });

  it('flow is controlled by the reader', async () => {
    const { client, server } = await connected(one, two, at(0));
    const total = 1_000_000;
    let sent = 0;
    const sending = (async () => {
      const piece = new Uint8Array(50_000).map((_, i) => i % 251);
      while (sent < total) sent += await one.write(client, piece);
      await one.close(client);
    })();
    expect(await pending(sending)).toBe(true);
    await settle();
    expect(sent).toBeLessThan(300_000);
    expect(await one.poll([{ fd: client, events: Poll.OUT }], 0)).toEqual([0]);
    let received = 0;
    let wrong = 0;
    for (;;) {
      const data = await two.read(server, 65_536);
      if (data.length === 0) break;
      for (let i = 0; i < data.length; i++) if (data[i] !== ((received + i) % 50_000) % 251) wrong += 1;
      received += data.length;
    }
    await sending;
    expect([received, wrong]).toEqual([total, 0]);
  });

  it('ports are one space; a site has an address of its own', async () => {
    const fd = await listener(two, at(8000, '0.0.0.0'));
    const other = await three.socket(AF.INET, SOCK.STREAM);
    expect(await errorOf(() => three.bind(other, at(8000)))).toBe('EADDRINUSE');
    expect(await errorOf(() => three.bind(other, at(0, '10.0.0.2')))).toBe('EADDRNOTAVAIL');
    expect(await errorOf(() => three.connect(other, at(8000, '10.0.0.1')))).toBe('ECONNREFUSED');
    await three.connect(other, at(8000, '10.0.0.2'));
    const { fd: accepted, address } = await two.accept(fd);
    expect(address.host).toBe('10.0.0.3');
    expect((await two.getsockname(accepted)).host).toBe('10.0.0.2');
    await two.close(fd);
    await settle();
    const again = await three.socket(AF.INET, SOCK.STREAM);
    expect(await errorOf(() => three.bind(again, at(8000)))).toBe('ok');
  });

  it('datagrams of both families', async () => {
    const server = await two.socket(AF.UNIX, SOCK.DGRAM);
    await two.bind(server, named('/tmp/d'));
    const client = await three.socket(AF.UNIX, SOCK.DGRAM);
    await three.bind(client, named('\0me'));
    await three.sendmsg(client, bytesOf('hello'), { to: named('/tmp/d') });
    const got = await two.recvmsg(server, 100);
    expect([textOf(got.data), got.from]).toEqual(['hello', named('\0me')]);
    await two.close(server);
    expect(await errorOf(() => three.sendmsg(client, bytesOf('x'), { to: named('/tmp/d') }))).toBe(
      'ECONNREFUSED',
    );
    const udp = await two.socket(AF.INET, SOCK.DGRAM);
    await two.bind(udp, at(9000));
    const asker = await three.socket(AF.INET, SOCK.DGRAM);
    await three.connect(asker, at(9000));
    await three.write(asker, bytesOf('question'));
    const question = await two.recvmsg(udp, 100);
    await two.sendmsg(udp, bytesOf('answer'), { to: question.from! });
    expect(await recv(three, asker)).toBe('answer');
  });

  it('descriptors travel: a file of site 1 from site 2 to site 3', async () => {
    const { client, server } = await connected(two, three, named('/tmp/fd'));
    const file = await two.open('/tmp/data', O.RDWR | O.CREAT, 0o600);
    await two.write(file, bytesOf('shared offset'));
    await two.lseek(file, 7, 0);
    const [reader, writer] = await two.pipe();
    await two.sendmsg(client, bytesOf('!'), { rights: [file, reader] });
    await two.close(file);
    await two.close(reader);
    const { rights } = await three.recvmsg(server, 10, { rightsMax: 2 });
    expect(textOf(await three.read(rights[0]!, 100))).toBe('offset');
    await two.write(writer, bytesOf('piped'));
    expect(textOf(await three.read(rights[1]!, 100))).toBe('piped');
    await three.close(rights[1]!);
    await settle();
    two.sigaction(13, { disposition: 'ignore' });
    expect(await errorOf(() => two.write(writer, bytesOf('x')))).toBe('EPIPE');
  });

  it('descriptors that nobody received are given up with the socket', async () => {
    const { client, server } = await connected(two, three, named('/tmp/fd'));
    const [reader, writer] = await two.pipe();
    await two.sendmsg(client, bytesOf('!'), { rights: [reader] });
    await two.close(reader);
    await settle();
    expect(await two.write(writer, bytesOf('x'))).toBe(1);
    await three.close(server);
    await settle();
    two.sigaction(13, { disposition: 'ignore' });
    expect(await errorOf(() => two.write(writer, bytesOf('x')))).toBe('EPIPE');
  });

  it('a child on another site uses the sockets that it inherits', async () => {
    const parent = world.process(2, { program: child });
    parent.csite(3);
    const server = await listener(parent, at(8100));
    const [a, b] = await parent.socketpair(AF.UNIX, SOCK.STREAM);
    const pid = await parent.fork('serve', { server, pair: b });
    await parent.close(server);
    await parent.close(b);
    const client = await one.socket(AF.INET, SOCK.STREAM);
    await one.connect(client, at(8100));
    await send(one, client, 'ping');
    expect(await recv(one, client)).toBe('PING');
    await send(parent, a, 'done');
    expect((await parent.waitpid(pid))!.status).toBe(0);
    expect(await recv(one, client)).toBe('');
    expect(await recv(parent, a)).toBe('bye');
    expect(await recv(parent, a)).toBe('');
    const again = await two.socket(AF.INET, SOCK.STREAM);
    expect(await errorOf(() => two.connect(again, at(8100)))).toBe('ECONNREFUSED');
  });

  it('a lost site resets its connections and frees its names', async () => {
    const { client } = await connected(two, three, at(0));
    const { client: unix } = await connected(two, three, named('\0n'));
    await listener(three, at(8000));
    await listener(three, named('\0kept'));
    const reading = errorOf(() => recv(two, client));
    expect(await pending(reading)).toBe(true);
    await world.lose(3);
    expect(await reading).toBe('ECONNRESET');
    expect(await recv(two, client)).toBe('');
    expect(await errorOf(() => send(two, client, 'x'))).toBe('EPIPE');
    expect(await errorOf(() => send(two, unix, 'x'))).toBe('ECONNRESET');
    expect((await two.poll([{ fd: unix, events: Poll.IN }], 0))[0]! & Poll.HUP).toBe(Poll.HUP);
    const late = await two.socket(AF.INET, SOCK.STREAM);
    expect(await errorOf(() => two.connect(late, at(8000)))).toBe('ECONNREFUSED');
    await listener(two, at(8000));
    await listener(two, named('\0kept'));
  });

  it('when the keeper of the names is lost, another one keeps them', async () => {
    const fd = await listener(two, at(8000));
    await listener(two, named('\0n'));
    await world.lose(1);
    await settle();
    const client = await three.socket(AF.INET, SOCK.STREAM);
    await three.connect(client, at(8000));
    const { fd: server } = await two.accept(fd);
    await send(three, client, 'still here');
    expect(await recv(two, server)).toBe('still here');
    const unix = await three.socket(AF.UNIX, SOCK.STREAM);
    await three.connect(unix, named('\0n'));
    const other = await three.socket(AF.INET, SOCK.STREAM);
    expect(await errorOf(() => three.bind(other, at(8000)))).toBe('EADDRINUSE');
  });
});
