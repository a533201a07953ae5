/** Opens the volumes of a description. Stores that need a native library or the host are loaded when first asked for. */
import type { Volume } from '../../drivers/volume.ts';
import { memoryVolume } from '../../drivers/memfs-volume/volume.ts';
import { DescriptionError, type VolumeDescription } from './description.ts';

export async function openVolume(description: VolumeDescription): Promise<Volume> {
  const { kind, directory, mode, sizeBytes } = description;
  if (kind === 'memfs') return memoryVolume({ ...(sizeBytes === undefined ? {} : { sizeBytes }) });
  if (directory === undefined) throw new DescriptionError(`${description.mount}: a ${kind} volume needs a directory`);
  if (kind === 'durable') {
    const { durableVolume } = await import('../../drivers/durable-volume/volume.ts');
    return durableVolume({ directory });
  }
  const { hostVolume } = await import('../../drivers/host-volume/volume.ts');
  const lower = hostVolume({ directory, readOnly: mode !== 'rw' });
  if (mode === 'rw' || mode === 'ro') return lower;
  const { overlayVolume } = await import('../../drivers/overlay-volume/volume.ts');
  return overlayVolume(lower, { ...(sizeBytes === undefined ? {} : { sizeBytes }) });
}
