/**
 * Where a translated function goes that is left, or calls: to the function that is there, when there is one,
 * whose frame then takes the place of this one's, or is on top of it. Each jump looks up by itself: one
 * indirect jump for all would not be predicted. Where the function is known (links.ts), it is entered
 * directly; where nothing is translated, the label `far` is. All registers are in frame 0 then.
 */
import { PAGE_BYTES } from '../../../memory/site-memory.ts';
import { type CallParameters, callAndReturn, countCalls, returnToCaller } from '../interpreter/calls.ts';
import type { Variables } from '../interpreter/emitter.ts';
import { expect, jump } from '../interpreter/jump-cache.ts';
import type { FunctionBuilder, Label } from '../wasm/function.ts';
import { I64, Type } from '../wasm/opcodes.ts';
import type { Link, LinksOf } from './links.ts';
import type { Region } from './region.ts';
import { executeStub } from './stubs.ts';

/** Indices that the function needs in its module. */
export interface ModuleIndices {
  readonly slow: number;
  readonly far: number;
  readonly through: number;
  readonly confirm: number;
  readonly translatedType: number;
  /** The first function of its own. */
  readonly first: number;
}

export class Departures {
  /** To the interpreter, to go on at the guest address in `va`. */
  far!: Label;
  private readonly f: FunctionBuilder;
  private readonly v: Variables & CallParameters;
  private readonly region: Region;
  private readonly indices: ModuleIndices;
  private readonly links: LinksOf;
  private readonly row: number;

  constructor(
    f: FunctionBuilder,
    v: Variables & CallParameters,
    { region, indices, links }: { region: Region; indices: ModuleIndices; links: LinksOf },
  ) {
    this.f = f;
    this.v = v;
    this.region = region;
    this.indices = indices;
    this.links = links;
    this.row = f.local(Type.i32);
  }

  /** To an offset from the page outside of this region. */
  to(offset: number): void {
    const { f } = this;
    const link = this.links.to(offset);
    if (link && !link.expected) {
      this.enter(link, undefined);
      return;
    }
    this.setAddress(offset);
    if (link) {
      const direct = f.block();
      this.expect(link, direct, undefined);
      f.end();
      this.enter(link, undefined);
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
    this.jump(undefined);
  }

  /** The guest returns to the address in `va`. */
  return(): void {
    returnToCaller(this.f, this.v);
    this.through(undefined);
  }

  /** Calls what is at `target`, or else in `va`, which returns to `next`; false: it never comes back. */
  call(target: number | undefined, next: number): boolean {
    const { f, v } = this;
    if (target !== undefined) this.setAddress(target);
    const link = target === undefined ? undefined : this.links.to(target);
    if (!link && target !== undefined && this.region.isCold(target)) {
      f.br(this.far);
      return false;
    }
    callAndReturn(f, { ...v, result: v.entry }, this.far, () =>
      link ? this.callLink(link, next) : this.jump(next),
    );
    return true;
  }

  private callLink(link: Link, next: number): void {
    const { f } = this;
    if (!link.expected) {
      this.callDirectly(link, next);
      return;
    }
    const called = f.block(Type.i32);
    const direct = f.block();
    this.expect(link, direct, next);
    f.br(called).end();
    this.callDirectly(link, next);
    f.end();
  }

  private callDirectly(link: Link, next: number): void {
    const { f, v } = this;
    const { stub } = link;
    if (!stub) {
      this.enter(link, next);
      return;
    }
    const called = f.block(Type.i32);
    const missing = f.block();
    executeStub(f, v, stub.does, missing);
    if (stub.to) this.callLink(stub.to, next);
    else this.jump(next);
    f.br(called).end();
    this.enter(link, next);
    f.end();
  }

  /** Goes to `direct` if the page behind is still the one that an instruction here has its other half in. */
  expectBehind(direct: Label): void {
    const place = this.links.behind();
    if (!place) return;
    this.setAddress(place.offset);
    expect(this.f, this.v.va, place.link.expected!, this.indices.confirm, direct);
  }

  // Below, `next` is where a call returns to; undefined: it is a jump.

  /** Directly into a function of this module. */
  private enter({ index, which, expected }: Link, next: number | undefined): void {
    const { f } = this;
    f.i32(which);
    this.pushArguments(next, expected !== undefined);
    if (next === undefined) f.returnCall(index);
    else f.call(index);
  }

  /** To `direct` when the function at `va` is the expected one; else into the one that is there. */
  private expect({ expected }: Link, direct: Label, next: number | undefined): void {
    expect(this.f, this.v.va, expected!, this.indices.confirm, direct);
    this.through(next);
  }

  /** To what is at `va`; it is looked up elsewhere, which takes longer and less code. */
  private through(next: number | undefined): void {
    const { f, v, indices } = this;
    f.i32(0);
    countCalls(f, v, next !== undefined);
    f.get(v.va);
    this.pushOthers(next);
    if (next === undefined) f.returnCall(indices.through);
    else f.call(indices.through);
  }

  private jump(next: number | undefined): void {
    const { f, v, row, far } = this;
    jump(f, { ...v, row }, far, () => this.pushArguments(next, true), this.throughTable(next));
  }

  private throughTable(next: number | undefined): () => unknown {
    const { f, indices } = this;
    return () =>
      next === undefined
        ? f.returnCallIndirect(indices.translatedType)
        : f.callIndirect(indices.translatedType);
  }

  /** Of a function at `va`, or on this page, of which the way in is on the stack. */
  private pushArguments(next: number | undefined, atVa: boolean): void {
    const { f, v } = this;
    countCalls(f, v, next !== undefined);
    if (atVa) this.pushPage();
    else f.get(v.page);
    this.pushOthers(next);
  }

  private pushOthers(next: number | undefined): void {
    const { f, v } = this;
    f.get(v.left).get(v.tlb);
    if (next === undefined) f.get(v.returnTo);
    else this.pushAddress(next);
  }

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
