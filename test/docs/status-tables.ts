/**
 * The generated half of docs/status.md: one row per system call (of `Sys` and the call table) and per call of
 * the nucleus. Signatures are taken from the sources, so that the document cannot say anything else.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SYSCALLS, type SysCallName } from '../../subsystems/unix/syscalls.ts';

const source = (path: string): string =>
  readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');

/** Calls that do less than what they follow. The rest are whole. */
const PARTIAL: Partial<Record<SysCallName, string>> = {
  write:
    'after a handler with SA_RESTART a blocking write goes on to its end, where Linux returns a short count',
  fchmod: 'not of pipes: EPERM',
  fchown: 'not of pipes: EPERM',
  mknod: 'FIFOs, character devices and plain files; no block devices or sockets',
  fallocate: 'in host directories by fallocate(1) of a Linux host, else EOPNOTSUPP there',
  setxattr: 'EOPNOTSUPP in host directories; no POSIX ACLs',
  fsetxattr: 'EOPNOTSUPP in host directories; no POSIX ACLs',
  addSeals: 'F_SEAL_WRITE sees mappings of its own site alone',
  inotifyAddWatch: 'files of File Managers; what mappings change is not told, as on Linux',
  mount: 'one place per tree; read-only is the only option',
  umount: 'no lazy or forced unmount',
  setFlags: 'O_APPEND, O_NONBLOCK, O_ASYNC, and O_DIRECT of pipes can change',
  poll: 'files and directories are always ready',
  getpriority: 'kept and inherited; does not change scheduling',
  setpriority: 'kept and inherited; does not change scheduling',
  setrlimit: 'data, stack and as are kept, not enforced',
  fork: 'the child starts at a named entry, with a copy of plain data',
  sigaction: 'signals 1 to 64 are not queued; no siginfo',
  times: 'measured between calls; what no call follows in a turn is counted at its end',
};

/** Calls of the Nucleus class that no manual of Chorus has, and why they are there. */
const OWN: Readonly<Record<string, string>> = {
  threadComeHome: 'ends a cross-actor execution at once when its thread may',
  detachPort: 'half of portMigrate',
  attachPort: 'half of portMigrate',
  leaveActor: 'half of portMigrate',
  returnToActor: 'half of portMigrate',
  attachRemote: 'joins a transport',
  onSite: 'news of sites that come and go',
  siteChanged: 'gives out those news',
  reportBug: 'unforeseen errors',
  onBug: 'unforeseen errors',
};

/** Signatures by name: `name(` at the depth of members, to the `end` of the declaration. */
function signatures(text: string, end: RegExp): Map<string, string> {
  const found = new Map<string, string>();
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; i++) {
    const name = /^ {2}(\w+)\(/.exec(lines[i]!)?.[1];
    if (name === undefined || name === 'constructor') continue;
    let whole = lines[i]!.trim();
    while (!end.test(whole)) whole += ` ${lines[++i]!.trim()}`;
    const signature = whole.replace(end, '').replace(/\( /g, '(').replace(/,? \)/g, ')');
    if (!found.has(name)) found.set(name, signature);
  }
  return found;
}

const cell = (text: string): string => text.replaceAll('|', '\\|');
const code = (text: string): string => `\`${cell(text)}\``;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

export function systemCallTable(): string {
  const text = source('subsystems/unix/sys.ts');
  const known = signatures(text.slice(text.indexOf('export interface Sys ')), /;$/);
  const rows = Object.entries(SYSCALLS).map(([name, { follows }]) => {
    const signature = known.get(name);
    if (signature === undefined) throw new Error(`no signature of ${name} in sys.ts`);
    return [name, code(signature), cell(follows), cell(PARTIAL[name as SysCallName] ?? 'whole')];
  });
  return table(['Call', 'Signature', 'Follows', 'Status'], rows);
}

export function nucleusTable(): string {
  const text = source('nucleus/nucleus.ts');
  const rows = [...signatures(text, / \{$/)].map(([name, signature]) => [
    Object.hasOwn(OWN, name) ? '-' : name,
    code(signature),
    OWN[name] ?? 'as in the manual',
  ]);
  return table(['Manual', 'Call', 'Notes'], rows);
}
