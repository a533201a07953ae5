/** System V IPC by the calls of `Sys`; what Linux answers to the same was recorded with a C program. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { O, Poll } from '../../../subsystems/unix/constants.ts';
import { IPC, MSGFLAG, SEM_UNDO, SHM, SHM_DEST } from '../../../subsystems/unix/ipc.ts';
import type { Program, Sys } from '../../../subsystems/unix/sys.ts';
import {
  bootSites,
  bytesOf,
  errorOf,
  inWorld,
  pending,
  settle,
  textOf,
  type World,
} from '../socket-manager/support.ts';

const CREATE = IPC.CREAT | 0o600;

/** Children of a host process: they leave undo values behind. */
const undoer: Program = {
  name: '.undoer',
  main: () => 0,
  entries: {
    take: async (sys: Sys, id: number) => {
      await sys.semop(id, [{ index: 0, op: -2, flags: SEM_UNDO }]);
      return (await sys.semvalues(id))[0];
    },
  },
};

describe('message queues', () => {
  const { world, sys } = inWorld();

  it('keys name queues', async () => {
    expect(await errorOf(() => sys.msgget(0x7777))).toBe('ENOENT');
    const id = await sys.msgget(0x7777, CREATE);
    expect(await sys.msgget(0x7777)).toBe(id);
    expect(await errorOf(() => sys.msgget(0x7777, CREATE | IPC.EXCL))).toBe('EEXIST');
    expect(await sys.msgget(IPC.PRIVATE, 0o600)).not.toBe(await sys.msgget(IPC.PRIVATE, 0o600));
    await sys.ipcremove('msg', id);
    expect(await errorOf(() => sys.msgget(0x7777))).toBe('ENOENT');
    expect(await errorOf(() => sys.msgsnd(id, 1, bytesOf('x')))).toBe('EINVAL');
    expect(await errorOf(() => sys.msgstat(-1))).toBe('EINVAL');
  });

  it('messages are taken by type; what does not fit stays', async () => {
    const id = await sys.msgget(IPC.PRIVATE, 0o600);
    expect(await errorOf(() => sys.msgsnd(id, 0, bytesOf('x')))).toBe('EINVAL');
    expect(await errorOf(() => sys.msgsnd(id, 1, new Uint8Array(8193)))).toBe('EINVAL');
    for (const [type, text] of [
      [5, 'five'],
      [3, 'three'],
      [4, 'four'],
      [3, 'again'],
    ] as const) {
      await sys.msgsnd(id, type, bytesOf(text));
    }
    const take = async (type: number, flags: number = IPC.NOWAIT, max = 100) => {
      const { type: got, data } = await sys.msgrcv(id, max, type, flags);
      return `${got}:${textOf(data)}`;
    };
    expect(await take(1, IPC.NOWAIT | MSGFLAG.COPY)).toBe('3:three');
    expect(await errorOf(() => take(0, MSGFLAG.COPY))).toBe('EINVAL');
    expect(await take(-4)).toBe('3:three');
    expect(await errorOf(() => take(9))).toBe('ENOMSG');
    expect(await take(5, IPC.NOWAIT | MSGFLAG.EXCEPT)).toBe('4:four');
    expect(await errorOf(() => take(0, IPC.NOWAIT, 2))).toBe('E2BIG');
    expect(await take(0, IPC.NOWAIT | MSGFLAG.NOERROR, 2)).toBe('5:fi');
    const { count, bytes, maxBytes, lastSender, permissions } = await sys.msgstat(id);
    expect([count, bytes, maxBytes, lastSender, permissions.mode]).toEqual([
      1,
      5,
      16_384,
      sys.getpid(),
      0o600,
    ]);
  });

  it('full and empty queues wait; removing one ends the waits', async () => {
    const id = await sys.msgget(IPC.PRIVATE, 0o600);
    const reading = Promise.resolve(sys.msgrcv(id, 10, 7));
    await sys.msgsnd(id, 1, new Uint8Array(8192));
    expect(await pending(reading)).toBe(true);
    await sys.msgsnd(id, 7, bytesOf('seven'));
    expect(textOf((await reading).data)).toBe('seven');
    await sys.msgsnd(id, 1, new Uint8Array(8192));
    expect(await errorOf(() => sys.msgsnd(id, 1, bytesOf('x'), IPC.NOWAIT))).toBe('EAGAIN');
    const writing = errorOf(() => sys.msgsnd(id, 1, bytesOf('x')));
    expect(await pending(writing)).toBe(true);
    await sys.msgrcv(id, 9000, 0);
    expect(await writing).toBe('ok');
    const waiting = errorOf(() => sys.msgrcv(id, 10, 9));
    await settle();
    await sys.ipcremove('msg', id);
    expect(await waiting).toBe('EIDRM');
  });

  it('rights are those of the mode', async () => {
    const id = await sys.msgget(0x55, IPC.CREAT | 0o640);
    const user = world.process(1, { uid: 1000 });
    expect(await errorOf(() => user.msgget(0x55, 0o600))).toBe('EACCES');
    expect(await errorOf(() => user.msgsnd(id, 1, bytesOf('x')))).toBe('EACCES');
    const change = { uid: 0, gid: 0, mode: 0o666 };
    expect(await errorOf(() => user.ipcset('msg', id, change))).toBe('EPERM');
    await sys.ipcset('msg', id, change);
    expect(await errorOf(() => user.msgsnd(id, 1, bytesOf('x')))).toBe('ok');
    expect(await errorOf(() => user.ipcremove('msg', id))).toBe('EPERM');
    const own = await user.msgget(IPC.PRIVATE, 0o600);
    expect(await errorOf(() => user.ipcset('msg', own, { ...change, qbytes: 20_000 }))).toBe('EPERM');
  });
});

describe('semaphores', () => {
  let world: World;
  let sys: Sys;
  beforeEach(async () => {
    world = await bootSites(1, [undoer]);
    sys = world.process(1, { program: undoer });
  });
  afterEach(() => world.close());

  it('several operations happen at once or not at all', async () => {
    expect(await errorOf(() => sys.semget(IPC.PRIVATE, 0, 0o600))).toBe('EINVAL');
    expect(await errorOf(() => sys.semget(IPC.PRIVATE, 32_001, 0o600))).toBe('EINVAL');
    const id = await sys.semget(0x99, 3, CREATE);
    expect(await errorOf(() => sys.semget(0x99, 4, 0))).toBe('EINVAL');
    await sys.semset(id, [2], 0);
    const take = (index: number, op: number, flags: number = IPC.NOWAIT) => ({ index, op, flags });
    expect(await errorOf(() => sys.semop(id, [take(0, -1), take(1, -1)]))).toBe('EAGAIN');
    expect(await sys.semvalues(id)).toEqual([2, 0, 0]);
    await sys.semop(id, [take(0, -1), take(1, 1), take(1, -1), take(1, 3)]);
    expect(await sys.semvalues(id)).toEqual([1, 3, 0]);
    expect((await sys.semvalue(id, 1)).pid).toBe(sys.getpid());
    expect(await errorOf(() => sys.semop(id, [take(3, 1)]))).toBe('EFBIG');
    expect(await errorOf(() => sys.semop(id, []))).toBe('EINVAL');
    expect(await errorOf(() => sys.semop(id, new Array(501).fill(take(0, 0))))).toBe('E2BIG');
    expect(await errorOf(() => sys.semop(id, [take(2, 1), take(0, 32_767)]))).toBe('ERANGE');
    expect(await sys.semvalues(id)).toEqual([1, 3, 0]);
    expect(await errorOf(() => sys.semop(id, [take(0, 0)]))).toBe('EAGAIN');
    expect(await errorOf(() => sys.semset(id, [32_768], 0))).toBe('ERANGE');
    expect(await errorOf(() => sys.semvalue(id, 3))).toBe('EINVAL');
  });

  it('waits for more, for zero, for a time; is counted meanwhile', async () => {
    const id = await sys.semget(IPC.PRIVATE, 1, 0o600);
    const other = world.process();
    const more = Promise.resolve(sys.semop(id, [{ index: 0, op: -3, flags: 0 }]));
    expect(await pending(more)).toBe(true);
    await other.semop(id, [{ index: 0, op: 2, flags: 0 }]);
    expect(await pending(more)).toBe(true);
    const zero = Promise.resolve(other.semop(id, [{ index: 0, op: 0, flags: 0 }]));
    expect(await pending(zero)).toBe(true);
    expect(await sys.semvalue(id, 0)).toMatchObject({ value: 2, more: 1, zero: 1 });
    await other.semop(id, [{ index: 0, op: 1, flags: 0 }]);
    await more;
    await zero;
    const before = sys.monotonic();
    expect(await errorOf(() => sys.semop(id, [{ index: 0, op: -1, flags: 0 }], 20))).toBe('EAGAIN');
    expect(sys.monotonic() - before).toBeGreaterThanOrEqual(19);
    const waiting = errorOf(() => sys.semop(id, [{ index: 0, op: -1, flags: 0 }]));
    await settle();
    await sys.ipcremove('sem', id);
    expect(await waiting).toBe('EIDRM');
  });

  it('SEM_UNDO gives back when the process ends; setting a value forgets it', async () => {
    const id = await sys.semget(IPC.PRIVATE, 1, 0o600);
    await sys.semset(id, [5], 0);
    const pid = await sys.fork('take', id);
    const ended = await sys.waitpid(pid);
    expect(ended!.status >> 8).toBe(3);
    await settle();
    expect(await sys.semvalues(id)).toEqual([5]);
  });
});

describe('shared memory', () => {
  const { world, sys } = inWorld();

  it('segments have sizes, rights and an end', async () => {
    expect(await errorOf(() => sys.shmget(IPC.PRIVATE, 0, 0o600))).toBe('EINVAL');
    const id = await sys.shmget(0x88, 5000, CREATE);
    expect(await sys.shmget(0x88, 10)).toBe(id);
    expect(await errorOf(() => sys.shmget(0x88, 5001))).toBe('EINVAL');
    const segment = await sys.shmat(id);
    expect(segment.bytes).toBe(5000);
    expect(await sys.shmat(id, SHM.RDONLY)).toEqual(segment);
    const user = world.process(1, { uid: 1000 });
    expect(await errorOf(() => user.shmat(id, SHM.RDONLY))).toBe('EACCES');
    const { bytes, attaches, creator, permissions } = await sys.shmstat(id);
    expect([bytes, attaches, creator, permissions.key]).toEqual([5000, 0, sys.getpid(), 0x88]);
    expect(permissions.mode & SHM_DEST).toBe(0);
    expect(await sys.ipclist('shm')).toEqual([id]);
    await sys.ipcremove('shm', id);
    expect(await errorOf(() => sys.shmstat(id))).toBe('EINVAL');
  });

  it('its pages are those of one segment wherever they are read and written', async () => {
    const { nucleus } = world.system.sites[0]!;
    const { ui, key } = await sys.shmat(await sys.shmget(IPC.PRIVATE, 10_000, 0o600));
    const thread = nucleus.threadCreate(nucleus.kernel);
    const segment = { ui, key } as Parameters<typeof nucleus.vm.sgRead>[1];
    await nucleus.vm.sgWrite(thread, segment, 4090, bytesOf('across pages'));
    const back = new Uint8Array(14);
    await nucleus.vm.sgRead(thread, segment, 4089, back);
    expect(textOf(back)).toBe('\0across pages\0');
  });
});

describe('POSIX message queues', () => {
  let world: World;
  beforeEach(async () => {
    world = await bootSites(3);
  });
  afterEach(() => world.close());

  it('have names in the whole system, and are reached from every site', async () => {
    const [one, two, three] = [world.process(1), world.process(2), world.process(3)];
    expect(await errorOf(() => one.mqopen('q', O.RDWR))).toBe('ENOENT');
    const made = await two.mqopen('q', O.RDWR | O.CREAT, 0o600);
    expect(await errorOf(() => three.mqopen('q', O.RDWR | O.CREAT | O.EXCL))).toBe('EEXIST');
    const here = await three.mqopen('q', O.RDWR | O.CREAT);
    const reading = Promise.resolve(three.mqreceive(here, 8192));
    expect(await pending(reading)).toBe(true);
    await one.mqsend(await one.mqopen('q', O.WRONLY), bytesOf('urgent'), 9);
    const { data, priority } = await reading;
    expect([textOf(data), priority]).toEqual(['urgent', 9]);
    expect(await errorOf(() => three.mqreceive(here, 8192, 10))).toBe('ETIMEDOUT');
    expect(await three.poll([{ fd: here, events: Poll.IN | Poll.OUT }], 0)).toEqual([Poll.OUT]);
    await one.mqunlink('q');
    expect(await errorOf(() => two.mqopen('q', O.RDWR))).toBe('ENOENT');
    await two.mqsend(made, bytesOf('unnamed'));
    expect(textOf((await three.mqreceive(here, 8192)).data)).toBe('unnamed');
  });

  it('many sites that make one at once get the same', async () => {
    const all = [1, 2, 3].map((site) => world.process(site));
    const fds = await Promise.all(all.map((sys) => sys.mqopen('same', O.RDWR | O.CREAT)));
    await all[0]!.mqsend(fds[0]!, bytesOf('for all'));
    expect((await all[2]!.mqattributes(fds[2]!)).count).toBe(1);
    expect(textOf((await all[1]!.mqreceive(fds[1]!, 8192)).data)).toBe('for all');
  });
});

describe('across sites', () => {
  let world: World;
  beforeEach(async () => {
    world = await bootSites(3, [undoer]);
  });
  afterEach(() => world.close());

  it("keys are the system's, objects are reached from everywhere", async () => {
    const [one, two, three] = [world.process(1), world.process(2), world.process(3)];
    const id = await two.msgget(0x1234, CREATE);
    expect(await three.msgget(0x1234)).toBe(id);
    expect(await errorOf(() => one.msgget(0x1234, CREATE | IPC.EXCL))).toBe('EEXIST');
    const reading = Promise.resolve(three.msgrcv(id, 100, 0));
    expect(await pending(reading)).toBe(true);
    await one.msgsnd(id, 1, bytesOf('hello'));
    expect(textOf((await reading).data)).toBe('hello');
    expect(await one.ipclist('msg')).toEqual([id]);
    const created = await Promise.all([one, two, three].map((sys) => sys.semget(0x77, 1, CREATE)));
    expect(new Set(created).size).toBe(1);
    expect(await two.ipclist('sem')).toEqual([created[0]]);
  });

  it('what a lost site had is gone, and what its processes owed is given back', async () => {
    const [one, two, three] = [world.process(1), world.process(2), world.process(3)];
    const kept = await two.semget(0x1, 1, CREATE);
    await two.semset(kept, [1], 0);
    await three.semop(kept, [{ index: 0, op: -1, flags: SEM_UNDO }]);
    const lost = await three.msgget(0x2, CREATE);
    const waiting = errorOf(() => one.msgrcv(lost, 10, 0));
    const blocked = errorOf(() => one.semop(kept, [{ index: 0, op: -1, flags: 0 }]));
    expect(await pending(waiting)).toBe(true);
    await world.lose(3);
    expect(await waiting).toBe('EIDRM');
    expect(await blocked).toBe('ok');
    expect(await errorOf(() => one.msgget(0x2))).toBe('ENOENT');
    expect(await errorOf(() => one.msgsnd(lost, 1, bytesOf('x')))).toBe('EINVAL');
  });
});
