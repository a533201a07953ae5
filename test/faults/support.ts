/**
 * Systems whose sites are processes of this host, to be killed: one site per process over ZeroMQ, the first
 * in the test's own. And the bound that every check of this folder is held to.
 */
import { onTestFinished } from 'vitest';
import { openCarrier } from '../../shell/api/boot.ts';
import type { Cluster } from '../../shell/api/cluster.ts';
import { type BootOptions, planFrom } from '../../shell/api/options.ts';
import { type ExecOptions, type ExecResult, System } from '../../shell/api/system.ts';

/** Everything that a killed site interrupts must have ended by then, ms. */
export const BOUND_MS = 8000;

export interface Doomed {
  readonly system: System;
  readonly cluster: Cluster;
  /** Runs a script; rejects when it has not ended within the bound. */
  exec(script: string, options?: ExecOptions): Promise<ExecResult>;
  /** SIGKILL to the process of a site; resolves when the host has buried it. */
  kill(site: number): Promise<void>;
}

/** Boots `sites` processes (with the test's own); ended with the test. */
export async function doomedSystem(options: BootOptions = {}): Promise<Doomed> {
  const plan = planFrom({ sites: 3, processes: true, ...options });
  const cluster = (await openCarrier(plan)) as Cluster;
  const system = new System(cluster, plan);
  onTestFinished(() => system.close());
  const kill = async (site: number): Promise<void> => {
    const child = cluster.children.get(site)!;
    process.kill(child.pid, 'SIGKILL');
    await child.ended;
  };
  const exec = (script: string, given?: ExecOptions): Promise<ExecResult> =>
    within(system.exec(script, { timeoutMs: 30_000, ...given }), script);
  return { system, cluster, exec, kill };
}

/** Fails when `work` takes longer than the bound. */
export async function within<T>(work: Promise<T>, what: string, boundMs = BOUND_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${boundMs} ms: ${what}`)), boundMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Polls until `holds`; fails at the bound. */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + BOUND_MS;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not within ${BOUND_MS} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A script at work: what it has said so far, and its end. */
export interface Run {
  readonly pid: number;
  /** Standard output and error so far, each as text. */
  readonly said: { out: string; err: string };
  /** Resolves when standard output holds `text`. */
  says(text: string): Promise<void>;
  /** Resolves, within the bound, when it has ended and its output is closed. */
  end(): Promise<{ exitCode: number; out: string; err: string }>;
}

/** Starts a script and listens to it. */
export async function startScript(system: System, script: string, site?: number): Promise<Run> {
  const child = await system.spawn(['sh', '-c', script], site === undefined ? {} : { site });
  const said = { out: '', err: '' };
  const listen = async (stream: ReadableStream<Uint8Array>, to: 'out' | 'err'): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const part of stream) said[to] += decoder.decode(part, { stream: true });
  };
  const heard = Promise.all([listen(child.stdout, 'out'), listen(child.stderr, 'err')]);
  heard.catch(() => {});
  return {
    pid: child.pid,
    said,
    says: (text) => eventually(`'${text}' on standard output of: ${script}`, () => said.out.includes(text)),
    end: async () => {
      const { exitCode } = await within(child.wait(), `${script}\n${JSON.stringify(said)}`);
      await within(heard, `output of ${script}\n${JSON.stringify(said)}`);
      return { exitCode, ...said };
    },
  };
}
