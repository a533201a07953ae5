/**
 * Scenes: small programs that tell what they saw, line by line. Each is played with its children on its own
 * site and again with them on another one; what it tells must be the same.
 */
import { WaitStatus } from '../../../subsystems/unix/signals.ts';
import type { Pid, Program, Sys } from '../../../subsystems/unix/sys.ts';
import { print, type TestWorld, waitFor } from './support.ts';

export type Say = (line: unknown) => void;
/** `child(name, state)` forks one of the scene's children. */
export type Cast = (name: string, state?: unknown) => Promise<Pid>;

export interface Scene {
  play(sys: Sys, say: Say, cast: Cast): Promise<void>;
  children?: Record<string, (sys: Sys, state: never) => Promise<number>>;
}

export function sceneProgram(name: string, scene: Scene): Program {
  return {
    name,
    main: async (sys, argv) => {
      const lines: string[] = [];
      sys.csite(Number(argv[1]));
      await scene.play(
        sys,
        (line) => lines.push(String(line)),
        async (child, state = null) => sys.fork(child, state),
      );
      await print(sys, lines.map((line) => `${line}\n`).join(''));
      return 0;
    },
    entries: scene.children ?? {},
  };
}

/** What a scene tells when its children are on `site`. */
export async function played(world: TestWorld, name: string, site: number): Promise<string[]> {
  const { status, out } = await world.run([name, String(site)]);
  return [...out.split('\n').slice(0, -1), ...(status === 0 ? [] : [`status ${status}`])];
}

/** `exit 3`, `signal 9`, `stop 19`, `continue`. */
export async function fate(sys: Sys, pid: Pid, flags = 0): Promise<string> {
  const { status } = await waitFor(sys, pid, flags);
  if (WaitStatus.isStopped(status)) return `stop ${WaitStatus.stopSignal(status)}`;
  if (status === WaitStatus.continued) return 'continue';
  const signal = WaitStatus.termSignal(status);
  return signal === 0 ? `exit ${WaitStatus.exitCode(status)}` : `signal ${signal}`;
}
