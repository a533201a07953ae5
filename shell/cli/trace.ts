/**
 * `--trace FILE|-`: every event of the nuclei that are followed, one JSON object a line. Events are collected
 * and written once a turn, by one append, so that several processes can share a file.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { Nucleus } from '../../nucleus/nucleus.ts';
import { UsageError } from './arguments.ts';
import { hostErrorText } from './host-error.ts';

export interface Trace {
  follow(nucleus: Nucleus): void;
  close(): void;
}

const NO_TRACE: Trace = { follow: () => {}, close: () => {} };
const STDERR = 2;

function openTarget(target: string): number {
  if (target === '-') return STDERR;
  try {
    return openSync(target, 'a');
  } catch (error) {
    throw new UsageError(`--trace: ${target}: ${hostErrorText(error)}`);
  }
}

/** Opens the file that events go to; undefined: no trace. Throws UsageError. */
export function openTrace(target: string | undefined): Trace {
  if (target === undefined) return NO_TRACE;
  const fd = openTarget(target);
  let lines: string[] = [];
  let scheduled = false;
  const flush = (): void => {
    scheduled = false;
    const text = lines.join('');
    lines = [];
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
  };
  const endings: (() => void)[] = [];
  return {
    follow: (nucleus) => {
      const end = nucleus.tracer.subscribe((event) => {
        lines.push(`${JSON.stringify(event)}\n`);
        if (scheduled) return;
        scheduled = true;
        setImmediate(flush);
      });
      endings.push(end);
    },
    close: () => {
      for (const end of endings) end();
      flush();
      if (fd !== STDERR) closeSync(fd);
    },
  };
}
