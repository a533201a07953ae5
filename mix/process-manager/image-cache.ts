/**
 * What the first bytes of executable files said, by file identity (server, device, inode, times, size):
 * running a command again costs one stat message and no read. A changed file has another identity, so nothing
 * goes stale.
 */
import { isElf } from '../../subsystems/unix/linux/elf.ts';

export type ImageKind =
  | { readonly kind: 'native'; readonly name: string }
  | { readonly kind: 'script'; readonly interpreter: string; readonly argument: string | undefined }
  | { readonly kind: 'elf' }
  | { readonly kind: 'unknown' };

/** Files remembered; the oldest is forgotten first. */
export const IMAGE_CACHE_MAX = 1024;

/** Bytes of a file that decide its kind (Linux's BINPRM_BUF_SIZE). */
export const HEADER_BYTES = 256;

export class ImageCache {
  private readonly kinds = new Map<string, ImageKind>();

  get(identity: string): ImageKind | undefined {
    return this.kinds.get(identity);
  }

  set(identity: string, kind: ImageKind): void {
    if (this.kinds.size >= IMAGE_CACHE_MAX) {
      for (const oldest of this.kinds.keys()) {
        this.kinds.delete(oldest);
        break;
      }
    }
    this.kinds.set(identity, kind);
  }
}

const NATIVE = /^\x7fNATIVE ([^\n/]+)\n/;
const SCRIPT = /^#![ \t]*([^ \t\n]+)(?:[ \t]+([^\n]*?))?[ \t]*(?:\n|$)/;

/**
 * Decides by a file's first HEADER_BYTES bytes. After `#!` the rest of the line is one argument (execve(2)).
 */
export function imageKindOf(header: Uint8Array): ImageKind {
  if (isElf(header)) return { kind: 'elf' };
  const text = Buffer.from(
    header.buffer,
    header.byteOffset,
    Math.min(header.length, HEADER_BYTES),
  ).toString();
  const native = NATIVE.exec(text);
  if (native) return { kind: 'native', name: native[1]! };
  const script = SCRIPT.exec(text);
  if (script) return { kind: 'script', interpreter: script[1]!, argument: script[2] || undefined };
  return { kind: 'unknown' };
}
