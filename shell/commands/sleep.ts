/** sleep: waits for the sum of its arguments; fractions and the suffixes s m h d as GNU's. */
import { command, SysError, UsageError } from './lib/command.ts';
import { quote } from './lib/quote.ts';
import { parseDuration } from './lib/size.ts';

/** Longest single wait: timers hold 31 bits of milliseconds. */
const SLICE_MS = 2 ** 31 - 1;

export default command(
  {
    name: 'sleep',
    usage: 'NUMBER[SUFFIX]...',
    summary:
      "Pause for NUMBER seconds.  SUFFIX may be 's' for seconds (the default),\n'm' for minutes, 'h' for hours or 'd' for days.  Several arguments add up.",
    options: {},
    operands: [1, Number.POSITIVE_INFINITY],
  },
  async ({ sys, operands }) => {
    const durations = operands.map(parseDuration);
    const wrong = operands.filter((_, i) => durations[i] === undefined);
    if (wrong.length > 0)
      throw new UsageError(wrong.map((w) => `invalid time interval ${quote(w)}`).join('\nsleep: '));
    const end = sys.monotonic() + durations.reduce((sum: number, ms) => sum + ms!, 0);
    for (let left = end - sys.monotonic(); left > 0; left = end - sys.monotonic()) {
      try {
        await sys.sleep(Math.min(left, SLICE_MS));
      } catch (failure) {
        if (!(failure instanceof SysError) || failure.code !== 'EINTR') throw failure;
      }
    }
  },
);
