/** The network interfaces that a site shows: the loopback, and one with the site's own address. */
import type { SiteId } from '../../nucleus/ids/ui.ts';
import type { NetworkInterface } from '../../subsystems/unix/sockets.ts';
import { LOOPBACK4, LOOPBACK6, siteHost } from './network.ts';

/** IFF_ flags, netdevice(7). */
const UP = 0x1;
const BROADCAST = 0x2;
const LOOPBACK = 0x8;
const RUNNING = 0x40;
const MULTICAST = 0x1000;
const LOWER_UP = 0x10000;
/** ARPHRD_LOOPBACK, ARPHRD_ETHER. */
const TYPE_LOOPBACK = 772;
const TYPE_ETHER = 1;

export function interfacesOf(site: SiteId): NetworkInterface[] {
  return [
    {
      name: 'lo',
      index: 1,
      type: TYPE_LOOPBACK,
      flags: UP | LOOPBACK | RUNNING | LOWER_UP,
      mtu: 65_536,
      hardware: new Uint8Array(6),
      addresses: [
        { host: LOOPBACK4, prefix: 8 },
        { host: LOOPBACK6, prefix: 128 },
      ],
    },
    {
      name: 'eth0',
      index: 2,
      type: TYPE_ETHER,
      flags: UP | BROADCAST | RUNNING | MULTICAST | LOWER_UP,
      mtu: 65_536,
      // Locally administered: its last bytes are those of the address.
      hardware: Uint8Array.of(2, 0, 10, 0, site >> 8, site & 0xff),
      addresses: [{ host: siteHost(site), prefix: 16 }],
    },
  ];
}
