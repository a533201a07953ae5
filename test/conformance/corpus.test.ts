/**
 * The corpus, under our sh and commands: on one site, and on three with the shell on one and its children on
 * another. stdout and the exit status must equal what was recorded; stderr must be empty just when it was.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestSystem, testSystem } from '../support/system.ts';
import { parseCases } from './cases.mjs';

interface Recorded {
  stdout: string;
  exitCode: number;
  complains: boolean;
}

interface Case {
  topic: string;
  name: string;
  script: string;
  expected: Recorded;
}

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

const cases: Case[] = readdirSync(new URL('./corpus', import.meta.url))
  .filter((file) => file.endsWith('.sh'))
  .flatMap((file) => {
    const topic = file.replace(/\.sh$/, '');
    const recorded = JSON.parse(read(`./recorded/${topic}.json`)) as Record<string, Recorded>;
    return parseCases(read(`./corpus/${file}`)).map(({ name, script }) => {
      const expected = recorded[name];
      if (!expected) throw new Error(`${topic}: '${name}' was not recorded`);
      return { topic, name, script, expected };
    });
  });

/** Sites [shell, children] of the n-th case on three. */
const placement = (n: number): [number, number] => [(n % 3) + 1, ((n + 1) % 3) + 1];

for (const sites of [1, 3]) {
  describe(`corpus on ${sites === 1 ? 'one site' : 'three sites'}`, () => {
    let system: TestSystem;
    beforeAll(async () => {
      system = await testSystem({ sites });
    });
    afterAll(() => system.dispose());

    for (const [n, { topic, name, script, expected }] of cases.entries()) {
      it(`${topic}: ${name}`, async () => {
        const home = `/tmp/case-${n}`;
        await system.exec(`mkdir ${home}`);
        const [shell, children] = placement(n);
        const options = { cwd: home, env: { HOME: home, LC_ALL: 'C.UTF-8', TZ: 'UTC' } };
        const result =
          sites === 1
            ? await system.exec(script, options)
            : await system.exec(`csite ${children}; ${script}`, { ...options, site: shell });
        const complains = result.stderr !== '';
        expect({ stdout: result.stdout, exitCode: result.exitCode, complains }, result.stderr).toEqual(
          expected,
        );
        await system.exec(`chmod -R u+rwx ${home}; rm -rf ${home}`);
      });
    }
  });
}
