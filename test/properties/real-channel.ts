import {
  channel,
  type ChannelSlot,
  type ChannelStats,
  type Overflow,
  type Receiver,
  type Sender,
} from "corral";
import { Callers, type From } from "./callers.ts";

export class Failure extends Error {
  override readonly name = "Failure";
}

/** A channel with all its ends, and those who use it. */
export class RealChannel {
  readonly callers: Callers = new Callers();
  readonly undelivered: number[] = [];
  readonly senders: Sender<number>[];
  readonly receivers: Receiver<number>[];
  /** The places that were reserved, in the order in which their callers heard. */
  readonly slots: ChannelSlot<number>[] = [];

  constructor(capacity: number, overflow: Overflow) {
    const onUndelivered = (item: number): void => void this.undelivered.push(item);
    const [sender, receiver] = channel<number>(capacity, { overflow, onUndelivered });
    this.senders = [sender];
    this.receivers = [receiver];
  }

  stats(): ChannelStats {
    return this.senders[0]!.stats();
  }

  send(id: number, item: number, end: number, from: From): void {
    const sent = this.callers.in(from, (options) => this.senders[end]!.send(item, options));
    this.callers.listen(id, sent);
  }

  reserve(id: number, end: number, from: From): void {
    const got = this.callers.in(from, (options) => this.senders[end]!.reserve(options));
    this.callers.listen(id, got, (slot) => {
      this.slots.push(slot);
      return "served";
    });
  }

  receive(id: number, wants: "receive" | "next", end: number, from: From): void {
    const receiver = this.receivers[end]!;
    if (wants === "receive") {
      const got = this.callers.in(from, (options) => receiver.receive(options));
      this.callers.listen(id, got, String);
    } else {
      const got = this.callers.in(from, (options) => receiver.values(options).next());
      this.callers.listenLate(id, got, ({ value }) => String(value ?? "end"));
    }
  }

  /** What something gives at once, in the reference's words. */
  attempt(fn: () => unknown): string {
    try {
      const result = fn();
      if (result === undefined || result === false) return "no";
      return typeof result === "object" && "value" in result! ? String(result.value) : "yes";
    } catch (error) {
      return (error as Error).name;
    }
  }
}
