/**
 * The fused operations: sequences of instructions that are frequent in what was measured.
 */
export const FUSED: readonly (readonly string[])[] = [];
