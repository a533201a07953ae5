/**
 * Where a translated function goes that is left, or calls: to the function that is there, when there is one,
 * whose frame then takes the place of this one's, or is on top of it. Each jump looks up by itself: one
 * indirect jump for all would not be predicted. Where the function is known (links.ts), it is entered
 * directly; where nothing is translated, the label `far` is. All registers are in frame 0 then.
 */
import { PAGE_BYTES } from '../../../memory/site-memory.ts';
import { callAndReturn, returnToCaller } from '../interpreter/calls.ts';
import type { Variables } from '../interpreter/emitter.ts';
import { enterRow, expect, jump } from '../interpreter/jump-cache.ts';
import type { FunctionBuilder, Label } from '../wasm/function.ts';
import { I64, Type } from '../wasm/opcodes.ts';
import type { Link, LinksOf } from './links.ts';
import type { Region } from './region.ts';

/** Indices that the function needs in its module. */
export interface ModuleIndices {
  readonly slow: number;
  readonly far: number;
  readonly translatedType: number;
  /** The first function of its own. */
  readonly first: number;
}

export class Departures {
  /** To the interpreter, to go on at the guest address in `va`. */
  far!: Label;
  private readonly f: FunctionBuilder;
  private readonly v: Variables;
  private readonly region: Region;
  private readonly indices: ModuleIndices;
  private readonly links: LinksOf;
  private readonly row: number;
  private readonly outer: number;
  private readonly depth: number;

  constructor(
    f: FunctionBuilder,
    v: Variables,
    { region, indices, links }: { region: Region; indices: ModuleIndices; links: LinksOf },
  ) {
    this.f = f;
    this.v = v;
    this.region = region;
    this.indices = indices;
    this.links = links;
    this.row = f.local(Type.i32);
    this.outer = f.local(Type.i64);
    this.depth = f.local(Type.i32);
  }

  /** To an offset from the page outside of this region. */
  to(offset: number): void {
    const { f } = this;
    const link = this.links.to(offset);
    if (link && !link.expected) {
      this.enter(link, false);
      return;
    }
    this.setAddress(offset);
    if (link) {
      const direct = f.block();
      this.expect(link, direct, false);
      f.end();
      this.enter(link, false);
    } else if (this.region.isCold(offset)) f.br(this.far);
    else this.anywhere();
  }

  /** To an offset that only the interpreter may look at. */
  farTo(offset: number): void {
    this.setAddress(offset);
    this.f.br(this.far);
  }

  /** To the guest address in `va`. */
  anywhere(): void {
    this.jump(false);
  }

  /** The guest returns to the address in `va`. */
  return(): void {
    returnToCaller(this.f, this.v);
    this.jump(false);
  }

  /** Calls what is at `target`, or else in `va`, which returns to `next`; false: it never comes back. */
  call(target: number | undefined, next: number): boolean {
    const { f, v, outer, depth } = this;
    if (target !== undefined) this.setAddress(target);
    const link = target === undefined ? undefined : this.links.to(target);
    if (!link && target !== undefined && this.region.isCold(target)) {
      f.br(this.far);
      return false;
    }
    callAndReturn(
      f,
      { left: v.left, outer, depth, result: v.entry },
      this.far,
      () => this.pushAddress(next),
      () => (link ? this.callLink(link) : this.jump(true)),
    );
    return true;
  }

  private callLink(link: Link): void {
    const { f } = this;
    if (!link.expected) {
      this.enter(link, true);
      return;
    }
    const called = f.block(Type.i32);
    const direct = f.block();
    this.expect(link, direct, true);
    f.br(called).end();
    this.enter(link, true);
    f.end();
  }

  /** Goes to `direct` if the page behind is still the one that an instruction here has its other half in. */
  expectBehind(direct: Label): void {
    const { f, v, row } = this;
    const place = this.links.behind();
    if (!place) return;
    const missing = f.block();
    this.setAddress(place.offset);
    expect(f, { ...v, row }, place.link.expected!, { missing, direct });
    f.end();
  }

  /** Directly into a function of this module. */
  private enter({ index, which, expected }: Link, calls: boolean): void {
    const { f, v } = this;
    f.i32(which);
    if (expected) this.pushPage();
    else f.get(v.page);
    f.get(v.left).get(v.tlb);
    if (calls) f.call(index);
    else f.returnCall(index);
  }

  /** To `direct` when the function at `va` is the expected one; else into the one that is there. */
  private expect({ expected }: Link, direct: Label, calls: boolean): void {
    const { f, v, row, far: missing } = this;
    expect(f, { ...v, row }, expected!, { missing, direct });
    enterRow(f, { ...v, row }, this.arguments, this.throughTable(calls));
  }

  private jump(calls: boolean): void {
    const { f, v, row } = this;
    jump(f, { ...v, row }, this.far, this.arguments, this.throughTable(calls));
  }

  private throughTable(calls: boolean): () => unknown {
    const { f, indices } = this;
    return () =>
      calls ? f.callIndirect(indices.translatedType) : f.returnCallIndirect(indices.translatedType);
  }

  /** Of a function at `va`, behind the way in. */
  private readonly arguments = (): unknown => this.pushPage().get(this.v.left).get(this.v.tlb);

  private pushPage(): FunctionBuilder {
    return this.f.get(this.v.va).i64(-PAGE_BYTES).op(I64.and);
  }

  private pushAddress(offset: number): FunctionBuilder {
    return this.f.get(this.v.page).i64(offset).op(I64.add);
  }

  private setAddress(offset: number): void {
    this.pushAddress(offset).set(this.v.va);
  }
}
