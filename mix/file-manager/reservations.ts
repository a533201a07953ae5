/**
 * Ranges of files that writes of several messages will fill. A write call is one act (POSIX write(2)): its
 * first message reserves the whole range, so that appends and writes through a shared offset go behind it,
 * from whatever site they come; its later messages say where they belong.
 *
 * A reservation ends with its last byte, when the writer gives the rest back, or with the writer's site.
 */
import type { Ino } from '../../drivers/volume.ts';
import type { SiteId } from '../../nucleus/ids/ui.ts';
import type { Handle } from './handles.ts';

interface Reservation {
  readonly handle: Handle;
  readonly site: SiteId;
  readonly start: number;
  readonly end: number;
}

export class Reservations {
  private readonly byIno = new Map<Ino, Reservation[]>();

  /** Where an append begins: behind the bytes there are and those to come. */
  appendOffset(ino: Ino, size: number): number {
    let end = size;
    if (this.byIno.size === 0) return end;
    for (const reservation of this.byIno.get(ino) ?? []) end = Math.max(end, reservation.end);
    return end;
  }

  add(handle: Handle, site: SiteId, start: number, end: number): void {
    const list = this.byIno.get(handle.ino);
    const reservation = { handle, site, start, end };
    if (list) list.push(reservation);
    else this.byIno.set(handle.ino, [reservation]);
  }

  /** The range is written up to `offset`. */
  written(handle: Handle, site: SiteId, offset: number): void {
    const found = this.find(handle, site, offset);
    if (found?.end === offset) this.remove(found);
  }

  /** The writer stops at `offset`: a shared offset that nobody moved meanwhile goes back there. */
  abandon(handle: Handle, site: SiteId, offset: number): void {
    const found = this.find(handle, site, offset);
    if (!found) return;
    this.remove(found);
    if (handle.offset === found.end) handle.offset = offset;
  }

  /** A site was lost, or the last reference of it to `handle` went. */
  drop(site: SiteId, handle?: Handle): void {
    if (this.byIno.size === 0) return;
    for (const list of [...this.byIno.values()]) {
      for (const entry of [...list]) {
        if (entry.site === site && (handle === undefined || entry.handle === handle)) this.remove(entry);
      }
    }
  }

  private find(handle: Handle, site: SiteId, offset: number): Reservation | undefined {
    return this.byIno
      .get(handle.ino)
      ?.find(
        (entry) =>
          entry.handle === handle && entry.site === site && entry.start <= offset && offset <= entry.end,
      );
  }

  private remove(reservation: Reservation): void {
    const { ino } = reservation.handle;
    const rest = this.byIno.get(ino)?.filter((entry) => entry !== reservation) ?? [];
    if (rest.length > 0) this.byIno.set(ino, rest);
    else this.byIno.delete(ino);
  }
}
