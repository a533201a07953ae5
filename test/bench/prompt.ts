/**
 * From `npm start` to the prompt: the command line without arguments in a pseudo-terminal of the host, until
 * the cursor stands behind an empty prompt on the screen. What npm itself needs before is its own affair.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spawn } from '@lydell/node-pty';
import { Emulator } from '../../shell/ui/emulator.ts';
import { type BenchRow, median, row } from './row.ts';

const RUNS = 7;
const SIZE = { rows: 24, columns: 100 };
const PROMPT = '# ';
const DEADLINE_MS = 30_000;

async function promptMs(chorus: string, home: string): Promise<number> {
  const startMs = performance.now();
  const pty = spawn(process.execPath, [chorus], {
    rows: SIZE.rows,
    cols: SIZE.columns,
    cwd: home,
    env: { ...process.env, TERM: 'xterm-256color', XDG_STATE_HOME: home, HOME: home },
  });
  const exited = new Promise<void>((resolve) => pty.onExit(() => resolve()));
  const screen = new Emulator(SIZE, { onPassThrough: () => {}, onReply: (text) => pty.write(text) });
  const shown = (): boolean => {
    const { row: line, column } = screen.cursor;
    const { text } = screen.rows()[line]!;
    return column === PROMPT.length && text.join('').trimEnd() === PROMPT.trimEnd();
  };
  const prompt = new Promise<number>((resolve, reject) => {
    pty.onData((data) => {
      void screen.write(Buffer.from(data)).then(() => {
        if (shown()) resolve(performance.now() - startMs);
      });
    });
    setTimeout(() => reject(new Error(`no prompt after ${DEADLINE_MS} ms`)), DEADLINE_MS).unref();
  });
  try {
    return await prompt;
  } finally {
    pty.write('exit\r');
    const kill = setTimeout(() => pty.kill('SIGKILL'), DEADLINE_MS);
    await exited;
    clearTimeout(kill);
  }
}

export async function run(): Promise<BenchRow[]> {
  const chorus = fileURLToPath(new URL('./chorus.cjs', import.meta.url));
  const home = mkdtempSync(join(tmpdir(), 'chorus-bench-'));
  const times: number[] = [];
  try {
    for (let i = 0; i < RUNS; i++) times.push(await promptMs(chorus, home));
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
  const goal = { on: 'value', most: 1500 } as const;
  return [
    row('start: the terminal, three sites, to the prompt', median(times), 'ms', goal),
    row('start: the same, slowest of the runs', Math.max(...times), 'ms'),
  ];
}
