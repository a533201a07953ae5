/** The lines of tar -t and -v. */
import type { Header } from 'tar-stream';
import { permissionText } from '../lib/mode.ts';
import { strftime } from '../lib/strftime.ts';
import type { Zone } from '../lib/zone.ts';

/** A member's header, as far as it is known. */
export type Headers = Pick<Header, 'name'> & Partial<Header>;

const LETTERS: Readonly<Record<string, string>> = {
  directory: 'd',
  symlink: 'l',
  link: 'h',
  fifo: 'p',
  'character-device': 'c',
  'block-device': 'b',
};

/** As wide as owner, group and size together have been: it grows, as the original's does. */
const START_WIDTH = 19;

export class MemberList {
  private readonly zone: Zone;
  private readonly numeric: boolean;
  private width = START_WIDTH;

  constructor(zone: Zone, numeric: boolean) {
    this.zone = zone;
    this.numeric = numeric;
  }

  /** The long line of -tv. */
  line(header: Headers, shownName: string): string {
    const { type, mode = 0, size = 0, mtime, linkname } = header;
    const owner = (!this.numeric && header.uname) || String(header.uid ?? 0);
    const group = (!this.numeric && header.gname) || String(header.gid ?? 0);
    const isDevice = type === 'character-device' || type === 'block-device';
    const amount = isDevice ? `${header.devmajor},${header.devminor}` : String(size);
    const ids = `${owner}/${group}`;
    this.width = Math.max(this.width, ids.length + amount.length + 1);
    const time = strftime('%Y-%m-%d %H:%M', mtime?.getTime() ?? 0, this.zone);
    const target = type === 'symlink' ? ` -> ${linkname}` : type === 'link' ? ` link to ${linkname}` : '';
    const letters = (LETTERS[type ?? 'file'] ?? '-') + permissionText(mode);
    return `${letters} ${ids} ${amount.padStart(this.width - ids.length - 1)} ${time} ${shownName}${target}`;
  }
}
