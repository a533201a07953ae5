/** Bounds of the IPC and Key Managers beside those that programs know (IpcLimits), with their errors. */
export const IpcManagerLimits = {
  /** Keys of the system: ENOSPC. */
  KEYS_MAX: 65_536,
  /** Bytes of shared segments that one manager keeps, of what was written back to it: ENOMEM. */
  MEMORY_BYTES: 1024 * 1024 * 1024,
  /** How often a key whose object vanishes meanwhile is looked up again: ENOENT, EEXIST. */
  TRIES: 8,
} as const;
