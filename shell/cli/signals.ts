/**
 * Signals of the host process, passed on. What a terminal sends to a foreground group goes to the program's
 * group; what is sent to one process goes to the program alone.
 */
import { Sig } from '../../subsystems/unix/signals.ts';
import type { Host } from '../api/host.ts';

const TO_GROUP: Readonly<Partial<Record<NodeJS.Signals, number>>> = { SIGINT: Sig.INT, SIGQUIT: Sig.QUIT };
const TO_PROCESS: Readonly<Partial<Record<NodeJS.Signals, number>>> = {
  SIGTERM: Sig.TERM,
  SIGHUP: Sig.HUP,
  SIGUSR2: Sig.USR2,
};

/** Forwards until the returned function is called. `onForward` hears of each. */
export function forwardSignals(host: Host, pid: number, onForward: () => void): () => void {
  const listeners: [NodeJS.Signals, () => void][] = [];
  const forward = (table: typeof TO_GROUP, group: boolean): void => {
    for (const [name, sig] of Object.entries(table)) {
      const listener = (): void => {
        onForward();
        void host.signal(pid, sig, group);
      };
      process.on(name, listener);
      listeners.push([name as NodeJS.Signals, listener]);
    }
  };
  forward(TO_GROUP, true);
  forward(TO_PROCESS, false);
  return () => {
    for (const [name, listener] of listeners) process.off(name, listener);
  };
}
