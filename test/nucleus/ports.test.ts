import { describe, expect, it } from 'vitest';
import { UiType, uiBuild } from '../../nucleus/ids/ui.ts';
import { EMPTY_MESSAGE } from '../../nucleus/ipc/message.ts';
import { client, serveLoop } from '../../nucleus/ipc/stubs.ts';
import { Nucleus } from '../../nucleus/nucleus.ts';
import { EchoProtocol, until, userThread } from './support/sites.ts';

const text = (body: Uint8Array | undefined): string => Buffer.from(body ?? []).toString();
const message = (value: string) => ({ body: Buffer.from(value) });

function site(limits = {}) {
  const nucleus = new Nucleus({ site: 1, limits });
  const actor = nucleus.actorCreate(null, { name: 'server', privilege: 'supervisor' });
  const port = nucleus.portCreate(actor);
  return { nucleus, actor, port, server: nucleus.threadCreate(actor), thread: userThread(nucleus) };
}

describe('receiving', () => {
  it('takes the oldest message of the highest enabled priority', async () => {
    const { nucleus, actor, port, server, thread } = site();
    const urgent = nucleus.portCreate(actor);
    const silent = nucleus.portCreate(actor);
    nucleus.portEnable(actor, port.li, 5);
    nucleus.portEnable(actor, urgent.li, 1);
    const sends = [
      [port, 'a'],
      [silent, 'x'],
      [port, 'b'],
      [urgent, 'c'],
    ] as const;
    for (const [to, value] of sends) await nucleus.ipcSend(thread, message(value), { target: to.ui });
    const got: string[] = [];
    for (let count = 0; count < 3; count++)
      got.push(text((await nucleus.ipcReceive(server, 'any')).message.body));
    expect(got).toEqual(['c', 'a', 'b']);
    await expect(nucleus.ipcReceive(server, 'any', { delayMs: 0 })).rejects.toThrow('K_ETIMEOUT');
    expect(text((await nucleus.ipcReceive(server, silent.li)).message.body)).toBe('x');
    expect([port, urgent, silent].map(({ li }) => nucleus.portGetSeqNum(actor, li))).toEqual([2, 1, 1]);
  });

  it('a waiting receiver gets what becomes enabled', async () => {
    const { nucleus, actor, port, server, thread } = site();
    await nucleus.ipcSend(thread, message('early'), { target: port.ui });
    const wait = nucleus.ipcReceive(server, 'any');
    nucleus.portEnable(actor, port.li);
    expect(await wait).toMatchObject({ li: port.li });
    nucleus.portDisable(actor, port.li);
    await nucleus.ipcSend(thread, message('late'), { target: port.ui });
    await expect(nucleus.ipcReceive(server, 'any', { delayMs: 2 })).rejects.toThrow('K_ETIMEOUT');
  });

  it('copies what was sent, stamps who sent it, and keeps to the limits', async () => {
    const { nucleus, port, server, thread } = site({ portQueue: 2 });
    const body = Buffer.from('before');
    await nucleus.ipcSend(thread, { body, annex: new Uint8Array(120) }, { target: port.ui });
    body.write('after!');
    await nucleus.ipcReceive(server, port.li);
    expect(text(nucleus.ipcGetData(server))).toBe('before');
    expect(nucleus.ipcSysInfo(server)).toMatchObject({
      srcSite: 1,
      target: port.ui,
      transId: 0,
      actorPi: { uid: 0 },
    });
    expect(() => nucleus.ipcSend(thread, { annex: new Uint8Array(121) }, { target: port.ui })).toThrow(
      'K_ESIZE',
    );
    expect(() => nucleus.ipcSend(thread, { body: new Uint8Array(65_537) }, { target: port.ui })).toThrow(
      'K_ESIZE',
    );
    await nucleus.ipcSend(thread, EMPTY_MESSAGE, { target: port.ui });
    await nucleus.ipcSend(thread, EMPTY_MESSAGE, { target: port.ui });
    expect(() => nucleus.ipcSend(thread, EMPTY_MESSAGE, { target: port.ui })).toThrow('K_EFULL');
    await expect(nucleus.ipcCall(thread, EMPTY_MESSAGE, { target: port.ui })).rejects.toThrow('K_EFULL');
    await thread.delay(1);
  });
});

describe('calls', () => {
  it('are answered out of order with save and restore', async () => {
    const { nucleus, port, server, thread } = site();
    const [first, second] = ['1', '2'].map((value, index) =>
      nucleus.ipcCall(index ? userThread(nucleus) : thread, message(value), { target: port.ui }),
    );
    await nucleus.ipcReceive(server, port.li);
    const saved = nucleus.ipcSave(server);
    expect(() => nucleus.ipcReply(server, EMPTY_MESSAGE)).toThrow('K_EINVAL');
    await nucleus.ipcReceive(server, port.li);
    nucleus.ipcReply(server, message('two'));
    nucleus.ipcRestore(server, saved);
    nucleus.ipcReply(server, message('one'));
    expect([text((await first)!.body), text((await second)!.body)]).toEqual(['one', 'two']);
    expect(() => nucleus.ipcRestore(server, saved)).toThrow('K_EINVAL');
  });

  it('fail when the server, its port or its actor goes; an abort reaches the serving thread', async () => {
    const { nucleus, actor, port, server, thread } = site();
    const call = nucleus.ipcCall(thread, EMPTY_MESSAGE, { target: port.ui });
    await nucleus.ipcReceive(server, port.li);
    const serving = server.delay(60_000);
    thread.abort();
    await expect(call).rejects.toThrow('K_EABORT');
    await expect(serving).rejects.toThrow('K_EABORT');
    const queued = nucleus.ipcCall(thread, EMPTY_MESSAGE, { target: port.ui });
    nucleus.portDelete(actor, port.li);
    await expect(queued).rejects.toThrow('K_ELINKFAILURE');
    const other = nucleus.portCreate(actor);
    const served = nucleus.ipcCall(thread, EMPTY_MESSAGE, { target: other.ui });
    await nucleus.ipcReceive(server, other.li);
    nucleus.actorDelete(actor);
    await expect(served).rejects.toThrow('K_ELINKFAILURE');
    expect(() => nucleus.ipcCall(thread, EMPTY_MESSAGE, { target: other.ui })).toThrow('K_EUNREACHABLE');
  });

  it('a client that gives up between hand-over and taking up aborts the server all the same', async () => {
    const { nucleus, port, server, thread } = site();
    const receiving = nucleus.ipcReceive(server, port.li);
    const call = nucleus.ipcCall(thread, EMPTY_MESSAGE, { target: port.ui });
    thread.abort();
    await expect(call).rejects.toThrow('K_EABORT');
    await receiving;
    await expect(server.delay(1000)).rejects.toThrow('K_EABORT');
  });

  it('a receiver that dies with a message in its hands fails the call', async () => {
    const { nucleus, port, server, thread } = site();
    const receiving = nucleus.ipcReceive(server, port.li);
    const call = nucleus.ipcCall(thread, EMPTY_MESSAGE, { target: port.ui });
    nucleus.threadDelete(server);
    await expect(receiving).rejects.toThrow('K_EUNKNOWN');
    await expect(call).rejects.toThrow('K_ELINKFAILURE');
    const heir = nucleus.threadCreate(server.home);
    const again = nucleus.ipcCall(thread, EMPTY_MESSAGE, { target: port.ui });
    await nucleus.ipcReceive(heir, port.li);
    nucleus.threadDelete(heir);
    await expect(again).rejects.toThrow('K_ELINKFAILURE');
  });

  it('a handler runs in the caller, in its own actor', () => {
    const { nucleus, actor, port, thread } = site();
    nucleus.svMsgHandler(actor, port.li, (_request, context) => {
      expect([context.thread, context.thread.execution]).toEqual([thread, actor]);
      return message('handled');
    });
    const reply = nucleus.ipcCall(thread, EMPTY_MESSAGE, { target: port.ui });
    expect(text((reply as { body: Uint8Array }).body)).toBe('handled');
    expect(thread.execution).toBe(thread.home);
    expect(() => nucleus.svMsgHandler(actor, port.li, () => EMPTY_MESSAGE)).toThrow('K_EBUSY');
  });

  it('queued messages are handled when a handler is connected', async () => {
    const { nucleus, actor, port, thread } = site();
    const call = nucleus.ipcCall(thread, message('waiting'), { target: port.ui });
    nucleus.svMsgHandler(actor, port.li, ({ body }) => ({ body }));
    expect(text((await call).body)).toBe('waiting');
    const user = nucleus.actorCreate(null, { name: 'user', privilege: 'user' });
    expect(() => nucleus.svMsgHandler(user, user.defaultPort, () => EMPTY_MESSAGE)).toThrow('K_EPRIV');
  });

  it("a server loop outlives its clients' aborts and ends with its thread", async () => {
    const { nucleus, actor, port, server, thread } = site();
    let ended = false;
    const loop = serveLoop(nucleus, server, port.li, EchoProtocol, {
      add: ({ a, b }) => ({ sum: a + b }),
      fail: () => ({}),
      wait: async (_request, { thread: own }) => {
        await own.delay(20, false);
        return {};
      },
      echo: ({ data }) => ({ data }),
      any: ({ value }) => ({ value }),
    }).then(() => (ended = true));
    const echo = client(nucleus, EchoProtocol);
    const wait = Promise.resolve(echo.wait(thread, { target: port.ui }, {}));
    await until(() => server.current !== null);
    thread.abort();
    await expect(wait).rejects.toThrow('K_EABORT');
    for (const a of [1, 2, 3]) {
      expect(await echo.add(thread, { target: port.ui }, { a, b: 2 }, { delayMs: 1000 })).toEqual({
        sum: a + 2,
      });
    }
    expect(ended).toBe(false);
    nucleus.actorDelete(actor);
    await loop;
  });
});

describe('names and migration on one site', () => {
  it('declares static ports once, by trusted actors only', () => {
    const { nucleus, actor } = site();
    const ui = uiBuild(UiType.staticPort, 1, 0, 77);
    expect(nucleus.portDeclare(actor, ui).ui).toBe(ui);
    expect(() => nucleus.portDeclare(actor, ui)).toThrow('K_EBUSY');
    expect(() => nucleus.portDeclare(actor, uiBuild(UiType.port, 1, 0, 77))).toThrow('K_EINVAL');
    const user = nucleus.actorCreate(null, { name: 'user' });
    expect(() => nucleus.portDeclare(user, uiBuild(UiType.staticPort, 1, 0, 78))).toThrow('K_EPRIV');
  });

  it('migrates with its mail, or without', async () => {
    const { nucleus, actor, port, server, thread } = site();
    const other = nucleus.actorCreate(null, { name: 'other', privilege: 'supervisor' });
    const heir = nucleus.threadCreate(other);
    nucleus.portEnable(actor, port.li);
    const blocked = nucleus.ipcReceive(server, port.li);
    const first = await nucleus.portMigrate(actor, port.li, other, { follow: true });
    await expect(blocked).rejects.toThrow('K_EABORT');
    expect([first.sequence, port.enabled, port.sequence]).toEqual([1, false, 0]);
    await nucleus.ipcSend(thread, message('follows'), { target: port.ui });
    const back = await nucleus.portMigrate(other, first.li, actor, { follow: true });
    expect(text((await nucleus.ipcReceive(server, back.li)).message.body)).toBe('follows');
    const call = nucleus.ipcCall(thread, EMPTY_MESSAGE, { target: port.ui });
    const last = await nucleus.portMigrate(actor, back.li, other, { follow: false });
    await expect(call).rejects.toThrow('K_EMOVED');
    expect(last.sequence).toBe(2);
    await expect(nucleus.ipcReceive(heir, last.li, { delayMs: 0 })).rejects.toThrow('K_ETIMEOUT');
  });

  it('groups: keys, kinds, modes', async () => {
    const { nucleus, actor, port, thread } = site();
    const user = nucleus.actorCreate(null, { name: 'user' });
    const group = nucleus.grpAllocate(user, 'dynamic');
    const forged = { ui: group.ui, key: nucleus.grpAllocate(user, 'dynamic').key };
    expect(() => nucleus.grpPortInsert(user, forged, port.ui)).toThrow('K_EINVAL');
    expect(() => nucleus.grpAllocate(user, 'staticSystem', 5)).toThrow('K_EPRIV');
    expect(nucleus.grpAllocate(user, 'staticUser', 5)).toEqual(nucleus.grpAllocate(actor, 'staticUser', 5));
    const dest = { target: group.ui, mode: 'functional' } as const;
    expect(() => nucleus.ipcCall(thread, EMPTY_MESSAGE, dest)).toThrow('K_EUNREACHABLE');
    expect(() => nucleus.ipcCall(thread, EMPTY_MESSAGE, { target: group.ui })).toThrow('K_EINVAL');
    expect(nucleus.ipcSend(thread, EMPTY_MESSAGE, { target: group.ui })).toBeUndefined();
    nucleus.grpPortInsert(actor, group, port.ui);
    nucleus.grpPortInsert(actor, group, port.ui);
    await nucleus.ipcSend(thread, EMPTY_MESSAGE, { target: group.ui });
    expect(port.queue.length).toBe(1);
    nucleus.grpPortRemove(actor, group, port.ui);
    expect(() => nucleus.grpPortRemove(actor, group, port.ui)).toThrow('K_EUNKNOWN');
  });
});
