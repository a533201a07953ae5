import { Limits } from '../../subsystems/unix/constants.ts';

/** Every bound that a Device Manager keeps, with the error that passing it gives. */
export const DeviceLimits = {
  /** Open objects of all kinds on one Device Manager: ENFILE. */
  OPEN_OBJECTS_MAX: Limits.OPEN_OBJECTS_MAX,
  /** Pipes and FIFOs in use: ENFILE. */
  PIPES_MAX: 16384,
  /** Most bytes that fcntl(F_SETPIPE_SZ) lets a pipe hold: EPERM; root's pipes are cut to the second. */
  PIPE_SIZE_MAX: Limits.PIPE_SIZE_MAX,
  PIPE_ROOT_SIZE_MAX: 16 * 1024 * 1024,
  /** Pseudo-terminal pairs in use: ENOSPC. */
  PTYS_MAX: 1024,
  /** Bytes that one read of any object returns at most: a short read. */
  READ_MAX_BYTES: 65536,
  /** Inotify objects open at once: EMFILE. */
  INOTIFY_OBJECTS_MAX: Limits.INOTIFY_OBJECTS_MAX,
  /** Watches of one inotify object: ENOSPC. */
  INOTIFY_WATCHES_MAX: Limits.INOTIFY_WATCHES_MAX,
  /** Events that wait to be read; then one says that some were lost. */
  INOTIFY_QUEUE_MAX: Limits.INOTIFY_QUEUE_MAX,
  /** Signals from terminals that wait for a slow Process Manager: the newest is dropped. */
  SIGNALS_QUEUED_MAX: 1024,
  /** A Process Manager that does not answer a terminal's signal in this time is given up. */
  SIGNAL_TIMEOUT_MS: 5000,
  /** Output of the console that is kept while nobody shows it: the oldest goes. */
  CONSOLE_LOG_BYTES: 65536,
} as const;
