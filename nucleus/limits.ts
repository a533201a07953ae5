/** Every bound that a nucleus keeps. Passing one gives the error named; all may be set at boot. */
export interface NucleusLimits {
  /** Annex bytes of one message (K_CMSGANNEXSIZE): K_ESIZE. */
  annexBytes: number;
  /** Body bytes of one message: K_ESIZE. */
  bodyBytes: number;
  /** Messages queued on one port (K_CPORTQUEUE): K_EFULL. */
  portQueue: number;
  /** Saved messages per actor (K_CMSGSAVEDMAX): K_ENOMEM. */
  savedMessages: number;
  /** Ports on a site: K_ENOMEM. */
  ports: number;
  /** Actors on a site: K_ENOMEM. */
  actors: number;
  /** Threads in one actor: K_ENOMEM. */
  threadsPerActor: number;
  /** Groups that one port may be in: K_ENOMEM. */
  groupsPerPort: number;
  /** ipcCalls in progress with other sites: K_EFULL. */
  remoteCalls: number;
  /** Bytes waiting to be sent to one site: K_EFULL. */
  linkBytes: number;
  /** A thread that has run this long without waiting gives way to the event loop, ms. */
  quantumMs: number;
  /** Physical memory for user actors, bytes; the host gives it page by page, as it is used: K_ENOMEM. */
  memoryBytes: number;
  /** Swap space that may be asked of the default mapper, bytes: K_ENOMEM. */
  swapBytes: number;
}

export const DEFAULT_LIMITS: NucleusLimits = {
  annexBytes: 120,
  bodyBytes: 65536,
  portQueue: 256,
  savedMessages: 64,
  ports: 65536,
  actors: 16384,
  threadsPerActor: 8192,
  groupsPerPort: 64,
  remoteCalls: 65536,
  linkBytes: 32 * 1024 * 1024,
  quantumMs: 4,
  memoryBytes: 1024 * 1024 * 1024,
  swapBytes: 1024 * 1024 * 1024,
};
