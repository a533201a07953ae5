/** tee: copies its input to standard output and to every file, chunk by chunk. */
import { O } from '../../subsystems/unix/constants.ts';
import { Sig } from '../../subsystems/unix/signals.ts';
import type { Fd } from '../../subsystems/unix/sys.ts';
import { command, SysError } from './lib/command.ts';
import { readChunks } from './lib/io.ts';

interface Sink {
  name: string;
  fd: Fd;
}

export default command(
  {
    name: 'tee',
    usage: '[OPTION]... [FILE]...',
    summary: 'Copy standard input to each FILE, and also to standard output.',
    options: {
      append: { short: 'a', long: 'append', help: 'append to the given FILEs, do not overwrite' },
      ignore: { short: 'i', long: 'ignore-interrupts', help: 'ignore interrupt signals' },
      pipe: { short: 'p', help: 'diagnose errors writing to non pipes' },
      mode: { long: 'output-error', arg: 'MODE', optional: true, help: 'set behavior on write error' },
    },
  },
  async (ctx) => {
    const { sys, options } = ctx;
    if (options.ignore) sys.sigaction(Sig.INT, { disposition: 'ignore' });
    if (options.pipe || options.mode) sys.sigaction(Sig.PIPE, { disposition: 'ignore' });
    const quietPipe = options.pipe || options.mode === true || String(options.mode).endsWith('-nopipe');
    const exits = String(options.mode).startsWith('exit');
    const flags = O.WRONLY | O.CREAT | (options.append ? O.APPEND : O.TRUNC);
    let sinks: Sink[] = [{ name: 'standard output', fd: 1 }];
    for (const name of ctx.operands) {
      const fd = await ctx.attempt(
        () => name,
        () => sys.open(name, flags, 0o666),
      );
      if (fd !== undefined) sinks.push({ name, fd });
    }
    for await (const chunk of readChunks(sys, 0)) {
      const failed = new Set<Sink>();
      for (const sink of sinks) {
        try {
          await sys.write(sink.fd, chunk);
        } catch (error) {
          if (!(error instanceof SysError)) throw error;
          failed.add(sink);
          if (error.code === 'EPIPE' && quietPipe) continue;
          await ctx.error(`${sink.name}: ${error.message}`);
          if (exits) return;
        }
      }
      sinks = sinks.filter((sink) => !failed.has(sink));
      if (sinks.length === 0) return;
    }
  },
);
