import type { ChannelOptions, ChannelSlot, Receiver, Sender } from "corral";
import { Cancelling } from "./cancelling.ts";
import { type Exploration, exploration, type Step } from "./explore.ts";
import type { Library } from "./library.ts";
import { must } from "./must.ts";
import { Traffic } from "./traffic.ts";

interface Kind extends ChannelOptions<number> {
  readonly capacity: number;
  /** What cancels. */
  readonly by?: "scope" | "signal";
}

/** A channel, and those who use it. */
class World {
  readonly sender: Sender<number>;
  readonly receiver: Receiver<number>;
  readonly cancelling: Cancelling;
  readonly traffic: Traffic = new Traffic();
  slot: ChannelSlot<number> | "pending" | "none" | undefined;

  constructor(library: Library, { capacity, by = "signal", ...options }: Kind) {
    const onUndelivered = (item: number): void => void this.traffic.undelivered.push(item);
    [this.sender, this.receiver] = library.channel<number>(capacity, { ...options, onUndelivered });
    this.cancelling = new Cancelling(library, by);
  }

  reserve(signal?: AbortSignal): void {
    this.slot = "pending";
    this.sender.reserve({ signal }).then(
      (slot) => {
        this.slot = slot;
      },
      () => {
        this.slot = "none";
      },
    );
  }

  /** Uses the place, if there is one. */
  fill(): void {
    const { slot } = this;
    if (typeof slot === "object") this.traffic.give(async (item) => slot.send(item), false);
    this.slot = "none";
  }

  atRest(): void {
    const { size, capacity, reserved, sending, receiving, senders, receivers } =
      this.sender.stats();
    const { gives, takes } = this.traffic;
    const reserving = this.slot === "pending" ? 1 : 0;
    this.traffic.check(size, "undelivered");
    must(sending === this.traffic.pending(gives) + reserving, "who is pending is not who waits");
    must(receiving === this.traffic.pending(takes), "who is pending is not who waits to receive");
    must(reserved === (typeof this.slot === "object" ? 1 : 0), "a place is reserved for nobody");
    must(size === 0 || receiving === 0, "somebody waits for an item that is there");
    must(
      sending === 0 || size + reserved >= capacity + receiving,
      "somebody waits for room that is there",
    );
    must(receivers > 0 || (sending === 0 && size === 0), "somebody sends to nobody");
    must(senders > 0 || size + reserved > 0 || receiving === 0, "somebody waits for nobody");
  }

  atEnd(left: readonly string[]): void {
    must(left.length === 0 || this.slot === "pending", `nobody ever could: ${left.join(", ")}`);
    must(this.cancelling.listeners === 0, "a listener is left on the signal");
  }
}

function send(cancellable = false): Step<World> {
  return {
    name: cancellable ? "send until cancelled" : "send",
    run: ({ sender, traffic, cancelling }) =>
      traffic.give((item) => sender.send(item, cancellable ? cancelling : undefined)),
  };
}

function receive(cancellable = false): Step<World> {
  return {
    name: cancellable ? "receive until cancelled" : "receive",
    run: ({ receiver, traffic, cancelling }) =>
      traffic.take(() => receiver.receive(cancellable ? cancelling : undefined)),
  };
}

const reserve: Step<World> = { name: "reserve", run: (world) => world.reserve() };
const fill: Step<World> = {
  name: "fill",
  when: ({ slot }) => slot !== "pending",
  run: (world) => world.fill(),
};
const cancel: Step<World> = { name: "cancel", run: ({ cancelling }) => cancelling.cancel() };
const closeSender: Step<World> = { name: "close sender", run: ({ sender }) => sender.close() };
const closeReceiver: Step<World> = {
  name: "close receiver",
  run: ({ receiver }) => receiver.close(),
};

export function channels(library: Library): Exploration[] {
  const explored = (
    atLeast: number,
    name: string,
    kind: Kind,
    actors: readonly (readonly Step<World>[])[],
    prepare?: (world: World) => void,
  ): Exploration =>
    exploration<World>({
      name: `channel: ${name}`,
      atLeast,
      world: () => {
        const world = new World(library, kind);
        prepare?.(world);
        return world;
      },
      actors,
      atRest: (world) => world.atRest(),
      atEnd: (world, left) => world.atEnd(left),
    });
  return [
    explored(3_800, "two meet two, and one of each is cancelled by a signal", { capacity: 0 }, [
      [send()],
      [send(true)],
      [receive()],
      [receive(true)],
      [cancel],
    ]),
    explored(1_900, "one place, and some are cancelled by a scope", { capacity: 1, by: "scope" }, [
      [send(), send(true)],
      [send(true)],
      [receive(true)],
      [cancel],
    ]),
    explored(500, "a place is reserved, and one who receives is cancelled", { capacity: 0 }, [
      [reserve, fill],
      [receive(), receive(true)],
      [cancel],
    ]),
    explored(400, "a place is reserved, and nobody overtakes", { capacity: 0 }, [
      [reserve, fill],
      [send()],
      [receive(), receive()],
    ]),
    explored(
      3_800,
      "somebody sends in the moment of the abort",
      { capacity: 1 },
      [[receive(true)], [receive()], [send()], [cancel], [send()]],
      ({ cancelling, sender, traffic }) => {
        cancelling.early = () => traffic.give((item) => sender.send(item));
      },
    ),
    explored(1_900, "both ends are closed", { capacity: 1 }, [
      [send(), send()],
      [receive()],
      [closeSender],
      [closeReceiver],
    ]),
    explored(1_900, "the oldest is dropped", { capacity: 1, overflow: "dropOldest" }, [
      [send(), send()],
      [receive(true)],
      [cancel],
      [closeReceiver],
    ]),
  ];
}
