/** Opens the volumes of a description. Stores that need a log or the host are loaded when first asked for. */
import { memoryVolume } from '../../drivers/memfs-volume/volume.ts';
import type { Volume } from '../../drivers/volume.ts';
import { DescriptionError, type VolumeDescription } from './description.ts';

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
