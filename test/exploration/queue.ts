import type { Queue } from "corral";
import { Cancelling } from "./cancelling.ts";
import { type Exploration, exploration, type Step } from "./explore.ts";
import type { Library } from "./library.ts";
import { must } from "./must.ts";
import { Traffic } from "./traffic.ts";

/** A queue for one item, and those who use it. */
class World {
  readonly queue: Queue<number>;
  readonly cancelling: Cancelling;
  readonly traffic: Traffic = new Traffic();
  #joining = false;
  /** How many items an abort has dropped. */
  #dropped = 0;

  constructor(library: Library) {
    this.queue = new library.Queue({ capacity: 1 });
    this.cancelling = new Cancelling(library, "signal");
  }

  abort(): void {
    this.#dropped = this.queue.size;
    this.queue.abort();
  }

  join(): void {
    this.#joining = true;
    void this.queue.join().then(() => {
      this.#joining = false;
    });
  }

  atRest(): void {
    const { size, putting, getting, closed, unfinished, capacity } = this.queue.stats();
    const { gives, takes } = this.traffic;
    this.traffic.check(size + this.#dropped, "kept");
    must(size <= capacity, "there are too many items");
    must(putting === this.traffic.pending(gives), "who is pending is not who waits to put");
    must(getting === this.traffic.pending(takes), "who is pending is not who waits to get");
    must(size === 0 || getting === 0, "somebody waits for an item that is there");
    must(size === capacity || putting === 0, "somebody waits for room that is there");
    must(!closed || putting === 0, "somebody waits to put into a closed queue");
    must(!closed || size > 0 || getting === 0, "somebody waits to get from a closed queue");
    must(unfinished > 0 || !this.#joining, "somebody waits though nothing is unfinished");
  }

  atEnd(): void {
    must(this.cancelling.listeners === 0, "a listener is left on the signal");
  }
}

function put(cancellable: boolean): Step<World> {
  return {
    name: cancellable ? "put until cancelled" : "put",
    run: ({ queue, traffic, cancelling }) =>
      traffic.give((item) => queue.put(item, cancellable ? cancelling : undefined)),
  };
}

function get(cancellable: boolean): Step<World> {
  return {
    name: cancellable ? "get until cancelled" : "get",
    run: ({ queue, traffic, cancelling }) =>
      traffic.take(() => queue.get(cancellable ? cancelling : undefined)),
  };
}

const cancel: Step<World> = { name: "cancel", run: ({ cancelling }) => cancelling.cancel() };
const close: Step<World> = { name: "close", run: ({ queue }) => queue.close() };
const abort: Step<World> = { name: "abort", run: (world) => world.abort() };
const join: Step<World> = { name: "join", run: (world) => world.join() };
const taskDone: Step<World> = {
  name: "taskDone",
  when: ({ traffic }) => traffic.received.length > 0,
  run: ({ queue }) => queue.taskDone(),
};

export function queues(library: Library): Exploration[] {
  const common = {
    world: () => new World(library),
    atRest: (world: World) => world.atRest(),
    atEnd: (world: World) => world.atEnd(),
  };
  return [
    exploration<World>({
      ...common,
      name: "queue: a put and a get are cancelled",
      atLeast: 3_800,
      actors: [[put(true)], [put(false)], [get(true)], [get(false)], [cancel]],
    }),
    exploration<World>({
      ...common,
      name: "queue: closed",
      atLeast: 1_900,
      actors: [[put(false), put(true)], [get(true)], [close], [cancel]],
    }),
    exploration<World>({
      ...common,
      name: "queue: aborted, while somebody joins",
      atLeast: 600,
      actors: [[put(false)], [get(false), taskDone], [join], [abort]],
    }),
  ];
}
