/**
 * Unique identifiers: 64 bits {creation site 13, type 3, epoch 16, counter 32}, unique in space and time: the
 * epoch changes at each boot of a site, so counters that restart do not re-issue old names.
 *
 * Represented as 16 hexadecimal digits: cheap as a map key, cheap to encode, readable in a trace
 * (`sstt eeee cccccccc`: the first four digits are site << 3 | type).
 */
export type SiteId = number;
export type UI = string & { readonly __brand: 'UI' };

/** What a UI names. Static ports are declared with a chosen UI and cannot migrate. */
export const UiType = {
  segment: 0,
  port: 1,
  staticPort: 2,
  dynamicGroup: 3,
  staticUserGroup: 4,
  staticSystemGroup: 5,
  site: 6,
  actor: 7,
} as const;
export type UiTypeCode = (typeof UiType)[keyof typeof UiType];

export const SITE_MAX = 0x1fff;
export const EPOCH_MAX = 0xffff;

const DIGIT_NINE = 0x39;
const LETTER_A = 0x61;

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

/** uiBuild(2K). Throws RangeError when a field does not fit. */
export function uiBuild(type: UiTypeCode, site: SiteId, epoch: number, counter: number): UI {
  if (site < 0 || site > SITE_MAX || epoch < 0 || epoch > EPOCH_MAX)
    throw new RangeError('UI field out of range');
  return (hex((site << 3) | type, 4) + hex(epoch, 4) + hex(counter >>> 0, 8)) as UI;
}

/** The UI that every site declares by default: the co-target that means "on this site". */
export function uiSite(site: SiteId): UI {
  return uiBuild(UiType.site, site, 0, 0);
}

/** The creation site in a UI: a hint where to look for it first. 0 for static groups. */
export function uiCreationSite(ui: UI): SiteId {
  return Number.parseInt(ui.slice(0, 4), 16) >>> 3;
}

export function uiType(ui: UI): UiTypeCode {
  // The low bits of the fourth digit: every call asks, so no text is cut out and parsed.
  const digit = ui.charCodeAt(3);
  return ((digit <= DIGIT_NINE ? digit : digit - LETTER_A + 10) & 7) as UiTypeCode;
}

export function uiEpoch(ui: UI): number {
  return Number.parseInt(ui.slice(4, 8), 16);
}

export function isGroupUi(ui: UI): boolean {
  const type = uiType(ui);
  return type >= UiType.dynamicGroup && type <= UiType.staticSystemGroup;
}

export function isUi(value: unknown): value is UI {
  return typeof value === 'string' && /^[0-9a-f]{16}$/.test(value);
}

/** Issues the UIs of one site and epoch. */
export class UiIssuer {
  readonly site: SiteId;
  readonly epoch: number;
  private counter = 0;

  constructor(site: SiteId, epoch: number) {
    this.site = site;
    this.epoch = epoch;
  }

  next(type: UiTypeCode): UI {
    this.counter += 1;
    return uiBuild(type, this.site, this.epoch, this.counter);
  }
}
