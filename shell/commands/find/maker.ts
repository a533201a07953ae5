/** What a primary of find is made by: the row of its table. */
import type { Context } from '../lib/command.ts';
import type { Expression, Settings, Test } from './types.ts';

export interface Maker {
  /** Arguments that it takes. */
  args: number;
  make(args: readonly string[], context: MakerContext): Test | Promise<Test>;
}

export interface MakerContext {
  name: string;
  ctx: Context;
  settings: Settings;
  finish: Expression['finish'];
}
