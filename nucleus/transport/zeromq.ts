/**
 * Transport between processes and machines: ZeroMQ. A site binds one Router; towards each site that it calls
 * it has one Dealer, and whoever was called answers on the same connection, so one socket pair per pair of
 * sites is enough.
 *
 * What ZeroMQ gives is moved frames and word of broken connections (the Router's disconnect message, the
 * Dealer's socket events; both work within milliseconds of a SIGKILL). What it loses, doubles or keeps for a
 * dead peer is the link's business. Sockets take one send at a time, so each has a queue of its own here,
 * bounded.
 *
 * Addresses: `ipc:///path/of/socket`, `tcp://host:port?curve=<public key>`. Over tcp beyond the own machine
 * CURVE keys are required: a site admits only peers whose public key it was told (its own key always: sites
 * of one system may share one key pair). Only usable on the main thread: the library aborts the process when
 * a worker is stopped while it receives.
 */
import { existsSync, unlinkSync } from 'node:fs';
import type { Context, Dealer, Reply, Router } from 'zeromq';
import type { SiteId } from '../ids/ui.ts';
import type { Transport, TransportListener } from './transport.ts';

/** CURVE keys in Z85. */
export interface CurveKeys {
  readonly publicKey: string;
  readonly secretKey: string;
  /** Public keys of peers to admit, besides our own. */
  readonly trusted?: readonly string[];
}

export interface ZeroMqOptions {
  readonly site: SiteId;
  /** `ipc://` and a path of at most 100 characters, or `tcp://interface:port` (port * for any free one). */
  readonly address: string;
  readonly curve?: CurveKeys;
  /** Interval of ZeroMQ's own heartbeats; a connection silent for three of them is broken. */
  readonly heartbeatMs?: number;
}

const HEARTBEAT_MS = 1000;
/** ZMQ_DISCONNECT_MSG: what a Router says in a peer's name when the connection breaks. */
const DISCONNECT_MSG = 111;
const BYE = Buffer.from([0]);
/** First byte of the greeting that names the sending site: [1, site (16 bits)]. */
const GREETING = 1;
const QUEUE_BYTES_MAX = 64 * 1024 * 1024;
const HIGH_WATER_MARK = 8192;
const MESSAGE_BYTES_MAX = 128 * 1024 * 1024;
const IPC_PATH_MAX = 100;
const ZAP_ENDPOINT = 'inproc://zeromq.zap.01';

type ZeroMq = typeof import('zeromq');
type Parts = readonly Uint8Array[];

/** A socket that sends one message at a time, in order, and loses what does not fit. */
class Outlet {
  lost = 0;
  private readonly socket: Dealer | Router;
  private queue: Parts[] = [];
  private bytes = 0;
  private busy = false;

  constructor(socket: Dealer | Router) {
    this.socket = socket;
  }

  send(parts: Parts): void {
    if (this.busy) {
      let size = 0;
      for (const part of parts) size += part.length;
      if (this.bytes + size > QUEUE_BYTES_MAX) {
        this.lost += 1;
        return;
      }
      this.bytes += size;
      this.queue.push(parts);
      return;
    }
    this.busy = true;
    this.socket.send(parts as Buffer[]).then(this.next, this.failed);
  }

  private readonly next = (): void => {
    if (this.queue.length === 0) {
      this.busy = false;
      return;
    }
    const parts = this.queue.shift()!;
    for (const part of parts) this.bytes -= part.length;
    this.socket.send(parts as Buffer[]).then(this.next, this.failed);
  };

  private readonly failed = (): void => {
    this.lost += 1;
    if (this.socket.closed) this.queue = [];
    this.next();
  };
}

/** One way to a site: through our Dealer, or back through our Router to theirs. */
interface Path {
  readonly kind: 'dealer' | 'router';
  readonly outlet: Outlet;
  /** The peer's routing id, on a Router. */
  readonly id: Buffer | null;
  site: SiteId | null;
}

function sameBytes(a: Buffer, b: Buffer): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function greeting(site: SiteId): Buffer {
  const frame = Buffer.alloc(3);
  frame[0] = GREETING;
  frame.writeUInt16LE(site, 1);
  return frame;
}

/** Splits `tcp://host:port?curve=key`. */
function parseAddress(address: string): { endpoint: string; serverKey: string | undefined } {
  const at = address.indexOf('?curve=');
  if (at < 0) return { endpoint: address, serverKey: undefined };
  return { endpoint: address.slice(0, at), serverKey: decodeURIComponent(address.slice(at + 7)) };
}

function checkAddress(address: string, curve: CurveKeys | undefined): void {
  const { endpoint } = parseAddress(address);
  if (endpoint.startsWith('ipc://')) {
    if (endpoint.length - 6 > IPC_PATH_MAX) throw new RangeError(`socket path too long: ${endpoint}`);
    return;
  }
  if (!endpoint.startsWith('tcp://')) throw new RangeError(`neither ipc:// nor tcp://: ${address}`);
  const local = /^tcp:\/\/(127\.\d+\.\d+\.\d+|localhost|\[::1\]|lo)[:/]/.test(endpoint);
  if (!local && !curve) throw new RangeError(`CURVE keys are required beyond this machine: ${endpoint}`);
}

/**
 * Makes the transport and binds its address. Throws RangeError for a bad address, and what binding throws.
 */
export async function zeromqTransport(options: ZeroMqOptions): Promise<Transport> {
  checkAddress(options.address, options.curve);
  const zmq = await import('zeromq');
  const transport = new ZeroMqTransport(zmq, options);
  await transport.bind();
  return transport;
}

/** A new pair of CURVE keys (Z85). */
export async function newCurveKeys(): Promise<CurveKeys> {
  return (await import('zeromq')).curveKeyPair();
}

/** What all sockets of a transport have in common. */
export function socketOptions(context: Context, heartbeatMs = HEARTBEAT_MS) {
  return {
    context,
    linger: 0,
    sendHighWaterMark: HIGH_WATER_MARK,
    receiveHighWaterMark: HIGH_WATER_MARK,
    sendTimeout: 0,
    maxMessageSize: MESSAGE_BYTES_MAX,
    heartbeatInterval: heartbeatMs,
    heartbeatTimeout: heartbeatMs * 3,
  };
}

class ZeroMqTransport implements Transport {
  readonly site: SiteId;
  address: string;
  private readonly zmq: ZeroMq;
  private readonly options: ZeroMqOptions;
  private readonly context: Context;
  private readonly router: Router;
  private readonly routerOutlet: Outlet;
  private readonly dealers = new Map<string, Dealer>();
  private readonly outlets: Outlet[] = [];
  private readonly routerPaths = new Map<string, Path>();
  private lastPath: Path | null = null;
  /** Usable ways to each site, best first. */
  private readonly paths = new Map<SiteId, Path[]>();
  private zap: Reply | null = null;
  private listener: TransportListener | null = null;
  private closed = false;

  constructor(zmq: ZeroMq, options: ZeroMqOptions) {
    this.zmq = zmq;
    this.options = options;
    this.site = options.site;
    this.address = options.address;
    this.context = new zmq.Context();
    const SiteRouter = class extends zmq.Router {
      announceDisconnects(): this {
        this.setStringOption(DISCONNECT_MSG, BYE);
        return this;
      }
    };
    this.router = new SiteRouter({
      ...this.common(),
      mandatory: true,
      handover: true,
      ...(options.curve && { curveServer: true, curveSecretKey: options.curve.secretKey }),
    }).announceDisconnects();
    this.routerOutlet = new Outlet(this.router);
    this.outlets.push(this.routerOutlet);
  }

  private common() {
    return socketOptions(this.context, this.options.heartbeatMs);
  }

  async bind(): Promise<void> {
    if (this.options.curve) await this.guard(this.options.curve);
    const { endpoint } = parseAddress(this.options.address);
    this.removeSocketFile(endpoint);
    await this.router.bind(endpoint);
    const bound = this.router.lastEndpoint ?? endpoint;
    const key = this.options.curve ? `?curve=${encodeURIComponent(this.options.curve.publicKey)}` : '';
    this.address = bound + key;
  }

  /** A site that was killed left its socket file behind. */
  private removeSocketFile(endpoint: string): void {
    if (!endpoint.startsWith('ipc://')) return;
    const path = endpoint.slice('ipc://'.length);
    if (existsSync(path)) unlinkSync(path);
  }

  /** ZAP (ZeroMQ RFC 27): admits peers by their public key. */
  private async guard(curve: CurveKeys): Promise<void> {
    const { zmq } = this;
    const admitted = new Set([curve.publicKey, ...(curve.trusted ?? [])]);
    const zap = new zmq.Reply({ context: this.context, linger: 0 });
    await zap.bind(ZAP_ENDPOINT);
    this.zap = zap;
    const answer = async (): Promise<void> => {
      for await (const [version, id, , , , mechanism, key] of zap) {
        const good = String(mechanism) === 'CURVE' && key?.length === 32 && admitted.has(z85(key));
        const status = good ? ['200', 'OK'] : ['400', 'unknown key'];
        await zap.send([version ?? '1.0', id ?? '', ...status, '', '']);
      }
    };
    answer().catch(() => {});
  }

  // --- reception -------------------------------------------------------------------------------------------

  listen(listener: TransportListener): void {
    this.listener = listener;
    void this.receiveFromRouter();
  }

  /**
   * To ask the socket again costs system calls: between two messages, whoever waited for the first goes on,
   * and perhaps sends.
   */
  private async receiveFromRouter(): Promise<void> {
    const { router } = this;
    while (!router.closed) {
      let parts: Buffer[];
      try {
        parts = (await router.receive()) as Buffer[];
      } catch {
        if (this.closed) return;
        continue;
      }
      const id = parts.shift();
      if (id) this.fromRouter(id, parts);
      await undefined;
    }
  }

  private fromRouter(id: Buffer, parts: Buffer[]): void {
    const first = parts[0];
    if (!first) return;
    const path = this.routerPath(id);
    if (parts.length === 1 && first.length === 1 && first[0] === BYE[0]) {
      if (path) this.pathLost(path);
    } else if (first[0] === GREETING && first.length === 3) {
      const fresh = path ?? { kind: 'router', outlet: this.routerOutlet, id: Buffer.from(id), site: null };
      this.routerPaths.set(id.toString('latin1'), fresh);
      this.pathFound(fresh, first.readUInt16LE(1));
      this.routerOutlet.send([fresh.id!, greeting(this.site)]);
    } else if (path) this.arrived(path, parts);
  }

  /** Who spoke last mostly speaks again: then no name is made of the bytes of the routing id. */
  private routerPath(id: Buffer): Path | undefined {
    const last = this.lastPath;
    if (last?.id && sameBytes(last.id, id)) return last;
    const path = this.routerPaths.get(id.toString('latin1'));
    if (path) this.lastPath = path;
    return path;
  }

  private async receiveFromDealer(dealer: Dealer, path: Path): Promise<void> {
    while (!dealer.closed) {
      let parts: Buffer[];
      try {
        parts = (await dealer.receive()) as Buffer[];
      } catch {
        if (dealer.closed) return;
        continue;
      }
      const first = parts[0];
      if (first?.[0] === GREETING && first.length === 3) this.pathFound(path, first.readUInt16LE(1));
      else if (first) this.arrived(path, parts);
      await undefined;
    }
  }

  private arrived(path: Path, parts: Buffer[]): void {
    if (path.site === null) return;
    // A path declared lost that still speaks is not lost.
    if (!this.paths.get(path.site)?.includes(path)) this.pathFound(path, path.site);
    this.listener?.onFrames(path.site, parts);
  }

  // --- paths -----------------------------------------------------------------------------------------------

  private pathFound(path: Path, site: SiteId): void {
    if (site === this.site) return;
    if (path.site !== null && path.site !== site) this.pathLost(path);
    path.site = site;
    const others = (this.paths.get(site) ?? []).filter((other) => other.kind !== path.kind);
    const paths = path.kind === 'dealer' ? [path, ...others] : [...others, path];
    this.paths.set(site, paths);
    if (!this.closed) this.listener?.onPeer(site, true);
  }

  private pathLost(path: Path): void {
    const { site } = path;
    if (site === null) return;
    const left = (this.paths.get(site) ?? []).filter((other) => other !== path);
    const had = this.paths.get(site)?.includes(path) === true;
    if (left.length > 0) this.paths.set(site, left);
    else this.paths.delete(site);
    if (had && left.length === 0 && !this.closed) this.listener?.onPeer(site, false);
  }

  connect(address: string): void {
    if (this.closed || this.dealers.has(address) || address === this.address) return;
    const { endpoint, serverKey } = parseAddress(address);
    const { curve } = this.options;
    const dealer = new this.zmq.Dealer({
      ...this.common(),
      routingId: `${this.site}.${Math.random().toString(36).slice(2)}`,
      immediate: true,
      reconnectInterval: 50,
      reconnectMaxInterval: 1000,
      ...(serverKey &&
        curve && {
          curveServerKey: serverKey,
          curvePublicKey: curve.publicKey,
          curveSecretKey: curve.secretKey,
        }),
    });
    const outlet = new Outlet(dealer);
    const path: Path = { kind: 'dealer', outlet, id: null, site: null };
    dealer.events.on('handshake', () => outlet.send([greeting(this.site)]));
    dealer.events.on('disconnect', () => this.pathLost(path));
    // Only now: events are not kept for those who listen later.
    try {
      dealer.connect(endpoint);
    } catch (error) {
      dealer.close();
      throw error;
    }
    this.dealers.set(address, dealer);
    this.outlets.push(outlet);
    void this.receiveFromDealer(dealer, path);
  }

  send(to: SiteId, frames: Parts): void {
    const path = this.paths.get(to)?.[0];
    if (!path) this.unroutable += 1;
    else if (path.id === null) path.outlet.send(frames);
    else if (frames.length === 1) path.outlet.send([path.id, frames[0]!]);
    else path.outlet.send([path.id, ...frames]);
  }

  private unroutable = 0;

  get lost(): number {
    return this.outlets.reduce((sum, outlet) => sum + outlet.lost, this.unroutable);
  }

  peers(): readonly SiteId[] {
    return [...this.paths.keys()];
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    // What was said last (that we leave) gets one turn to go out: sockets do not linger.
    await new Promise((resolve) => setTimeout(resolve, 5));
    for (const dealer of this.dealers.values()) dealer.close();
    this.router.close();
    this.zap?.close();
    this.removeSocketFile(parseAddress(this.address).endpoint);
  }
}

const Z85 = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';

/** Z85 text of a byte string whose length is a multiple of four (ZeroMQ RFC 32). */
function z85(data: Uint8Array): string {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  let text = '';
  for (let at = 0; at + 4 <= data.length; at += 4) {
    const word = view.getUint32(at);
    for (let divisor = 85 ** 4; divisor >= 1; divisor /= 85) text += Z85[Math.floor(word / divisor) % 85];
  }
  return text;
}
