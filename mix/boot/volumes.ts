/** Opens the volumes of a description. Stores that need a log or the host are loaded when first asked for. */
import { memoryVolume } from '../../drivers/memfs-volume/volume.ts';
import type { Volume } from '../../drivers/volume.ts';
import { fillDevices, fillPrograms, fillStandardTree, fillTemporary } from '../file-manager/standard-tree.ts';
import {
  DescriptionError,
  programsDirectory,
  type SystemDescription,
  type VolumeDescription,
} from './description.ts';

/**
 * `now`: the time that the volume stamps, ms since 1970. Throws DescriptionError, and what the store throws.
 */
export async function openVolume(description: VolumeDescription, now: () => number): Promise<Volume> {
  const { kind, directory, mode, sizeBytes } = description;
  const options = sizeBytes === undefined ? { now } : { now, sizeBytes };
  if (kind === 'memfs') return memoryVolume(options);
  if (directory === undefined)
    throw new DescriptionError(`${description.mount}: a ${kind} volume needs a directory`);
  if (kind === 'durable') {
    const { durableVolume } = await import('../../drivers/durable-volume/volume.ts');
    return durableVolume({ directory, ...options });
  }
  const { hostVolume } = await import('../../drivers/host-volume/volume.ts');
  const lower = hostVolume({ directory, readOnly: mode !== 'rw' });
  if (mode === 'rw' || mode === 'ro') return lower;
  const { overlayVolume } = await import('../../drivers/overlay-volume/volume.ts');
  return overlayVolume(lower, options);
}

/** Puts into a fresh volume what its description says; into the root, the standard tree. */
export function fillVolume(
  volume: Volume,
  { mount, kind, mode, holds }: VolumeDescription,
  system: SystemDescription,
  programs: readonly string[],
): void {
  if (holds === 'devices') fillDevices(volume);
  if (holds === 'programs') fillPrograms(volume, programs);
  if (holds === 'temporary') fillTemporary(volume);
  if (mount !== '/') return;
  const programsIn = programsDirectory(system);
  // A directory that is written to keeps what its owner put there, and nothing else.
  if (programsIn !== undefined && kind === 'host' && mode === 'rw') return;
  const hostnames = system.sites.map((entry) => entry.name ?? `site${entry.site}`);
  fillStandardTree(volume, { programs, hostnames, ...(programsIn === undefined ? {} : { programsIn }) });
}
