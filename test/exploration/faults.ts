/** A way to break the library, to see that the exploration finds it. */
export interface Fault {
  /** The file of `src/` that has it, and what is written there in place of what. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** The exploration that finds it: how its name begins. */
  readonly foundBy: string;
}

/** By the name that the environment variable `CORRAL_SEED_FAULT` takes. */
export const faults: Readonly<Record<string, Fault>> = {
  "grant-forgets-to-withdraw": {
    file: "cancel/wait.ts",
    from: "  withdraw(wait);\n  wait.commit(value, failed);",
    to: "  wait.commit(value, failed);",
    foundBy: "semaphore: a signal aborts",
  },
  "grant-ignores-pending": {
    file: "cancel/wait.ts",
    from: "  if (!isWaiting(wait)) return false;\n  withdraw(wait);",
    to: "  withdraw(wait);",
    foundBy: "condition: a section leaves its wait behind",
  },
  "grant-serves-the-aborted": {
    file: "cancel/wait.ts",
    from: "  if (signal?.aborted === true) nodeOf(signal);\n",
    to: "",
    foundBy: "semaphore: somebody leaves in the moment of the abort",
  },
  "cancellation-leaves-the-wait-in-line": {
    file: "cancel/wait.ts",
    from: "    runtime.ops++;\n    withdraw(this);",
    to: "    runtime.ops++;",
    foundBy: "semaphore: a signal aborts",
  },
  "cancellation-tells-one-by-one": {
    file: "cancel/tree.ts",
    from: "  for (const wait of waits) wait.reject();\n  for (const wait of waits) wait.leave();",
    to: "  for (const wait of waits) {\n    wait.reject();\n    wait.leave();\n  }",
    foundBy: "semaphore: a scope is cancelled",
  },
  "release-frees-instead-of-handing-over": {
    file: "cancel/slots.ts",
    from: "    this.held -= weight;\n    this.handOver();",
    to: "    this.held -= weight;",
    foundBy: "semaphore: a signal aborts",
  },
  "newcomer-overtakes": {
    file: "cancel/slots.ts",
    from: "this.#starting > 0 || this.line.length > 0",
    to: "this.#starting > 0",
    foundBy: "semaphore: a signal aborts",
  },
  "place-of-the-cancelled-is-lost": {
    file: "cancel/slots.ts",
    from: "  left(_wait: Wait): void {\n    this.handOver();",
    to: "  left(_wait: Wait): void {",
    foundBy: "semaphore: a signal aborts",
  },
  "place-of-one-cancelled-late-is-lost": {
    file: "cancel/section.ts",
    from: "    section.leave(plain ? 1 : queued.weight);\n    wait.promise",
    to: "    wait.promise",
    foundBy: "semaphore: a scope is cancelled",
  },
  "notification-of-the-cancelled-is-lost": {
    file: "sync/condition.ts",
    from: "          notify(this.#line, 1);\n",
    to: "",
    foundBy: "condition: one of two is cancelled, turn by turn",
  },
  "take-leaves-the-next-putter-waiting": {
    file: "channel/exchange.ts",
    from: "      if (givers.first !== undefined) this.refill();\n      return",
    to: "      return",
    foundBy: "queue: a put and a get are cancelled",
  },
  "item-of-the-cancelled-is-kept": {
    file: "channel/exchange.ts",
    from: "      else if (!grant(taker, item)) continue;",
    to: "      else grant(taker, item);",
    foundBy: "channel: somebody sends in the moment of the abort",
  },
  "newcomer-takes-what-others-wait-for": {
    file: "channel/exchange.ts",
    from: "      if (this.#takerFor(giver) !== undefined) return undefined;\n",
    to: "",
    foundBy: "channel: a place is reserved, and nobody overtakes",
  },
  "item-of-a-taker-who-left-is-lost": {
    file: "channel/exchange.ts",
    from: "if (taker !== undefined && !grant(taker, item)) this.#pass(item);",
    to: "if (taker !== undefined) grant(taker, item);",
    foundBy: "select: two meet who are in line for the lock as well",
  },
  "select-waits-for-itself": {
    file: "channel/exchange.ts",
    from: "const taker = own > 0 ? this.#takerFor(giver) : this.takers.first;\n",
    to: "const taker = this.takers.first;\n      if (taker !== undefined && areRivals(giver, taker as Wait)) return false;\n",
    foundBy: "select: one wants both ends, while a place is reserved",
  },
  "cancelled-send-is-told-to-nobody": {
    file: "channel/conduit.ts",
    from: "    if (payload instanceof Offer) this.undelivered(payload.item as T);",
    to: "    void payload;",
    foundBy: "channel: two meet two",
  },
  "last-receiver-drops-in-silence": {
    file: "channel/conduit.ts",
    from: "    while (this.store.size > 0) this.undelivered(this.store.shift());",
    to: "    while (this.store.size > 0) this.store.shift();",
    foundBy: "channel: both ends are closed",
  },
  "select-leaves-its-rivals-in-line": {
    file: "channel/candidate.ts",
    from: "    for (const loser of losers) withdraw(loser);\n",
    to: "",
    foundBy: "select: two channels become ready at once",
  },
  "select-tells-no-loser": {
    file: "channel/candidate.ts",
    from: "    for (const loser of losers) loser.leave();\n",
    to: "",
    foundBy: "select: one who wants much of a lock goes elsewhere",
  },
};

export function faultNamed(name: string): Fault {
  const fault = faults[name];
  if (fault !== undefined) return fault;
  throw new Error(`There is no fault ${name}; there are ${Object.keys(faults).join(", ")}`);
}
