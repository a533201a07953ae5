/**
 * How evaluation is left early. Exceptions are for what ends a command or the shell; `break`, `continue` and
 * `return` are ordinary and travel in Shell.skip instead.
 */

/** An error that ends the current top-level command; a shell that is not interactive exits with `status`. */
export class ShellError extends Error {
  readonly status: number;
  /** The line that the message names, when it is not the current one. */
  readonly line: number | undefined;
  /** The message already says which built-in it comes from. */
  named = false;
  /** The message has been written: where a redirection of standard error was still in force. */
  told = false;

  constructor(message: string, status = 2, line?: number) {
    super(message);
    this.status = status;
    this.line = line;
  }
}

/** Puts the name of the built-in that an error comes from in front of its message, once. */
export function nameError(error: ShellError, name: string): ShellError {
  if (error.named) return error;
  if (!error.message.startsWith(`${name}: `)) error.message = `${name}: ${error.message}`;
  error.named = true;
  return error;
}

/** The text is not a program. */
export class SyntaxFault extends ShellError {
  constructor(message: string, line: number) {
    super(`Syntax error: ${message}`, 2, line);
  }
}

/** The text ends inside a construct: more input could complete it once a line holds `expects`. */
export class Incomplete extends SyntaxFault {
  readonly expects: string;

  constructor(message: string, line: number, expects: string) {
    super(message, line);
    this.expects = expects;
  }
}

/** A redirection that could not be made: fatal for special built-ins only. */
export class RedirectionError extends ShellError {}

/** `exit`: unwinds to the process entry, which runs the EXIT trap. */
export class ExitRequest extends Error {
  readonly status: number;

  constructor(status: number) {
    super('exit');
    this.status = status;
  }
}

/** SIGINT in an interactive shell: back to the prompt. */
export class Interrupted extends Error {}
