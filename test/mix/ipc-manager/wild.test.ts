/** Whatever is asked of the IPC and Key Managers: they answer, and have no bug. */
import { expect, it } from 'vitest';
import {
  IPC_MANAGERS,
  IpcProtocol,
  KEY_MANAGER,
  KeyProtocol,
  QueueProtocol,
} from '../../../mix/protocols/ipc.ts';
import { uiSite } from '../../../nucleus/ids/ui.ts';
import { client } from '../../../nucleus/ipc/stubs.ts';
import { O } from '../../../subsystems/unix/constants.ts';
import { IPC } from '../../../subsystems/unix/ipc.ts';
import { bootSites } from '../socket-manager/support.ts';
import { sendWildRequests } from '../wild-requests.ts';

it('survives random requests', { timeout: 60_000 }, async () => {
  const world = await bootSites(1);
  const sys = world.process();
  const { nucleus } = world.system.sites[0]!;
  const ids = [
    await sys.msgget(1, IPC.CREAT | 0o666),
    await sys.semget(2, 3, IPC.CREAT | 0o666),
    await sys.shmget(3, 5000, IPC.CREAT | 0o666),
  ];
  for (const domain of [0, 1]) {
    const pi = { uid: 1000 * domain, gid: 0, domain };
    const actor = nucleus.actorCreate(null, { name: 'wild', privilege: 'system', pi });
    const pool = [
      ...ids,
      'msg',
      'sem',
      'shm',
      IPC.CREAT | 0o666,
      IPC.NOWAIT,
      [{ index: 0, op: 1, flags: 0 }],
      [{ index: 1, op: -1, flags: 0o10000 }],
      [{ index: 2, op: 0, flags: IPC.NOWAIT }],
      [{ index: 5, op: 40_000, flags: 0 }],
      [1, 2, 40_000],
    ];
    const dest = { target: IPC_MANAGERS.ui, mode: 'associative', coTarget: uiSite(1) } as const;
    const counts = await sendWildRequests(IpcProtocol, { nucleus, actor, dest, pool, runs: 2000 });
    expect(counts.size).toBe(Object.keys(IpcProtocol.specs).length);
    const { key } = await client(nucleus, QueueProtocol).open(nucleus.threadCreate(nucleus.kernel), dest, {
      name: `own${domain}`,
      flags: O.RDWR | O.CREAT,
      mode: 0o666,
      messages: 0,
      bytes: 0,
    });
    const names = [key, 'own0', 'other', O.RDWR | O.CREAT, O.RDONLY | O.NONBLOCK, 8192];
    const wild = { nucleus, actor, dest, pool: names, runs: 1000 };
    expect((await sendWildRequests(QueueProtocol, wild)).size).toBe(7);
    const keys = { target: KEY_MANAGER.ui, mode: 'functional' } as const;
    await sendWildRequests(KeyProtocol, { nucleus, actor, dest: keys, pool, runs: 200 });
  }
  await world.close();
});
