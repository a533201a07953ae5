/** `chorus syscalls`: the system calls of riscv64 Linux, and which of them there are. */
import { LINUX_TABLE } from '../../subsystems/unix/linux/table.ts';
import type { Arguments } from './arguments.ts';
import { printLine } from './run.ts';
import { printTable } from './tabulate.ts';

export interface LinuxCallRow {
  number: number;
  name: string;
  status: 'implemented' | 'ENOSYS';
}

export function linuxCallRows(): LinuxCallRow[] {
  return LINUX_TABLE.filter((row) => row !== undefined).map(({ number, name, handler }) => ({
    number,
    name,
    status: handler ? 'implemented' : 'ENOSYS',
  }));
}

export async function syscalls({ flags }: Arguments): Promise<number> {
  const rows = linuxCallRows();
  if (flags.json) {
    await printLine(JSON.stringify(rows));
    return 0;
  }
  await printTable(['number', 'name', 'status'], rows);
  const implemented = rows.filter(({ status }) => status === 'implemented').length;
  await printLine(`${implemented} of ${rows.length} implemented`);
  return 0;
}
