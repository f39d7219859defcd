import type { Condition, Permit } from "corral";
import { Cancelling } from "./cancelling.ts";
import { type Exploration, exploration, type Step } from "./explore.ts";
import type { Library } from "./library.ts";
import { must } from "./must.ts";

/** A condition, and what its sections have seen. */
class World {
  readonly condition: Condition;
  readonly cancelling: Cancelling;
  /** One who holds the lock from the start, if anybody does. */
  readonly holder: Permit | undefined;
  /** How many sections run that hold the lock, and how many wait to be notified. */
  #inside = 0;
  #sleeping = 0;
  /** How many notifications there were for somebody, and how many went on by one. */
  #notified = 0;
  #woken = 0;
  #cutInLine = false;
  #wrong: string | undefined;

  constructor(library: Library, held: boolean) {
    this.condition = new library.Condition();
    this.cancelling = new Cancelling(library, "signal");
    if (held) this.holder = this.condition.mutex.tryAcquire();
  }

  #enter(): void {
    if (++this.#inside > 1) this.#wrong = "two hold the lock";
  }

  #leave(): void {
    this.#inside--;
  }

  sleep(signal: AbortSignal | undefined): void {
    const section = this.condition.run(async (held) => {
      this.#enter();
      const refused = signal?.aborted === true;
      const wait = held.wait({ signal });
      this.#leave();
      this.#sleeping++;
      try {
        await wait;
        this.#woken++;
      } catch {
        if (!refused && !this.#cutInLine) this.#passOn();
      }
      this.#sleeping--;
      this.#enter();
      await Promise.resolve();
      this.#leave();
    });
    section.catch(() => {});
  }

  /** One that was notified is cancelled: another one hears of it, if there is one. */
  #passOn(): void {
    const others = this.#sleeping - 1;
    const notified = this.#notified - this.#woken - 1;
    if (others <= notified) this.#notified--;
  }

  cancel(): void {
    const { waiting } = this.condition;
    this.cancelling.cancel();
    this.#cutInLine = this.condition.waiting < waiting;
  }

  /** A section whose function returns while it waits. */
  leaveBehind(): void {
    const section = this.condition.run((held) => {
      this.#sleeping++;
      held
        .wait()
        .then(
          () => this.#woken++,
          () => {},
        )
        .finally(() => this.#sleeping--);
    });
    section.catch(() => {});
  }

  notify(n: number): void {
    void this.condition.run((held) => {
      this.#enter();
      this.#notified += Math.min(n, this.condition.waiting);
      held.notify(n);
      this.#leave();
    });
  }

  atRest(): void {
    const { waiting, mutex } = this.condition;
    must(this.#wrong === undefined, this.#wrong!);
    must(this.#inside === 0, "somebody is inside for ever");
    must(mutex.locked === (this.holder?.released === false), "the lock is held by nobody");
    if (mutex.locked) return;
    must(mutex.waiting === 0, "somebody waits who could have the lock");
    must(this.#sleeping === waiting, "somebody sleeps who is in no line");
    must(this.#woken >= this.#notified, "a notification was lost");
    must(this.#woken <= this.#notified, "somebody went on without a notification");
  }

  atEnd(left: readonly string[]): void {
    must(left.length === 0, `nobody ever could: ${left.join(", ")}`);
    must(!this.condition.mutex.locked, "the lock is held for ever");
    must(this.cancelling.listeners === 0, "a listener is left on the signal");
  }
}

const sleeps: Step<World> = { name: "sleep", run: (world) => world.sleep(undefined) };

const sleepsUntilCancelled: Step<World> = {
  name: "sleep until cancelled",
  run: (world) => world.sleep(world.cancelling.signal),
};

const cancel: Step<World> = { name: "cancel", run: (world) => world.cancel() };

const release: Step<World> = { name: "release", run: ({ holder }) => holder!.release() };

function notify(n: number): Step<World> {
  return { name: `notify ${n}`, run: (world) => world.notify(n) };
}

export function conditions(library: Library): Exploration[] {
  const common = {
    atRest: (world: World) => world.atRest(),
    atEnd: (world: World, left: readonly string[]) => world.atEnd(left),
  };
  return [
    exploration<World>({
      ...common,
      name: "condition: one of two is cancelled, who all queue for the lock",
      atLeast: 3_800,
      world: () => new World(library, true),
      actors: [[sleepsUntilCancelled], [sleeps], [notify(1)], [cancel], [release]],
    }),
    exploration<World>({
      ...common,
      name: "condition: one of two is cancelled, turn by turn",
      atLeast: 3_000,
      gaps: [0, 1, 3, Infinity],
      world: () => new World(library, false),
      actors: [[sleepsUntilCancelled], [sleeps], [notify(1)], [cancel]],
    }),
    exploration<World>({
      ...common,
      name: "condition: a section leaves its wait behind",
      atLeast: 3_000,
      gaps: [0, 1, 3, Infinity],
      world: () => new World(library, false),
      actors: [
        [{ name: "leave behind", run: (world) => world.leaveBehind() }],
        [sleeps],
        [notify(1)],
        [notify(1)],
      ],
    }),
    exploration<World>({
      ...common,
      name: "condition: two are notified, one by one or at once",
      atLeast: 1_900,
      world: () => new World(library, true),
      actors: [[sleepsUntilCancelled, notify(2)], [sleeps], [cancel], [release]],
    }),
  ];
}
