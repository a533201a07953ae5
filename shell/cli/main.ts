/**
 * `chorus`: reads the command line, loads what the command needs and nothing else, and turns what comes out
 * of it into an exit status. Errors are one line on standard error.
 */
import type { Arguments } from './arguments.ts';
import { readArguments, secondsFlag, UsageError } from './arguments.ts';
import { CliError, EXIT } from './exit.ts';
import type { CommandName } from './table.ts';

type Command = (args: Arguments) => Promise<number>;

/** Command → its code, loaded when used: start-up time. */
const LOADERS: Readonly<Record<CommandName, () => Promise<Command>>> = {
  terminal: async () => (await import('./terminal.ts')).terminal,
  sh: async () => (await import('./one-shot.ts')).oneShot,
  run: async () => (await import('./one-shot.ts')).oneShot,
  up: async () => (await import('./up.ts')).up,
  attach: async () => (await import('./attach.ts')).attach,
  sites: async () => (await import('./sites.ts')).sites,
  ps: async () => (await import('./ps.ts')).ps,
  kill: async () => (await import('./kill.ts')).kill,
  down: async () => (await import('./down.ts')).down,
  pull: async () => (await import('./pull.ts')).pull,
  disasm: async () => (await import('./disasm.ts')).disasm,
  syscalls: async () => (await import('./syscalls.ts')).syscalls,
};

async function run(argv: readonly string[]): Promise<number> {
  const args = readArguments(argv);
  if (args.flags.help || args.flags.version) {
    const { helpText, VERSION } = await import('./help.ts');
    process.stdout.write(args.flags.version ? `chorus ${VERSION}\n` : helpText(args.command));
    return 0;
  }
  const command = await LOADERS[args.command]();
  const timeoutMs = RUN_TIMED.has(args.command) ? undefined : secondsFlag('timeout', args.flags.timeout);
  return timeoutMs === undefined ? command(args) : Promise.race([command(args), expiry(timeoutMs)]);
}

/** Commands that end what they run when their --timeout is over; the others are just left. */
const RUN_TIMED: ReadonlySet<CommandName> = new Set(['sh', 'run', 'attach']);

const expiry = (delayMs: number): Promise<number> =>
  new Promise((resolve) => {
    setTimeout(resolve, delayMs, EXIT.timeout);
  });

/** The status of a failure, its line printed. */
function fail(error: unknown): number {
  const text = error instanceof Error ? error.message : String(error);
  process.stderr.write(`chorus: ${text.replaceAll('\n', ' ')}\n`);
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof CliError) return error.status;
  if (process.env.CHORUS_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return EXIT.failure;
}

run(process.argv.slice(2))
  .catch(fail)
  .then((status) => process.exit(status));
