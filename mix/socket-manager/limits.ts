/** Every bound that a Socket Manager keeps, with the error that passing it gives. */
export const SocketManagerLimits = {
  /** Sockets on one manager: ENFILE. */
  SOCKETS_MAX: 65536,
  /** Bytes that wait at a socket, unless SO_RCVBUF says otherwise; and what SO_SNDBUF begins with. */
  BUFFER_BYTES: 212_992,
  /** The least and most that SO_SNDBUF and SO_RCVBUF can say. */
  BUFFER_BYTES_MIN: 2304,
  BUFFER_BYTES_MAX: 4_194_304,
  /** One datagram or record: EMSGSIZE. What one message between sites carries. */
  DATAGRAM_BYTES: 65_536,
  /** One datagram of UDP: EMSGSIZE. */
  UDP_BYTES: 65_507,
  /** Datagrams that wait at a socket, however small: further ones wait, or are dropped (UDP). */
  DATAGRAMS_QUEUED: 512,
  /** What a message costs in a buffer beside its bytes: so empty ones fill it as well. */
  MESSAGE_OVERHEAD: 64,
  /** Open objects under way in messages of one manager: ETOOMANYREFS. */
  RIGHTS_IN_FLIGHT: 16_384,
  /** Bytes of one read or receive: a short one. */
  READ_BYTES: 65_536,
  /** Abstract names and bound nodes that one manager keeps: ENOBUFS. */
  NAMES_MAX: 65_536,
  /** Ports that connect(2) and bind(2) to port 0 take: EADDRINUSE (EADDRNOTAVAIL) when none is free. */
  EPHEMERAL_FIRST: 32_768,
  EPHEMERAL_LAST: 60_999,
  /** Ports below need root: EACCES. */
  PRIVILEGED_BELOW: 1024,
} as const;
