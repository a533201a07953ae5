/** ioctls of sockets: what netdevice(7) asks about interfaces. They can be looked at, and not be changed. */
import { type Awaitable, isPromise } from '../../../nucleus/awaitable.ts';
import { SysError } from '../errno.ts';
import { parseIpv4 } from '../inet.ts';
import { AF, type NetworkInterface } from '../sockets.ts';
import type { Caller, LinuxCall } from './caller.ts';

/** struct ifreq: a name of 16 bytes and a union of 24. */
const IFREQ_BYTES = 40;
const NAME_BYTES = 16;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

function then<T, R>(value: Awaitable<T>, use: (value: T) => Awaitable<R>): Awaitable<R> {
  return isPromise(value) ? value.then(use) : use(value);
}

const interfacesOf = (c: Caller): Awaitable<NetworkInterface[]> =>
  then(c.sys.ioctl(c.int(0), 'SIOCGIFCONF'), (list) => list as NetworkInterface[]);

/** struct sockaddr_in without a port. */
function address(host: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes[0] = AF.INET;
  bytes.set(host, 4);
  return bytes;
}

/** The IPv4 address of an interface, and its mask. */
function v4Of({ addresses }: NetworkInterface): { host: Uint8Array; mask: Uint8Array } | undefined {
  for (const { host, prefix } of addresses) {
    const bytes = parseIpv4(host);
    if (!bytes) continue;
    const mask = Uint8Array.from([0, 8, 16, 24], (from) => 0xff00 >> Math.min(8, Math.max(0, prefix - from)));
    return { host: bytes, mask };
  }
  return undefined;
}

const word = (value: number): Uint8Array => new Uint8Array(Int32Array.of(value).buffer);

/** A request by name: what goes into the union. Throws ENODEV, EADDRNOTAVAIL. */
function byName(answer: (found: NetworkInterface) => Uint8Array | undefined): LinuxCall {
  return (c) => {
    const va = c.ptr(2);
    const bytes = c.memory.read(va, NAME_BYTES);
    c.memory.prepareWrite(va, IFREQ_BYTES);
    const end = bytes.indexOf(0);
    const name = decoder.decode(end < 0 ? bytes : bytes.subarray(0, end));
    return then(interfacesOf(c), (all) => {
      const found = all.find((one) => one.name === name);
      if (!found) throw new SysError('ENODEV');
      const value = answer(found);
      if (!value) throw new SysError('EADDRNOTAVAIL');
      return then(c.memory.store(va + NAME_BYTES, value), () => 0);
    });
  };
}

/** SIOCGIFNAME: the name of an index. */
function nameOfIndex(c: Caller): Awaitable<number> {
  const va = c.ptr(2);
  const index = c.memory.i32(va + NAME_BYTES);
  c.memory.prepareWrite(va, NAME_BYTES);
  return then(interfacesOf(c), (all) => {
    const found = all.find((one) => one.index === index);
    if (!found) throw new SysError('ENODEV');
    return then(c.memory.store(va, encoder.encode(found.name.padEnd(NAME_BYTES, '\0'))), () => 0);
  });
}

/** SIOCGIFCONF: struct ifconf {int length; char *buffer}: interfaces with an IPv4 address. */
function configuration(c: Caller): Awaitable<number> {
  const va = c.ptr(2);
  const [room, buffer] = [c.memory.i32(va), c.memory.u64(va + 8)];
  c.memory.prepareWrite(va, 4);
  return then(interfacesOf(c), (all) => {
    const named = all.flatMap((one) => {
      const v4 = v4Of(one);
      if (!v4) return [];
      const bytes = new Uint8Array(IFREQ_BYTES);
      bytes.set(encoder.encode(one.name));
      bytes.set(address(v4.host), NAME_BYTES);
      return [bytes];
    });
    const count =
      buffer === 0 ? named.length : Math.min(named.length, Math.max(0, Math.floor(room / IFREQ_BYTES)));
    const bytes = Buffer.concat(named.slice(0, count));
    const stored = buffer === 0 || count === 0 ? undefined : c.memory.store(buffer, bytes);
    return then(stored, () => then(c.memory.store(va, word(bytes.length)), () => 0));
  });
}

/** struct sockaddr with a hardware address. */
function hardware({ type, hardware: bytes }: NetworkInterface): Uint8Array {
  const result = new Uint8Array(16);
  new DataView(result.buffer).setUint16(0, type, true);
  result.set(bytes, 2);
  return result;
}

function broadcast(found: NetworkInterface): Uint8Array | undefined {
  const v4 = v4Of(found);
  return v4 && address(v4.host.map((byte, i) => byte | (~v4.mask[i]! & 0xff)));
}

/** By number (asm-generic). */
export const SOCKET_REQUESTS: readonly (readonly [number, LinuxCall])[] = [
  [0x8910, nameOfIndex],
  [0x8912, configuration],
  [0x8913, byName(({ flags }) => new Uint8Array(Uint16Array.of(flags & 0xffff).buffer))],
  [0x8915, byName((found) => v4Of(found) && address(v4Of(found)!.host))],
  [0x8919, byName(broadcast)],
  [0x891b, byName((found) => v4Of(found) && address(v4Of(found)!.mask))],
  [0x891d, byName(() => word(0))],
  [0x8921, byName(({ mtu }) => word(mtu))],
  [0x8927, byName(hardware)],
  [0x8933, byName(({ index }) => word(index))],
];
