/** Interactive shells for tests: one system for a file, a terminal for each test. */
import { afterAll, beforeAll } from 'vitest';
import type { System } from '../../../../shell/api/index.ts';
import { PtyWatcher } from '../../../support/screen.ts';
import { type TestSystem, testSystem } from '../../../support/system.ts';

export const SIZE = { rows: 24, columns: 80 };

export interface Place {
  readonly system: System;
  /** A shell on a terminal, at its prompt; hung up when the system ends. */
  shell(env?: Record<string, string>): Promise<PtyWatcher>;
}

export function terminalPlace(files: Record<string, string> = {}): Place {
  let booted: TestSystem | undefined;
  const people: PtyWatcher[] = [];
  beforeAll(async () => {
    booted = await testSystem({ files });
  });
  afterAll(async () => {
    for (const person of people) if (!person.ended) await person.pty.kill('KILL');
    await booted?.dispose();
  });
  return {
    get system() {
      return booted!.system;
    },
    shell: async (env = {}) => {
      const person = new PtyWatcher(await booted!.system.openPty({ ...SIZE, env }), SIZE);
      people.push(person);
      await person.prompt();
      return person;
    },
  };
}
