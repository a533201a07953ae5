/**
 * What a scalar is where its name stands for an array: awk tells the two apart only by use, and a parameter
 * may be used as either. An uninitialised one behaves as an empty array, any other ends the program.
 */
import { AwkError } from './fields.ts';
import type { Value } from './values.ts';

export class ScalarBox extends Map<string, Value> {
  readonly scalar: Value;

  constructor(scalar: Value) {
    super();
    this.scalar = scalar;
  }

  private check(): void {
    if (this.scalar !== undefined) throw new AwkError('attempt to use a scalar as an array');
  }

  override get(key: string): Value {
    this.check();
    return super.get(key);
  }

  override has(key: string): boolean {
    this.check();
    return super.has(key);
  }

  override set(key: string, value: Value): this {
    this.check();
    return super.set(key, value);
  }

  override delete(key: string): boolean {
    this.check();
    return super.delete(key);
  }

  override clear(): void {
    this.check();
    super.clear();
  }

  override keys(): MapIterator<string> {
    this.check();
    return super.keys();
  }
}
