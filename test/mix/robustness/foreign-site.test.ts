/**
 * A foreign site calls every operation of every manager with well-formed messages of senseless content: the
 * managers answer with errors, no server stumbles, and the processes of the site go on.
 */
import { describe, expect, it } from 'vitest';
import { defaultDescription } from '../../../mix/boot/description.ts';
import { bootSystem } from '../../../mix/boot/system.ts';
import { ObjectProtocol } from '../../../mix/protocols/object.ts';
import { ProcessProtocol } from '../../../mix/protocols/process.ts';
import { seededRandom } from '../../../nucleus/clock.ts';
import type { UI } from '../../../nucleus/ids/ui.ts';
import type { Protocol } from '../../../nucleus/ipc/protocol.ts';
import type { Nucleus } from '../../../nucleus/nucleus.ts';
import { programTable } from '../../../shell/programs.ts';
import { O } from '../../../subsystems/unix/constants.ts';

const SEED = 99;
const ROUNDS = 40;
const CALL_MS = 30;

/** They do what they say, whoever's nucleus says it: a site of the system may end processes. */
const OBEYED = [
  'signal',
  'signalGroup',
  'signalGroupHere',
  'signalAllHere',
  'queueNotice',
  'setPriority',
  'umount',
  'mount',
  'mounted',
  'unlink',
  'rename',
  'rmdir',
  'unmounted',
];

const random = seededRandom(SEED);
const pick = <T>(values: readonly T[]): T => values[Math.floor(random.next() * values.length)]!;

const WHOLE = [0, 1, 2, 3, 7, 64, 4095, 65_536, 65_537, 2 ** 31, 2 ** 32, 2 ** 53 - 1];
const TEXTS = [
  '',
  '.',
  '..',
  '/',
  'tmp',
  'etc/passwd',
  '../..',
  'a\0b',
  'x'.repeat(300),
  'x/'.repeat(1500),
  '__proto__',
];
const THINGS = [
  null,
  0,
  -1,
  'x',
  true,
  [],
  {},
  [{}],
  [null],
  new Uint8Array(3),
  { pid: 'x' },
  { children: 5 },
  [[[]]],
];

/** A value that a field's schema lets through (mostly), chosen for harm. */
function valueFor(label: string, uis: readonly UI[]): unknown {
  if (label.endsWith('?')) return random.next() < 0.4 ? undefined : valueFor(label.slice(0, -1), uis);
  if (label.endsWith('[]')) return [valueFor(label.slice(0, -2), uis), valueFor(label.slice(0, -2), uis)];
  if (label.startsWith('{')) {
    const names = label.slice(1, -1).split(',');
    return Object.fromEntries(
      names.map((name) => [name, pick([...WHOLE, ...WHOLE, true, 'read', TEXTS[1]])]),
    );
  }
  if (label.includes('|')) return pick(label.split('|'));
  if (label === 'uint') return pick(WHOLE);
  if (label === 'int') return pick([...WHOLE, -1, -(2 ** 31)]);
  if (label === 'num') return pick([...WHOLE, -0.5, Number.POSITIVE_INFINITY, 1e300]);
  if (label === 'bool') return pick([true, false]);
  if (label === 'ui') return pick(uis);
  if (label === 'key') return pick(['0123456789abcdef', '0000000000000000', 'ffffffffffffffff']);
  if (label === 'bytes') return pick([new Uint8Array(0), new Uint8Array(5), new Uint8Array(60_000)]);
  if (label.startsWith('str')) return pick(TEXTS);
  return pick(THINGS);
}

function attacker(nucleus: Nucleus, target: UI, uis: readonly UI[]) {
  const actor = nucleus.actorCreate(null, { name: 'foreign', privilege: 'user' });
  return async (protocol: Protocol, op: Protocol['operations'][number]): Promise<void> => {
    const fields = (
      protocol as unknown as { specs: Record<string, { request: Record<string, { label: string }> }> }
    ).specs;
    const value: Record<string, unknown> = {};
    for (const [name, { label }] of Object.entries(fields[op.name]!.request))
      value[name] = valueFor(label, uis);
    const thread = nucleus.threadCreate(actor, { name: 'call' });
    try {
      await nucleus.ipc.call(thread, { call: { protocol, op, value } }, { target }, { delayMs: CALL_MS });
    } catch {
      // Any error will do: what matters is what is left afterwards.
    } finally {
      nucleus.threadDelete(thread);
    }
  };
}

describe('messages of a foreign site', () => {
  it('senseless requests to the managers', { timeout: 60_000 }, async () => {
    const running = await bootSystem(defaultDescription(2), { programs: programTable([]) });
    const [here, foreign] = running.sites as [(typeof running.sites)[0], (typeof running.sites)[0]];
    const bugs: unknown[] = [];
    here.nucleus.onBug((bug) => bugs.push(bug));
    const sys = here.processes.hostProcess('witness', {});
    const [reader, writer] = await sys.pipe();
    const ports = [here.processes.port, here.processes.procPort, here.devices.port, here.devices.ptsPort];
    ports.push(...here.files.map(({ port }) => port));
    for (let round = 0; round < ROUNDS; round++) {
      for (const target of ports) {
        const protocol: Protocol = target === here.processes.port ? ProcessProtocol : ObjectProtocol;
        const call = attacker(foreign.nucleus, target, [...ports, foreign.processes.port]);
        const operations = protocol.operations.filter(({ name }) => !OBEYED.includes(name));
        await Promise.all(operations.map((op) => call(protocol, op)));
      }
    }
    expect([...new Set(bugs.map((bug) => (bug as Error).stack))]).toEqual([]);
    expect(await sys.write(writer, new Uint8Array(10))).toBe(10);
    expect((await sys.read(reader, 100)).length).toBe(10);
    // What is there may be changed: the site is one of the system, and its requests are root's.
    const fd = await sys.open('/witness', O.CREAT | O.RDWR, 0o600);
    expect(await sys.write(fd, new Uint8Array(10))).toBe(10);
    expect((await sys.pread(fd, 100, 0)).length).toBe(10);
    expect((await sys.stat('/proc/1/stat')).mode & 0o170000).toBe(0o100000);
    const { master } = await sys.openpty();
    expect(await sys.isatty(master)).toBe(true);
    await running.close();
  });
});
