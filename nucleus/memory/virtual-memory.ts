/** The virtual memory of a nucleus: `nucleus.vm`. */
import { SegmentCalls } from './segment-calls.ts';

export type { RegionOptions, RegionPlace, RegionStat } from './region-calls.ts';

export class VirtualMemory extends SegmentCalls {}
