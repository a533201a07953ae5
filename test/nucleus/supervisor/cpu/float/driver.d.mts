export const MODES: readonly string[];

export interface Instruction {
  readonly name: string;
  readonly sources: 'f' | 'ff' | 'fff' | 'x';
  readonly result: 'f' | 'x';
  readonly rounds: boolean;
}
export const INSTRUCTIONS: readonly Instruction[];

export interface Request {
  readonly instruction: number;
  readonly fcsr: number;
  readonly a: bigint;
  readonly b: bigint;
  readonly c: bigint;
}
export interface Answer {
  readonly bits: bigint;
  readonly fcsr: number;
}
export interface Oracle {
  ask(requests: readonly Request[]): Answer[];
  close(): void;
}
export function oracleMissing(): string | undefined;
export function openOracle(): Oracle;
