/** Exit statuses of the command line, and how a failure is told: one line on standard error. */

export const EXIT = {
  /** Wrong flag, operand or file. */
  usage: 2,
  timeout: 124,
  /** Our own failure: the system could not be booted, a site did not answer. */
  failure: 125,
  cannotRun: 126,
  notFound: 127,
  /** Plus the signal's number. */
  signal: 128,
} as const;

/** Ends a command with a line on standard error and a status. */
export class CliError extends Error {
  readonly status: number;
  constructor(message: string, status: number = EXIT.failure) {
    super(message);
    this.status = status;
  }
}
