/**
 * Random calls with random arguments: wild pointers, absurd lengths, descriptors of every kind. Each must end
 * with a result or an errno, whatever it is.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { O } from '../../../../subsystems/unix/constants.ts';
import { attributeCalls } from '../../../../subsystems/unix/linux/attributes.ts';
import { copyCalls } from '../../../../subsystems/unix/linux/copies.ts';
import { descriptorCalls } from '../../../../subsystems/unix/linux/descriptors.ts';
import { directoryCalls } from '../../../../subsystems/unix/linux/directories.ts';
import { eventCalls } from '../../../../subsystems/unix/linux/events.ts';
import { fileCalls } from '../../../../subsystems/unix/linux/files.ts';
import { ioctlCalls } from '../../../../subsystems/unix/linux/ioctl.ts';
import { nameCalls } from '../../../../subsystems/unix/linux/names.ts';
import { pollCalls } from '../../../../subsystems/unix/linux/poll.ts';
import { storageCalls } from '../../../../subsystems/unix/linux/storage.ts';
import { systemCalls } from '../../../../subsystems/unix/linux/system.ts';
import { timeCalls } from '../../../../subsystems/unix/linux/time.ts';
import { transferCalls } from '../../../../subsystems/unix/linux/transfer.ts';
import { xattrCalls } from '../../../../subsystems/unix/linux/xattrs.ts';
import { bootWorld, type TestWorld } from '../../../mix/process-manager/support.ts';
import { Guest } from './caller.ts';

const CALLS = {
  ...fileCalls,
  ...nameCalls,
  ...attributeCalls,
  ...directoryCalls,
  ...descriptorCalls,
  ...transferCalls,
  ...copyCalls,
  ...storageCalls,
  ...xattrCalls,
  ...pollCalls,
  ...eventCalls,
  ...ioctlCalls,
  ...timeCalls,
  ...systemCalls,
};
/** Whether a call may wait for ever is its arguments' choice: a wait that long is not looked at. */
const PATIENCE_MS = 3;

let world: TestWorld;
let guest: Guest;

beforeAll(async () => {
  world = await bootWorld([]);
  guest = new Guest(world.sys, CALLS);
});
afterAll(() => world.close());

/** Descriptors 0…15: files, directories, pipes, terminals, events, and none. */
async function openAll(): Promise<void> {
  await guest.run('close_range', 0, 100, 0);
  await guest.run('openat', -100, '/tmp/file', O.RDWR | O.CREAT | O.NONBLOCK, 0o600);
  await guest.run('openat', -100, '/tmp', O.RDONLY | O.DIRECTORY);
  await guest.run('openat', -100, '/tmp', O.PATH);
  await guest.run('pipe2', guest.buffer(8), O.NONBLOCK);
  await guest.run('epoll_create1', 0);
  await guest.run('eventfd2', 1, O.NONBLOCK);
  await guest.run('timerfd_create', 1, O.NONBLOCK);
  await guest.run('openat', -100, '/proc/self/stat', O.RDONLY);
  await guest.run('openat', -100, '/dev/pts', O.RDONLY);
}

const argument = (): fc.Arbitrary<number | string> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 0, max: 15 }) },
    { weight: 2, arbitrary: fc.constantFrom(-1, -100, 0, 8, 16, 24, 4096, 0x7fffffff, 0xffffffff, 2 ** 38) },
    { weight: 2, arbitrary: fc.integer({ min: 0x10000, max: 0x12000 }) },
    { weight: 1, arbitrary: fc.constantFrom(2 ** 40, 2 ** 53 - 1, -(2 ** 40), 0x40ffff, 0x410000) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 0xffffffff }) },
    {
      weight: 2,
      arbitrary: fc.constantFrom('', '/', '.', '/tmp/file', 'x/y', '/proc/self', 'é'.repeat(200)),
    },
  );

it('answers every call', async () => {
  let answered = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...Object.keys(CALLS)),
      fc.array(argument(), { minLength: 6, maxLength: 6 }),
      async (name, args) => {
        if (answered % 50 === 0) await openAll();
        const call = guest.run(name, ...args);
        const late = new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), PATIENCE_MS));
        const result = await Promise.race([call, late]);
        call.catch(() => {});
        if (result === 'late') return;
        answered += 1;
        expect(Number.isSafeInteger(result)).toBe(true);
        expect(result).toBeGreaterThan(-4096);
      },
    ),
    { numRuns: 4000 },
  );
  expect(answered).toBeGreaterThan(2000);
}, 60_000);
