import type { ChannelSlot, Clause, Permit, Receiver, Semaphore, Sender } from "corral";
import { Cancelling } from "./cancelling.ts";
import type { Library } from "./library.ts";
import { must } from "./must.ts";

interface Chooser {
  /** What it can send. */
  readonly item: number | undefined;
  /** How many of its clauses wait where, while it is pending. */
  readonly clauses: readonly string[];
  state: "pending" | "failed" | "sent" | "received" | "locked";
}

/** Two channels and a semaphore, and those who choose between them. */
export class SelectWorld {
  readonly ends: readonly [Sender<number>, Receiver<number>][];
  readonly semaphore: Semaphore;
  readonly cancelling: Cancelling;
  readonly choosers: Chooser[] = [];
  readonly received: number[] = [];
  readonly permits: Permit[];
  /** Places in the first channel that were reserved, and how many wait for one. */
  readonly slots: ChannelSlot<number>[] = [];
  reserving = 0;
  #over = false;
  readonly #library: Library;

  constructor(library: Library, capacity: number) {
    this.#library = library;
    this.ends = [library.channel<number>(capacity), library.channel<number>(capacity)];
    this.semaphore = new library.Semaphore(2);
    this.permits = [this.semaphore.tryAcquire()!];
    this.cancelling = new Cancelling(library, "signal");
  }

  reserve(): void {
    this.reserving++;
    void this.ends[0]![0].reserve().then((slot) => {
      this.reserving--;
      this.slots.push(slot);
    });
  }

  /** Chooses one of "send 0", "receive 1", "lock 2" and the like. */
  choose(names: readonly string[], signal: AbortSignal | undefined): void {
    const { select } = this.#library;
    const item = names.some((name) => name.startsWith("send")) ? this.choosers.length : undefined;
    const chooser: Chooser = { item, clauses: names, state: "pending" };
    this.choosers.push(chooser);
    const clauses = Object.fromEntries(
      names.map((name) => [name, this.#clause(name, this.choosers.length - 1)]),
    );
    select(clauses, { biased: true, signal }).then(
      ({ key, value }) => {
        chooser.state = key.startsWith("send") ? "sent" : "locked";
        if (key.startsWith("receive")) {
          chooser.state = "received";
          this.received.push(value as number);
        } else if (chooser.state === "locked") {
          this.permits.push(value as Permit);
          if (this.#over) this.permits.at(-1)!.release();
        }
      },
      () => {
        chooser.state = "failed";
      },
    );
  }

  #clause(name: string, item: number): Clause<unknown> {
    const [does, number] = name.split(" ");
    const { lock, recv, send } = this.#library;
    if (does === "lock") return lock(this.semaphore, { weight: Number(number) });
    const [sender, receiver] = this.ends[Number(number)]!;
    return does === "send" ? send(sender, item) : recv(receiver);
  }

  atRest(): void {
    const pending = this.choosers.filter(({ state }) => state === "pending");
    const waiting = (name: string): number =>
      pending.filter(({ clauses }) => clauses.some((clause) => clause.startsWith(name))).length;
    let inside = 0;
    for (const [i, [sender]] of this.ends.entries()) {
      const { size, sending, receiving, capacity, reserved } = sender.stats();
      inside += size;
      const reserving = i === 0 ? this.reserving : 0;
      must(sending === waiting(`send ${i}`) + reserving, "who chooses is not who waits to send");
      must(receiving === waiting(`receive ${i}`), "who chooses is not who waits to receive");
      must(size === 0 || receiving === 0, "somebody waits for an item that is there");
      const hasRoom = size + reserved < capacity;
      must(sending === 0 || !hasRoom, "somebody waits for room that is there");
      const couldMeet = pending.some(
        (giver) =>
          giver.clauses.includes(`send ${i}`) &&
          pending.some((it) => it !== giver && it.clauses.includes(`receive ${i}`)),
      );
      must(reserved > 0 || !couldMeet, "two wait for each other");
    }
    const sent = this.choosers.filter(({ state }) => state === "sent").map(({ item }) => item);
    must(new Set(this.received).size === this.received.length, "an item was received twice");
    must(
      this.received.every((item) => sent.includes(item)),
      "what was received was not sent",
    );
    must(sent.length === this.received.length + inside, "an item was lost");
    this.#checkLock(pending);
  }

  #checkLock(pending: readonly Chooser[]): void {
    const { available, waiting } = this.semaphore;
    const held = this.permits.filter(({ released }) => !released);
    const weight = held.reduce((sum, permit) => sum + permit.weight, 0);
    must(weight === 2 - available, "what is held and what is free are not all there is");
    const wanted = pending.flatMap(({ clauses }) =>
      clauses.filter((clause) => clause.startsWith("lock")).map((clause) => Number(clause.at(-1))),
    );
    must(wanted.length === waiting, "who chooses is not who waits for the lock");
    must(!(wanted[0]! <= available), "somebody waits for a lock that is free");
  }

  atEnd(left: readonly string[]): void {
    must(left.length === 0 || this.reserving > 0, `nobody ever could: ${left.join(", ")}`);
    must(this.cancelling.listeners === 0, "a listener is left on the signal");
    // Else the collector would find them, and report that they were lost.
    this.#over = true;
    for (const permit of this.permits) permit.release();
  }
}
