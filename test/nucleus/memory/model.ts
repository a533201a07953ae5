/**
 * The model of an address space: one record per page, plain bytes, no sharing tricks. Only PROBES bytes of a
 * page are modelled; they are at its start, in it and at its end.
 */
export const PROBES = [0, 1029, 4095] as const;

export type Bytes = number[];
const ZERO: readonly number[] = PROBES.map(() => 0);

/** A page of a segment with a mapper: its bytes as they are now. */
export interface SegmentPage {
  readonly segment: ModelSegment;
  readonly page: number;
}

export class ModelSegment {
  readonly pages: Bytes[];

  constructor(pages: number, seed: number) {
    this.pages = Array.from({ length: pages }, (_, page) =>
      PROBES.map((_, probe) => probeByte(seed, page, probe)),
    );
  }
}

export const probeByte = (seed: number, page: number, probe: number): number =>
  1 + ((seed * 31 + page * 7 + probe * 3) % 250);

/** A page of a temporary segment: until it is first touched it is what it is a copy of. */
export interface Cell {
  data: Bytes | null;
  readonly source: SegmentPage | null;
}

export interface ModelPage {
  protection: number;
  inherit: 'copy' | 'share' | 'none';
  locked: boolean;
  /** Shared: one of these. */
  shared: SegmentPage | Cell | null;
  /** Volatile: its own bytes, if it has any, else those of the source, else zero. */
  data: Bytes | null;
  source: SegmentPage | null;
}

export function isSegmentPage(shared: SegmentPage | Cell): shared is SegmentPage {
  return 'segment' in shared;
}

/** Bytes of a segment's page; undefined beyond its end. */
export function segmentBytes({ segment, page }: SegmentPage): Bytes | undefined {
  return segment.pages[page];
}

/** What a touched cell holds; undefined when its source does not exist. */
export function cellBytes(cell: Cell): Bytes | undefined {
  if (cell.data) return cell.data;
  const source = cell.source ? segmentBytes(cell.source) : [...ZERO];
  if (!source) return undefined;
  cell.data = [...source];
  return cell.data;
}

export class ModelSpace {
  readonly pages = new Map<number, ModelPage>();

  read(page: number, probe: number): number | 'unmapped' | 'protection' | 'bus' {
    const record = this.pages.get(page);
    if (!record) return 'unmapped';
    if ((record.protection & 3) === 0) return 'protection';
    return this.bytes(record)?.[probe] ?? 'bus';
  }

  write(page: number, probe: number, value: number): 1 | 'unmapped' | 'protection' | 'bus' {
    const record = this.pages.get(page);
    if (!record) return 'unmapped';
    if ((record.protection & 2) === 0) return 'protection';
    const bytes = this.bytes(record);
    if (!bytes) return 'bus';
    if (!record.shared && !record.data) record.data = [...bytes];
    const own = record.shared ? bytes : record.data!;
    own[probe] = value;
    return 1;
  }

  private bytes(record: ModelPage): Bytes | undefined {
    const { shared, data, source } = record;
    if (shared) return isSegmentPage(shared) ? segmentBytes(shared) : cellBytes(shared);
    if (data) return data;
    return source ? segmentBytes(source) : [...ZERO];
  }

  /** What a deferred copy of a page is: a page of its own, now. */
  static copyOf(record: ModelPage): Pick<ModelPage, 'shared' | 'data' | 'source'> {
    const { shared, data, source } = record;
    if (!shared) return { shared: null, data: data && [...data], source };
    if (isSegmentPage(shared)) return { shared: null, data: null, source: shared };
    return { shared: null, data: shared.data && [...shared.data], source: shared.source };
  }

  /** The page as memory that others may share. */
  static share(record: ModelPage): SegmentPage | Cell {
    if (!record.shared) {
      record.shared = { data: record.data, source: record.source };
      record.data = null;
      record.source = null;
    }
    return record.shared;
  }
}
