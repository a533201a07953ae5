/** The generated table of docs/syscalls.md. */
import { LINUX_TABLE } from '../../subsystems/unix/linux/table.ts';

export function linuxCallTable(): string {
  const rows = LINUX_TABLE.filter((row) => row !== undefined);
  const implemented = rows.filter(({ handler }) => handler !== undefined).length;
  return [
    `${implemented} of ${rows.length} are implemented.`,
    '',
    '| Number | Name | Status |',
    '| --- | --- | --- |',
    ...rows.map(
      ({ number, name, handler }) => `| ${number} | ${name} | ${handler ? 'implemented' : 'ENOSYS'} |`,
    ),
  ].join('\n');
}
