import { must } from "./must.ts";

type State = "pending" | "served" | "failed";

interface Give {
  readonly item: number;
  /** Whether it was in the line of those who give, and has to wait its turn. */
  readonly inLine: boolean;
  state: State;
}

interface Take {
  state: State;
  item: number | undefined;
}

/** All calls that give and take items, and where each item is. */
export class Traffic {
  readonly gives: Give[] = [];
  /** In the order of the calls. */
  readonly takes: Take[] = [];
  readonly undelivered: number[] = [];

  /** Gives the next item: they count up in the order of the calls. */
  give(begin: (item: number) => Promise<unknown>, inLine = true): void {
    const give: Give = { item: this.gives.length, inLine, state: "pending" };
    this.gives.push(give);
    begin(give.item).then(
      () => {
        give.state = "served";
      },
      () => {
        give.state = "failed";
      },
    );
  }

  take(begin: () => Promise<number>): void {
    const take: Take = { state: "pending", item: undefined };
    this.takes.push(take);
    begin().then(
      (item) => {
        take.state = "served";
        take.item = item;
      },
      () => {
        take.state = "failed";
      },
    );
  }

  pending(calls: readonly { state: State }[]): number {
    return calls.filter(({ state }) => state === "pending").length;
  }

  get received(): number[] {
    return this.takes.flatMap(({ item }) => (item === undefined ? [] : [item]));
  }

  /** Asserts that each item is in one place, and that no newcomer has overtaken. */
  check(inside: number, expectsFailed: "undelivered" | "kept"): void {
    const { received, undelivered } = this;
    let hidden = 0;
    for (const { item, state } of this.gives) {
      const seen = [...received, ...undelivered].filter((it) => it === item).length;
      must(seen <= 1, `item ${item} is in two places`);
      if (state === "pending") must(seen === 0, `item ${item} was given, and its giver waits`);
      if (state === "served" && seen === 0) hidden++;
      if (state === "failed") {
        must(seen === (expectsFailed === "kept" ? 0 : 1), `item ${item} is lost, or kept twice`);
      }
    }
    must(hidden === inside, "an item was lost");
    const ordered = received.filter((item) => this.gives[item]!.inLine);
    must(
      ordered.every((item, i) => i === 0 || item > ordered[i - 1]!),
      "the items are not in order",
    );
    for (const calls of [this.takes, this.gives.filter((give) => give.inLine)]) {
      const waits = calls.findIndex(({ state }) => state === "pending");
      const overtaken = waits >= 0 && calls.slice(waits).some(({ state }) => state === "served");
      must(!overtaken, "somebody has overtaken");
    }
  }
}
