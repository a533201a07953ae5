/** Every bound that a terminal keeps. */
export const TtyLimits = {
  /** Input not yet read, bytes; one is kept for the character that ends a line (MAX_INPUT is one less). */
  INPUT_BYTES: 4096,
  /** Input that the other side has sent and the input queue has no room for: its writer waits. */
  BACKLOG_BYTES: 65536,
  /**
   * Output that the other side has not taken: writers wait. Output processing and echoes may add once as
   * much.
   */
  OUTPUT_BYTES: 65536,
  /**
   * Of the output not yet taken, this much survives a signal or a flush: it counts as delivered (as on
   * Linux).
   */
  DELIVERED_BYTES: 4095,
  /** Echoes beyond a full or stopped output: further ones are dropped. */
  ECHO_BYTES: 4096,
} as const;
