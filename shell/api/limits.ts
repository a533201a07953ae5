/**
 * The bounds a caller may set on a system and its processes; one table gives names, units, defaults and
 * checks.
 */

export interface Limits {
  /** Bytes of stdout and stderr together that one `exec` collects. Default 64 MiB. Beyond: LimitError. */
  outputBytesMax: number;
  /** Processes alive on one site: fork fails with EAGAIN. Default 4096. */
  processesMax: number;
  /** Open descriptors of one process: EMFILE. Default 1024. */
  openFilesMax: number;
  /** Size of one file, bytes: SIGXFSZ, EFBIG. Default: no limit. */
  fileBytesMax: number;
  /** CPU seconds of one process: SIGXCPU, then SIGKILL. Default: no limit. */
  cpuSecondsMax: number;
  /** Instructions of one ELF process, all its threads together; exact. SIGKILL. Default: no limit. */
  instructionsMax: number;
  /** Address space of one ELF process, bytes: ENOMEM. Default: no limit. */
  memoryBytesMax: number;
  /** Content of the root volume, bytes: ENOSPC. Default: no limit. */
  diskBytesMax: number;
  /**
   * Milliseconds that a single `exec` may take, when it sets no `timeoutMs` of its own. Default: no limit.
   */
  wallTimeMsMax: number;
}

export const DEFAULT_LIMITS: Limits = {
  outputBytesMax: 64 * 1024 * 1024,
  processesMax: 4096,
  openFilesMax: 1024,
  fileBytesMax: Infinity,
  cpuSecondsMax: Infinity,
  instructionsMax: Infinity,
  memoryBytesMax: Infinity,
  diskBytesMax: Infinity,
  wallTimeMsMax: Infinity,
};

/** A limit of the embedding side was passed. `limit` names the field of `limits` that raises it. */
export class LimitError extends Error {
  readonly limit: keyof Limits;
  readonly value: number;
  constructor(limit: keyof Limits, value: number) {
    super(`limit passed: ${limit} = ${value} (raise limits.${limit} to allow more)`);
    this.name = 'LimitError';
    this.limit = limit;
    this.value = value;
  }
}

/** Fills in defaults. Throws TypeError for an unknown name or a value that is no positive number. */
export function limitsFrom(given: Partial<Limits> = {}): Limits {
  const limits = { ...DEFAULT_LIMITS };
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(limits, name)) {
      throw new TypeError(`limits.${name}: unknown (known: ${Object.keys(limits).join(', ')})`);
    }
    if (value === undefined) continue;
    if (typeof value !== 'number' || !(value > 0))
      throw new TypeError(`limits.${name}: expected a positive number`);
    limits[name as keyof Limits] = value;
  }
  return limits;
}
