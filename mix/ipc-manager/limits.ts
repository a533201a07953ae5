/** Bounds of the IPC and Key Managers beside those that programs know (IpcLimits), with their errors. */
export const IpcManagerLimits = {
  /** Keys of the system: ENOSPC. */
  KEYS_MAX: 65_536,
  /** Bytes of shared segments that one manager keeps, of what was written back to it: ENOMEM. */
  MEMORY_BYTES: 1024 * 1024 * 1024,
  /** POSIX message queues of one manager: ENOSPC. */
  QUEUES_MAX: 1024,
  /** Open ones: ENFILE. */
  OPEN_QUEUES_MAX: 16_384,
  /** Bytes that all their messages may have: EMFILE, as RLIMIT_MSGQUEUE gives. */
  QUEUES_BYTES: 256 * 1024 * 1024,
  /** How often a key whose object vanishes meanwhile is looked up again: ENOENT, EEXIST. */
  TRIES: 8,
} as const;
