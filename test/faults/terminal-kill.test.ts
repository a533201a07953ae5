/** Sites killed under a terminal: its foreground job there, a stopped job there, the shell itself there. */
import { expect, it } from 'vitest';
import type { SystemPty } from '../../shell/api/pty.ts';
import { doomedSystem, eventually, within } from './support.ts';

interface Typist {
  /** Resolves when the terminal shows nothing any more. */
  readonly ended: Promise<void>;
  type(line: string): Promise<void>;
  /** Waits until the screen's bytes since the last line typed hold `text`. */
  sees(text: string | RegExp): Promise<void>;
}

async function typist(pty: SystemPty): Promise<Typist> {
  let seen = '';
  const decoder = new TextDecoder();
  const listen = async (): Promise<void> => {
    for await (const part of pty.output) {
      seen = (seen + decoder.decode(part, { stream: true })).replace(CONTROL_SEQUENCE, '');
    }
  };
  const ended = listen().catch(() => {});
  const keys = pty.input.getWriter();
  return {
    ended,
    type: async (line) => {
      seen = '';
      await keys.write(line);
    },
    sees: (text) =>
      eventually(`${text} on the terminal`, () => seen.search(text) >= 0).catch((error: Error) => {
        throw new Error(`${error.message}; it showed ${JSON.stringify(seen)}`);
      }),
  };
}

const CONTROL_SEQUENCE = /\x1b\[[\d;?]*[A-Za-z]/g;
const PROMPT = /[#$] $/;

it('the foreground job dies: the prompt comes back, and keys go on working', async () => {
  const { system, kill } = await doomedSystem();
  const { type, sees } = await typist(await system.openPty({ env: { PS1: '$ ' } }));
  await sees(PROMPT);
  await type('csite 2; echo g""o; cat; echo "was $?"\r');
  await sees(/^go\r$/m);
  await type('hello\r');
  await sees(/hello\r\nhello\r\n/);
  await kill(2);
  await sees(/was 137\r\n/);
  await type('csite 3; echo g""o; cat\r');
  await sees(/^go\r$/m);
  await type('there\r');
  await sees(/there\r\nthere\r\n/);
  await type('\x03');
  await sees(PROMPT);
  await type('echo "$? $(hostname)"\r');
  await sees(/130 site3\r\n/);
});

it('pipelines, background and stopped jobs of a lost site end; the rest of the jobs live', async () => {
  const { system, kill } = await doomedSystem();
  const { type, sees } = await typist(await system.openPty({ env: { PS1: '$ ' } }));
  await sees(PROMPT);
  await type('csite 2; sleep 100 &\r');
  await sees(PROMPT);
  await type('csite 3; sleep 200 &\r');
  await sees(PROMPT);
  await type('csite 2; echo g""o; cat\r');
  await sees(/^go\r$/m);
  await type('x\r');
  await sees(/x\r\nx\r\n/);
  await type('\x1a');
  await sees(/Stopped[\s\S]*\$ $/);
  await kill(2);
  await type('wait %1; echo "one $?"\r');
  await sees(/one 137\r\n/);
  await type('fg %3; echo "three $?"\r');
  await sees(/three (137|1|2|127)\r\n/);
  await type('jobs -l; kill %2; wait %2; echo "two $?"\r');
  await sees(/two 143\r\n/);
});

it('the shell itself dies: its terminal ends', async () => {
  const { system, kill } = await doomedSystem();
  const pty = await system.openPty({ site: 2, env: { PS1: '$ ' } });
  const { type, sees, ended } = await typist(pty);
  await sees(PROMPT);
  await type('echo h""ere\r');
  await sees(/^here\r$/m);
  await kill(2);
  expect(await within(pty.wait(), 'the end of the shell')).toEqual({ exitCode: 137, signal: 'SIGKILL' });
  await within(ended, 'the end of the output');
});

it('the shell dies: what it had in the foreground on another site is hung up', async () => {
  const { system, exec, kill } = await doomedSystem();
  const { type, sees } = await typist(await system.openPty({ site: 2, env: { PS1: '$ ' } }));
  await sees(PROMPT);
  await type('csite 3; echo g""o; sleep 3333\r');
  await sees(/^go\r$/m);
  const sleeping = async (): Promise<boolean> =>
    (await exec('ps -e -o args= | grep -c "^sleep 3333"')).stdout === '1\n';
  await eventually('the job runs', sleeping);
  await kill(2);
  await eventually('the job is gone', async () => !(await sleeping()));
});
