/** Programs of the host, run without a shell. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { PullError } from './error.ts';

/** What is kept of an error output. */
const ERROR_LINES_MAX = 100;

export interface CommandOptions {
  env?: Record<string, string>;
  /** Hears of each line of standard output as it comes. */
  onLine?: (line: string) => void;
  signal?: AbortSignal | undefined;
}

/** The line of an error output that tells most: apt marks errors by E:, failed downloads by Err:. */
function reasonOf(lines: readonly string[]): string {
  const marked = lines.find((line) => /^(E:|dpkg-deb: error:)/.test(line)) ?? lines.at(-1) ?? '';
  return marked.replace(/^(E:|dpkg-deb: error:)\s*/, '').trim();
}

function ended(child: ChildProcess, command: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      const missing = `${command}: not found (chorus pull needs the tools of a Debian host: apt, dpkg)`;
      reject(error.code === 'ENOENT' ? new PullError(missing) : error);
    });
    child.once('close', (status, signal) => resolve(status ?? (signal ? 128 : 1)));
  });
}

/**
 * Runs a program and resolves to its output. Throws PullError, when it is missing or fails, with the line
 * that says why.
 */
export async function command(
  program: string,
  args: readonly string[],
  { env = {}, onLine, signal }: CommandOptions = {},
): Promise<string> {
  const child = spawn(program, args, {
    env: { ...process.env, LC_ALL: 'C.UTF-8', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  const output: string[] = [];
  const errors: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    output.push(line);
    onLine?.(line);
  });
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (errors.length < ERROR_LINES_MAX) errors.push(line);
  });
  const status = await ended(child, program);
  if (status !== 0)
    throw new PullError(`${program} ${verbOf(args)}: ${reasonOf(errors) || `status ${status}`}`);
  return output.join('\n');
}

/** The operand that names what was asked of apt-get. */
const verbOf = (args: readonly string[]): string => args.find((arg) => !arg.startsWith('-')) ?? '';
