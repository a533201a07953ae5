/**
 * Stops (Ctrl-Z at the host's terminal) of a system whose sites are several processes: the other sites stop
 * and go on with us, or they would take our silence for death. They lead sessions of their own, so nobody
 * else tells them.
 */
import type { Carrier } from '../api/carrier.ts';
import type { Cluster } from '../api/cluster.ts';

const isCluster = (carrier: Carrier): carrier is Cluster => 'children' in carrier;

/** Follows stops until the returned function is called. `stopSelf`: nobody else here stops this process. */
export function followStops(carrier: Carrier, stopSelf: boolean): () => void {
  if (!isCluster(carrier)) return () => {};
  const tell = (signal: NodeJS.Signals): void => {
    for (const child of carrier.children.values()) if (child.alive) child.process.kill(signal);
  };
  const onStop = (): void => {
    tell('SIGSTOP');
    if (stopSelf) process.kill(process.pid, 'SIGSTOP');
  };
  const onContinue = (): void => tell('SIGCONT');
  process.on('SIGTSTP', onStop);
  process.on('SIGCONT', onContinue);
  return () => {
    process.off('SIGTSTP', onStop);
    process.off('SIGCONT', onContinue);
  };
}
