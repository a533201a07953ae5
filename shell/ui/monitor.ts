/** What the status line tells: asked of the sites once a second, and at once when a site comes or goes. */
import type { Nucleus } from '../../nucleus/nucleus.ts';
import type { Carrier, SiteState } from '../api/carrier.ts';
import { survey } from '../api/survey.ts';

const PERIOD_MS = 1000;

export interface Figures {
  sites: readonly SiteState[];
  processes: number | undefined;
  messagesPerSecond: number | undefined;
}

export class Monitor {
  figures: Figures;
  private readonly carrier: Carrier;
  private readonly nucleus: Nucleus;
  private readonly onChange: () => void;
  private readonly forget: () => void;
  private timer: NodeJS.Timeout | undefined;
  private messages: { total: number; atMs: number } | undefined;
  private closed = false;

  constructor(carrier: Carrier, onChange: () => void) {
    this.carrier = carrier;
    this.nucleus = carrier.home.nucleus;
    this.onChange = onChange;
    this.figures = { sites: carrier.sites(), processes: undefined, messagesPerSecond: undefined };
    this.forget = this.nucleus.onSite(() => {
      this.figures = { ...this.figures, sites: carrier.sites() };
      onChange();
    });
    void this.ask();
  }

  private async ask(): Promise<void> {
    const sites = this.carrier.sites();
    const accounts = await survey(
      this.nucleus,
      sites.filter((site) => site.up).map(({ site }) => site),
    );
    if (this.closed) return;
    let processes = 0;
    let total = 0;
    for (const account of accounts.values()) {
      processes += account.processes;
      total += account.calls + account.sends;
    }
    const atMs = performance.now();
    const { messages } = this;
    // Counters of a lost site are gone from the sum: no rate for that moment.
    const rate =
      messages && total >= messages.total
        ? ((total - messages.total) * 1000) / (atMs - messages.atMs)
        : undefined;
    this.messages = { total, atMs };
    this.figures = { sites: this.carrier.sites(), processes, messagesPerSecond: rate && Math.round(rate) };
    this.onChange();
    this.timer = setTimeout(() => void this.ask(), PERIOD_MS);
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.forget();
  }
}
