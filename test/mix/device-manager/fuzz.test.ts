/**
 * Whatever is asked of a Device Manager: it answers with a result or an error of the table, and has no bug.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { IOCTLS } from '../../../mix/protocols/object.ts';
import type { Key } from '../../../nucleus/ids/capability.ts';
import { Device, makedev, O } from '../../../subsystems/unix/constants.ts';
import { deviceNode, errorOf, fifoNode, settle, startSite } from './harness.ts';

const anything = fc.oneof(
  fc.anything({ maxDepth: 2 }),
  fc.constantFrom('input', 'both', 'exit', 1, 100, { rows: 1, columns: 2 }),
);
const flags = fc
  .constantFrom(O.RDONLY, O.WRONLY, O.RDWR, O.RDWR | O.NONBLOCK, O.PATH, 3, 0xffffff)
  .map((f) => f | O.NONBLOCK);
const rdev = fc.constantFrom(...Object.values(Device), makedev(136, 1), makedev(3, 3));
const identity = fc.record({
  pid: fc.constantFrom(0, 100, 102),
  pgid: fc.constantFrom(0, 100, 102),
  sid: fc.constantFrom(0, 100),
  ignoring: fc.boolean(),
});
const small = fc.integer({ min: 0, max: 70000 });

const step = fc.oneof(
  fc.record({ op: fc.constant('pipe' as const), flags }),
  fc.record({ op: fc.constant('openSpecial' as const), flags, rdev, fifo: fc.boolean(), identity }),
  fc.record({ op: fc.constant('openpty' as const), size: small }),
  fc.record({
    op: fc.constant('open' as const),
    path: fc.constantFrom('0', '1', '', '..', '0/', 'x', '-1'),
    flags,
  }),
  fc.record({ op: fc.constant('read' as const), key: fc.nat(20), max: small, identity }),
  fc.record({
    op: fc.constant('write' as const),
    key: fc.nat(20),
    data: fc.uint8Array({ maxLength: 200 }),
    identity,
  }),
  fc.record({
    op: fc.constant('ioctl' as const),
    key: fc.nat(20),
    request: fc.oneof(fc.constantFrom(...IOCTLS), fc.constantFrom('toString', '', '__proto__')),
    argument: anything,
    identity,
  }),
  fc.record({
    op: fc.constantFrom('fstat', 'release', 'getFlags', 'readdir', 'poll', 'path', 'seek'),
    key: fc.nat(20),
  }),
);

it('survives random calls', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60 }), async (steps) => {
      const site = startSite();
      const { stub, dest, newThread } = site;
      const pts = { target: site.manager.ptsPort };
      const keys: Key[] = [];
      const run = async (one: (typeof steps)[number]): Promise<void> => {
        const thread = newThread();
        const key = keys[('key' in one ? one.key : 0) % Math.max(1, keys.length)] ?? ('0'.repeat(16) as Key);
        switch (one.op) {
          case 'pipe': {
            const { reader, writer } = await stub.pipe(thread, dest, { flags: one.flags });
            keys.push(reader, writer);
            break;
          }
          case 'openSpecial': {
            const special = one.fifo ? fifoNode('f') : deviceNode(one.rdev);
            keys.push(
              (await stub.openSpecial(thread, dest, { special, flags: one.flags, ...one.identity })).key,
            );
            break;
          }
          case 'openpty': {
            const pty = await stub.openpty(thread, dest, { rows: one.size, columns: 80, uid: 0, gid: 0 });
            keys.push(pty.master, pty.slave);
            break;
          }
          case 'open': {
            const reply = await stub.open(thread, pts, {
              path: one.path,
              links: 0,
              flags: one.flags,
              mode: 0,
              umask: 0,
            });
            if (reply.key) keys.push(reply.key);
            break;
          }
          case 'read':
            await stub.ttyRead(thread, dest, { key, max: one.max, ...one.identity });
            break;
          case 'write':
            await stub.ttyWrite(thread, dest, { key, data: one.data, ...one.identity });
            break;
          case 'ioctl':
            await stub.ioctl(thread, dest, {
              key,
              request: one.request,
              argument: one.argument,
              ...one.identity,
            });
            break;
          case 'readdir':
            await stub.readdir(thread, pts, { key, max: 10 });
            break;
          case 'poll':
            await stub.poll(thread, dest, { key, events: 0xff, wait: false });
            break;
          case 'seek':
            await stub.seek(thread, dest, { key, offset: 0, whence: 0 });
            break;
          default:
            await stub[one.op as 'fstat'](thread, pts, { key });
        }
      };
      // Some calls wait for ever (a read of a terminal): they are left behind.
      for (const one of steps) await Promise.race([errorOf(() => run(one)), settle()]);
      await settle();
      expect(site.bugs).toEqual([]);
    }),
    { numRuns: 150 },
  );
});
