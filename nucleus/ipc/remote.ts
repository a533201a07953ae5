/**
 * What the local half of IPC asks of the half that talks to other sites, and what it offers to it. The local
 * half never sees links, packets or locations; the remote half never touches queues or threads' waits.
 */
import type { Actor } from '../actors/actor.ts';
import type { Awaitable } from '../awaitable.ts';
import type { Thread } from '../executive/thread.ts';
import type { SiteId, UI } from '../ids/ui.ts';
import type { GroupMember } from './group.ts';
import type { Message, MessageHead } from './message.ts';
import type { Port } from './port.ts';
import type { CallOptions } from './protocol.ts';

export interface RemoteIpc {
  /**
   * Sends towards a port that is not here. Never fails for remote reasons: ipcSend promises nothing. Throws
   * K_EFULL, K_ESIZE.
   */
  send(head: MessageHead, message: Message): void;
  /**
   * At most once. Rejects with K_EABORT (propagated to the serving thread), K_ETIMEOUT, K_EUNREACHABLE
   * (certainly not executed), K_ELINKFAILURE (unknown whether executed), or what the server failed with.
   */
  call(thread: Thread, head: MessageHead, message: Message, options: CallOptions): Promise<Message>;
  /** Members on other reachable sites, as last heard. */
  groupMembers(group: UI): readonly GroupMember[];
  /** Membership on this site changed: tell the others. */
  groupChanged(group: UI, port: UI, present: boolean): void;
  /** The site that a UI's object is on, or undefined when nobody knows. */
  locate(ui: UI): Awaitable<SiteId | undefined>;
  /** Moves a port to an actor of another site (which must have been created there). Returns its new LI. */
  migrate(port: Port, destination: UI, follow: boolean): Promise<{ li: number; sequence: number }>;
  /** A port ceased to be here (deleted or migrated to `movedTo`). */
  portGone(port: UI, movedTo: SiteId | null): void;
  /** A port became known here (created, declared, arrived). */
  portHere(port: UI): void;
  sites(): readonly RemoteSite[];
  close(): Promise<void>;
}

/** One other site as this nucleus sees it. */
export interface RemoteSite {
  readonly site: SiteId;
  readonly name: string;
  readonly address: string;
  readonly up: boolean;
  readonly epoch: number;
}

/** Called when a site becomes reachable or is lost. */
export type SiteListener = (site: SiteId, up: boolean) => void;

/** A port on its way between two actors, as migration hands it over. */
export interface ArrivingPort {
  readonly ui: UI;
  readonly actor: Actor;
  readonly groups: readonly UI[];
}
