/** A system for tests: booted from API options, disposed of with the test. */
import { onTestFinished } from 'vitest';
import {
  type BootOptions,
  boot,
  type ExecOptions,
  type ExecResult,
  type System,
} from '../../shell/api/index.ts';

export interface TestSystem {
  readonly system: System;
  /** Runs a shell script; 30 s at most unless told otherwise. */
  exec(script: string, options?: ExecOptions): Promise<ExecResult>;
  dispose(): Promise<void>;
}

const EXEC_MS = 30_000;

/** Boots a system (one site unless told otherwise). Inside a test it is disposed of at the test's end. */
export async function testSystem(options: BootOptions = {}): Promise<TestSystem> {
  const system = await boot(options);
  const dispose = (): Promise<void> => system.close();
  try {
    onTestFinished(dispose);
  } catch {
    // In a hook: the suite disposes of it itself.
  }
  return {
    system,
    exec: (script, execOptions) => system.exec(script, { timeoutMs: EXEC_MS, ...execOptions }),
    dispose,
  };
}
