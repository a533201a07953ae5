/**
 * What the shell refuses to exceed, so that a mangled or runaway script ends with a message and never takes
 * the site along.
 */
export const ShellLimits = {
  /** Compound commands, substitutions and quotes inside each other: a syntax error beyond. */
  NESTING: 1000,
  /** Function calls, `eval`s and dot scripts active at once. */
  CALL_DEPTH: 10_000,
  /** Commands inside each other on one host stack. */
  STACK_DEPTH: 24,
  /** Statuses of finished background processes kept for `wait`. */
  STATUSES: 1024,
  /** Operators and parentheses inside each other in one arithmetic expression. */
  ARITHMETIC_DEPTH: 1000,
  /** Fields that the expansion of one command may produce. */
  FIELDS: 4_000_000,
  /** Characters of one expansion's result (command substitution, replacement). */
  EXPANSION_CHARS: 256 * 1024 * 1024,
  /** Parsed arithmetic expressions kept. */
  ARITHMETIC_CACHE: 1024,
  /** Pieces of syntax kept for children that start on this site. */
  SYNTAX_CACHE: 4096,
  /** Alias expansions in one command. */
  ALIAS_EXPANSIONS: 1000,
  /** Lowest descriptor that the shell uses for itself. */
  PRIVATE_FD: 10,
  /** Commands kept in the history and its file. */
  HISTORY: 1000,
} as const;
