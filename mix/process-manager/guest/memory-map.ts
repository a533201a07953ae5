/** /proc/PID/smaps, smaps_rollup and pagemap: what proc(5) tells of the pages of a guest. */
import type { Region } from '../../../nucleus/memory/region.ts';
import { RegionKind } from '../../../nucleus/memory/region.ts';
import { PAGE_BYTES, USER_TOP } from '../../../nucleus/memory/site-memory.ts';
import { eachPage } from '../../../nucleus/memory/usage.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import { mapLine } from '../proc/map-line.ts';
import { regionInfo } from './guest-info.ts';
import type { Space } from './space.ts';

const KIB_PER_PAGE = PAGE_BYTES / 1024;

/** Pages of a region, or of all. */
interface Tally {
  rss: number;
  /** Each page divided by those who share it. */
  pss: number;
  pssDirty: number;
  pssAnonymous: number;
  pssShared: number;
  sharedClean: number;
  sharedDirty: number;
  privateClean: number;
  privateDirty: number;
  referenced: number;
  anonymous: number;
  swap: number;
  locked: number;
}

const emptyTally = (): Tally => ({
  rss: 0,
  pss: 0,
  pssDirty: 0,
  pssAnonymous: 0,
  pssShared: 0,
  sharedClean: 0,
  sharedDirty: 0,
  privateClean: 0,
  privateDirty: 0,
  referenced: 0,
  anonymous: 0,
  swap: 0,
  locked: 0,
});

function tallyOf({ context }: Space, region: Region): Tally {
  const tally = emptyTally();
  const withoutFile = region.kind === RegionKind.shared && region.cache?.temporary === true;
  eachPage(context, region, 0, USER_TOP, ({ swapped, own, dirty, referenced, sharers }) => {
    if (swapped) {
      tally.swap += 1;
      return;
    }
    const share = 1 / sharers;
    tally.rss += 1;
    tally.pss += share;
    if (own) {
      tally.anonymous += 1;
      tally.pssAnonymous += share;
    } else if (withoutFile) tally.pssShared += share;
    if (dirty) tally.pssDirty += share;
    if (referenced) tally.referenced += 1;
    tally[sharers > 1 ? (dirty ? 'sharedDirty' : 'sharedClean') : dirty ? 'privateDirty' : 'privateClean'] +=
      1;
    if (region.locked) tally.locked += share;
  });
  return tally;
}

const row = (name: string, pages: number): string =>
  `${`${name}:`.padEnd(16)}${String(Math.floor(pages * KIB_PER_PAGE)).padStart(8)} kB\n`;

/** The rows that smaps and smaps_rollup have both. */
function tallyRows(tally: Tally, kinds: string): string {
  return (
    row('Rss', tally.rss) +
    row('Pss', tally.pss) +
    row('Pss_Dirty', tally.pssDirty) +
    kinds +
    row('Shared_Clean', tally.sharedClean) +
    row('Shared_Dirty', tally.sharedDirty) +
    row('Private_Clean', tally.privateClean) +
    row('Private_Dirty', tally.privateDirty) +
    row('Referenced', tally.referenced) +
    row('Anonymous', tally.anonymous) +
    NEVER_HERE.map((name) => row(name, 0)).join('') +
    row('Swap', tally.swap) +
    row('SwapPss', tally.swap) +
    row('Locked', tally.locked)
  );
}

/** Kinds of pages that there are none of. */
const NEVER_HERE = [
  'KSM',
  'LazyFree',
  'AnonHugePages',
  'ShmemPmdMapped',
  'FilePmdMapped',
  'Shared_Hugetlb',
  'Private_Hugetlb',
];

/** VmFlags: what the region may do, might do, and is. */
function flagsOf({ protection, inherit, locked, growsDown, kind }: Region): string {
  const flags = [
    protection & 1 ? 'rd' : '',
    protection & 2 ? 'wr' : '',
    protection & 4 ? 'ex' : '',
    kind === RegionKind.shared ? 'sh' : '',
    'mr',
    'mw',
    'me',
    kind === RegionKind.shared ? 'ms' : '',
    growsDown ? 'gd' : '',
    locked ? 'lo' : '',
    inherit === 'none' ? 'dc' : '',
    inherit === 'zero' ? 'wf' : '',
  ];
  return flags.filter((flag) => flag !== '').join(' ');
}

function smapsText(space: Space): string {
  return space.context.regions.all
    .map((region) => {
      const pages = (region.end - region.start) / PAGE_BYTES;
      return (
        mapLine(regionInfo(region)) +
        row('Size', pages) +
        row('KernelPageSize', 1) +
        row('MMUPageSize', 1) +
        tallyRows(tallyOf(space, region), '') +
        `THPeligible:           0\nVmFlags: ${flagsOf(region)} \n`
      );
    })
    .join('');
}

function rollupText(space: Space): string {
  const { all } = space.context.regions;
  const sum = emptyTally();
  for (const region of all) {
    const tally = tallyOf(space, region);
    for (const name of Object.keys(sum) as (keyof Tally)[]) sum[name] += tally[name];
  }
  const whole = {
    start: all[0]?.start ?? 0,
    end: all.at(-1)?.end ?? 0,
    protection: 0,
    shared: false,
    offset: 0,
    dev: 0,
    ino: 0,
    label: '[rollup]',
  };
  const kinds =
    row('Pss_Anon', sum.pssAnonymous) +
    row('Pss_File', sum.pss - sum.pssAnonymous - sum.pssShared) +
    row('Pss_Shmem', sum.pssShared);
  return mapLine(whole) + tallyRows(sum, kinds);
}

const ENTRY_BYTES = 8;
/** Bits of the high word of an entry. */
const PRESENT = 1 << 31;
const SWAPPED = 1 << 30;
const OF_FILE = 1 << 29;
const ALONE = 1 << 24;

/** Entries of pagemap from a byte offset on; where a page lies is nobody's business, as without privilege. */
function pagemapBytes({ context }: Space, offset: number, max: number): Uint8Array {
  const first = offset / ENTRY_BYTES;
  const count = Math.min(Math.floor(max / ENTRY_BYTES), Math.max(0, USER_TOP / PAGE_BYTES - first));
  const words = new Int32Array(count * 2);
  const [from, to] = [first * PAGE_BYTES, (first + count) * PAGE_BYTES];
  for (const region of context.regions.within(from, to)) {
    const shared = region.kind === RegionKind.shared;
    eachPage(context, region, from, to, ({ page, swapped, own, sharers }) => {
      const place = swapped ? SWAPPED : PRESENT | (sharers === 1 ? ALONE : 0);
      words[(page - first) * 2 + 1] = place | (shared || !own ? OF_FILE : 0);
    });
  }
  return new Uint8Array(words.buffer);
}

export type MemoryFile = 'smaps' | 'smaps_rollup' | 'pagemap';

/** A file of /proc/PID about memory, from a byte offset on. Throws EINVAL for parts of pagemap's entries. */
export function memoryFile(space: Space, name: MemoryFile, offset: number, max: number): Uint8Array {
  if (name === 'pagemap') {
    if (offset % ENTRY_BYTES !== 0 || max % ENTRY_BYTES !== 0) throw new SysError('EINVAL');
    return pagemapBytes(space, offset, max);
  }
  const text = name === 'smaps' ? smapsText(space) : rollupText(space);
  return new TextEncoder().encode(text).subarray(offset, offset + max);
}
