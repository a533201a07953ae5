/**
 * A process to be killed: writes to a durable volume through a File Manager for as long as it lives, and
 * prints a line for each thing that was acknowledged. Arguments: store directory, seed.
 */
import { writeSync } from 'node:fs';
import { durableVolume } from '../../drivers/durable-volume/volume.ts';
import { seededRandom } from '../../nucleus/clock.ts';
import { O } from '../../subsystems/unix/constants.ts';
import { bench } from '../mix/file-manager/support.ts';

const [directory = '', seed = '1'] = process.argv.slice(2);
const random = seededRandom(Number(seed));
const volume = durableVolume({ directory, snapshotBytes: 200_000 });
const { root } = bench(volume);

function acknowledge(line: string): void {
  writeSync(1, `${line}\n`);
}

/** Content that tells which file and version it is, of any length up to 20 kB. */
function content(name: string, version: number): string {
  return `${name} ${version} `.repeat(1 + Math.floor(random.next() * 1000));
}

async function main(): Promise<void> {
  acknowledge('ready');
  for (let version = 1; ; version++) {
    const name = `f${Math.floor(random.next() * 8)}`;
    const text = content(name, version);
    const key = root.open(`/${name}.new`, O.WRONLY | O.CREAT | O.TRUNC);
    for (let at = 0; at < text.length; at += 4096) root.write(key, text.slice(at, at + 4096));
    if (version % 3 === 0) await root.call('fsync', { key });
    root.close(key);
    acknowledge(`closed ${name}.new ${version} ${text.length}`);
    root.rename(`/${name}.new`, `/${name}`);
    const directoryKey = root.open('/', O.RDONLY);
    if (version % 5 === 0) {
      await root.call('fsync', { key: directoryKey });
      acknowledge(`synced ${name} ${version} ${text.length}`);
    }
    root.close(directoryKey);
    if (version % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

void main();
