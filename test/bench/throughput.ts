/** Bytes through pipes and the File Manager of one site. */
import { boot, defineProgram } from '../../shell/api/index.ts';
import { O } from '../../subsystems/unix/constants.ts';
import type { Program, Sys } from '../../subsystems/unix/sys.ts';
import { type BenchRow, row, timeMs } from './row.ts';

const CHUNK = 65536;
const PIPE_BYTES = 200_000_000;
const FILE_BYTES = 100_000_000;

/** bench-pipe: writes PIPE_BYTES into a pipe that a forked reader drains. */
const pipeProgram: Program = {
  name: 'bench-pipe',
  main: async (sys) => {
    const [reader, writer] = await sys.pipe();
    await sys.fork('drain', { reader, writer });
    await sys.close(reader);
    const chunk = new Uint8Array(CHUNK).fill(7);
    for (let sent = 0; sent < PIPE_BYTES; sent += CHUNK) await sys.write(writer, chunk);
    await sys.close(writer);
    await sys.waitpid(-1);
    return 0;
  },
  entries: {
    drain: async (sys: Sys, { reader, writer }: { reader: number; writer: number }) => {
      await sys.close(writer);
      for (;;) if ((await sys.read(reader, CHUNK)).length === 0) return 0;
    },
  },
};

/** bench-cat: reads a file to its end, as cat does, into nothing. */
const catProgram = defineProgram('bench-cat', async (sys, argv) => {
  const fd = await sys.open(argv[1] ?? '', O.RDONLY);
  for (;;) if ((await sys.read(fd, 2 * CHUNK)).length === 0) return 0;
});

export async function run(): Promise<BenchRow[]> {
  await using system = await boot({ programs: [pipeProgram, catProgram] });
  const start = async (...argv: string[]): Promise<void> => {
    const { exitCode } = await (await system.spawn(argv)).wait();
    if (exitCode !== 0) throw new Error(`${argv[0]}: exit code ${exitCode}`);
  };
  const pipeMs = await timeMs(3, () => start('bench-pipe'));
  const made = await system.exec(`head -c ${FILE_BYTES} /dev/zero > big`);
  if (made.exitCode !== 0) throw new Error(made.stderr);
  const readMs = await timeMs(3, () => start('bench-cat', 'big'));
  const catMs = await timeMs(3, () => system.exec('cat big > /dev/null'));
  const megabytes = (bytes: number, ms: number): number => bytes / 1e6 / (ms / 1e3);
  return [
    row('pipe: two native processes, 64 KiB writes', megabytes(PIPE_BYTES, pipeMs), 'MB/s', {
      on: 'value',
      least: 300,
    }),
    row('file: 100 MB read through FM', megabytes(FILE_BYTES, readMs), 'MB/s'),
    row('file: cat of 100 MB', megabytes(FILE_BYTES, catMs), 'MB/s', { on: 'value', least: 150 }),
  ];
}
