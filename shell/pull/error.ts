/** A pull that cannot be done, in one line. */
export class PullError extends Error {}
