/** The part of an EventEmitter that a pool's client is, beside what its type tells. */
interface Emitter {
  listeners?(event: "error"): readonly ((error: Error) => void)[];
  off?(event: "error", listener: (error: Error) => void): void;
}

/**
 * Has its pool close a client. The pool listens to it again from then on, and would tell of an error that comes
 * before it is closed, which ends the process if nobody listens to the pool. Nobody uses it any more.
 */
export function giveUp(client: { release(error: boolean): void }): void {
  const emitter: Emitter = client as object;
  const before = emitter.listeners?.("error") ?? [];
  client.release(true);
  for (const listener of emitter.listeners?.("error") ?? []) {
    if (!before.includes(listener)) emitter.off?.("error", listener);
  }
}
