/**
 * The one network of the system: a loopback that every site is on. 127.0.0.0/8 and ::1 are the system's own;
 * each site has an address besides, 10.0.0.N for site N (10.0.1.0 follows 10.0.0.255). There is no other
 * network, and none of the host's.
 *
 * Hosts are compared in canonical text: IPv4 in four numbers, also where IPv6 wrote it as ::ffff:a.b.c.d.
 */
import { SITE_MAX, type SiteId } from '../../nucleus/ids/ui.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import { formatIpv4, formatIpv6, mappedIpv4, parseIpv4, parseIpv6 } from '../../subsystems/unix/inet.ts';
import { AF, type SocketAddress } from '../../subsystems/unix/sockets.ts';

export const ANY4 = '0.0.0.0';
export const ANY6 = '::';
export const LOOPBACK4 = '127.0.0.1';
export const LOOPBACK6 = '::1';

/** The address of a site. */
export const siteHost = (site: SiteId): string => `10.0.${site >> 8}.${site & 0xff}`;

/** The site that an address is of; undefined for another address. */
export function siteOfHost(host: string): SiteId | undefined {
  const bytes = parseIpv4(host);
  if (bytes?.[0] !== 10 || bytes[1] !== 0) return undefined;
  const site = (bytes[2]! << 8) | bytes[3]!;
  return site >= 1 && site <= SITE_MAX ? site : undefined;
}

/** Throws EINVAL for what is no address. */
export function canonicalHost(family: number, host: string): string {
  if (family === AF.INET) {
    const bytes = parseIpv4(host);
    if (!bytes) throw new SysError('EINVAL');
    return formatIpv4(bytes);
  }
  const bytes = parseIpv6(host);
  if (!bytes) throw new SysError('EINVAL');
  const v4 = mappedIpv4(bytes);
  return v4 ? formatIpv4(v4) : formatIpv6(bytes);
}

export const isV4 = (host: string): boolean => !host.includes(':');
export const isAny = (host: string): boolean => host === ANY4 || host === ANY6;
export const isLoopback = (host: string): boolean =>
  host === LOOPBACK6 || (isV4(host) && host.startsWith('127.'));

/** The host that a connection towards `host` really goes to. */
export const concrete = (host: string): string =>
  host === ANY4 ? LOOPBACK4 : host === ANY6 ? LOOPBACK6 : host;

/** The host that a site speaks from, towards `to`. */
export function sourceHost(site: SiteId, to: string): string {
  const host = concrete(to);
  if (host === LOOPBACK6) return LOOPBACK6;
  return isLoopback(host) ? LOOPBACK4 : siteHost(site);
}

/** An address as a socket of `family` writes it. */
export function inFamily(family: number, host: string, port: number): SocketAddress {
  return { family, host: family === AF.INET6 && isV4(host) ? `::ffff:${host}` : host, port };
}
