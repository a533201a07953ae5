/** The open objects of a Device Manager by key, and which sites hold them. */
import type { RandomSource } from '../../nucleus/clock.ts';
import { HoldTable } from '../protocols/hold-table.ts';
import { DeviceLimits } from './limits.ts';
import type { OpenObject } from './open-object.ts';

export class ObjectTable extends HoldTable<OpenObject> {
  constructor(random: RandomSource, limit: number = DeviceLimits.OPEN_OBJECTS_MAX) {
    super(random, limit);
  }
}
