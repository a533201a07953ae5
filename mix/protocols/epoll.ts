/**
 * What a Process Manager that has an epoll instance is asked beside the object protocol (poll, fstat, hold,
 * release): its interests and what is ready. `target` is the capability of an open object; the descriptor
 * that it was registered by is part of its name, as epoll_ctl(2) has it.
 */
import { operation, protocol } from '../../nucleus/ipc/protocol.ts';
import { bytes, key, list, num, oneOf, opt, rec, ui, uint } from '../../nucleus/ipc/schema.ts';
import { unixFaults } from './faults.ts';

/** Poll and Epoll bits, and eight bytes of the caller's. */
const event = rec({ events: uint, data: bytes });

export const EpollProtocol = protocol('epoll', unixFaults, {
  create: operation({}, { key }),
  ctl: operation(
    { key, operation: oneOf('add', 'modify', 'delete'), fd: uint, port: ui, target: key, event: opt(event) },
    {},
  ),
  wait: operation({ key, max: uint, timeoutMs: num }, { ready: list(event) }),
});

export type EpollSpecs = (typeof EpollProtocol)['specs'];
