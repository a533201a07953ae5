/** uname: what system this is. */
import type { Utsname } from '../../subsystems/unix/sys.ts';
import { command } from './lib/command.ts';

const OPTIONS = {
  all: { short: 'a', long: 'all', help: 'print all information, in the following order' },
  kernel: { short: 's', long: 'kernel-name', help: 'print the kernel name' },
  node: { short: 'n', long: 'nodename', help: 'print the network node hostname' },
  release: { short: 'r', long: 'kernel-release', help: 'print the kernel release' },
  version: { short: 'v', long: 'kernel-version', help: 'print the kernel version' },
  machine: { short: 'm', long: 'machine', help: 'print the machine hardware name' },
  processor: { short: 'p', long: 'processor', help: 'print the processor type' },
  platform: { short: 'i', long: 'hardware-platform', help: 'print the hardware platform' },
  system: { short: 'o', long: 'operating-system', help: 'print the operating system' },
} as const;

const FIELDS: readonly (readonly [keyof typeof OPTIONS, (u: Utsname) => string, inAll: boolean])[] = [
  ['kernel', (u) => u.sysname, true],
  ['node', (u) => u.nodename, true],
  ['release', (u) => u.release, true],
  ['version', (u) => u.version, true],
  ['machine', (u) => u.machine, true],
  ['processor', () => 'unknown', false],
  ['platform', () => 'unknown', false],
  ['system', (u) => u.sysname, true],
];

export default command(
  {
    name: 'uname',
    usage: '[OPTION]...',
    summary: 'Print certain system information.  With no OPTION, same as -s.',
    options: OPTIONS,
    operands: [0, 0],
  },
  async ({ sys, options, out }) => {
    const uname = sys.uname();
    const chosen = FIELDS.filter(([key, , inAll]) => options[key] || (options.all && inAll));
    const fields = chosen.length > 0 ? chosen : FIELDS.slice(0, 1);
    await out.line(fields.map(([, text]) => text(uname)).join(' '));
  },
);
