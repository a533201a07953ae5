/**
 * What the log of a durable volume says: each mutation as it was carried out, with the time it happened.
 * Carrying the records out again on an empty memory volume gives the same state, inode numbers included.
 *
 * Records are tuples [operation, time in ms, arguments …].
 */
import { type FileBytes, PAGE_BYTES } from '../memfs-volume/bytes.ts';
import type { MemoryVolume, SavedInode } from '../memfs-volume/volume.ts';
import type { AttributeChange, Ino, NewInode } from '../volume.ts';

export type VolumeRecord =
  | ['create', number, Ino, string, NewInode]
  | ['unnamed', number, NewInode, boolean]
  | ['gone', number, Ino]
  | ['link', number, Ino, Ino, string]
  | ['unlink', number, Ino, string]
  | ['rmdir', number, Ino, string]
  | ['rename', number, Ino, string, Ino, string]
  | ['exchange', number, Ino, string, Ino, string]
  | ['set', number, Ino, AttributeChange]
  | ['xattr', number, Ino, string, Uint8Array]
  | ['noXattr', number, Ino, string]
  | ['write', number, Ino, number, Uint8Array]
  | ['truncate', number, Ino, number]
  | ['allocate', number, Ino, number, number]
  | ['punch', number, Ino, number, number]
  | ['inode', number, SavedInode['inode'], SavedInode['entries'], Ino]
  | ['content', number, Ino, number, Uint8Array]
  | ['times', number, Ino, number, number, number, number];

/** Records that end with bytes. */
const WITH_BYTES: ReadonlySet<unknown> = new Set(['write', 'content', 'xattr']);

/**
 * A record as bytes: the length of its JSON, the JSON, and behind it the contents that it carries, as they
 * are. JSON keeps names that are no UTF-8 (lone surrogates) as they are, which most binary encodings do not.
 */
export function encodeRecord(record: VolumeRecord): Buffer {
  const last = record.at(-1);
  const data = last instanceof Uint8Array ? last : undefined;
  const json = Buffer.from(JSON.stringify(data ? record.slice(0, -1) : record));
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32LE(json.length);
  return Buffer.concat(data ? [length, json, data] : [length, json]);
}

/** Throws SyntaxError for what encodeRecord did not make. */
export function decodeRecord(body: Buffer): VolumeRecord {
  const end = 4 + body.readUInt32LE(0);
  const record = JSON.parse(body.toString('utf8', 4, end)) as unknown[];
  if (WITH_BYTES.has(record[0])) record.push(body.subarray(end));
  return record as VolumeRecord;
}

/** Carries one record out. */
export function replay(volume: MemoryVolume, record: VolumeRecord): void {
  switch (record[0]) {
    case 'create':
      volume.create(record[2], record[3], record[4]);
      return;
    case 'unnamed':
      replayUnnamed(volume, record[2], record[3]);
      return;
    case 'gone':
      drop(volume, record[2]);
      return;
    case 'link':
      volume.link(record[2], record[3], record[4]);
      return;
    case 'unlink':
      volume.unlink(record[2], record[3]);
      return;
    case 'rmdir':
      volume.rmdir(record[2], record[3]);
      return;
    case 'rename':
      volume.rename(record[2], record[3], record[4], record[5]);
      return;
    case 'exchange':
      volume.exchange(record[2], record[3], record[4], record[5]);
      return;
    case 'set':
      volume.setAttributes(record[2], record[3]);
      return;
    case 'xattr':
    case 'noXattr':
      volume.setXattr(record[2], record[3], record[4]);
      return;
    case 'write':
    case 'content':
      volume.write(record[2], record[3], record[4]);
      return;
    case 'truncate':
      volume.truncate(record[2], record[3]);
      return;
    case 'allocate':
      volume.allocate(record[2], record[3], record[4]);
      return;
    case 'punch':
      volume.punch(record[2], record[3], record[4]);
      return;
    case 'inode':
      volume.restore(record[2], record[3], record[4]);
      return;
    case 'times':
      volume.truncate(record[2], record[3]);
      volume.setAttributes(record[2], { atimeMs: record[4], mtimeMs: record[5], ctimeMs: record[6] });
  }
}

/** A file that never gets a name takes a number and leaves nothing. */
function replayUnnamed(volume: MemoryVolume, inode: NewInode, linkable: boolean): void {
  const ino = volume.createUnnamed(inode, linkable);
  if (!linkable) drop(volume, ino);
}

/** The last user of a nameless file went. */
function drop(volume: MemoryVolume, ino: Ino): void {
  volume.remember(ino);
  volume.forget(ino);
}

/** The records that rebuild a volume as it is now: the contents of a snapshot. */
export function* snapshotOf(volume: MemoryVolume): Generator<VolumeRecord> {
  for (const saved of volume.saved()) {
    const { inode, entries, bytes, xattrs } = saved;
    const { ino, size, blocks, ctimeMs } = inode;
    yield [
      'inode',
      0,
      { ...inode, size: bytes ? 0 : size, blocks: bytes ? 0 : blocks },
      entries,
      volume.nextInode,
    ];
    for (const name of xattrs?.names() ?? []) yield ['xattr', 0, ino, name, xattrs!.get(name)!];
    if (bytes) yield* contentsOf(saved, bytes);
    else if (xattrs) yield ['set', 0, ino, { ctimeMs }];
  }
}

function* contentsOf({ inode }: SavedInode, bytes: FileBytes): Generator<VolumeRecord> {
  const { ino, size, atimeMs, mtimeMs, ctimeMs } = inode;
  for (const [offset, run] of bytes.runs()) {
    if (run.length > 0) yield ['content', 0, ino, offset, run];
    else yield ['allocate', 0, ino, offset, PAGE_BYTES];
  }
  yield ['times', 0, ino, size, atimeMs, mtimeMs, ctimeMs];
}
