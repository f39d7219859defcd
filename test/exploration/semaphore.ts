import { type Exploration, exploration, type Step } from "./explore.ts";
import type { Library } from "./library.ts";
import { SemaphoreWorld as World } from "./semaphore-world.ts";

/** Somebody who wants permits, and leaves some time after it got them. */
function claims(
  name: string,
  by: "acquire" | "run",
  weight: number,
  cancellable = false,
): Step<World>[] {
  return [
    {
      name: `${name}: ${by} ${weight}`,
      run: (world) => world[by](name, weight, cancellable ? world.cancelling.signal : undefined),
    },
    leaves(name),
  ];
}

/** Somebody who leaves as soon as it has what it wants. */
function passes(name: string, weight: number): Step<World> {
  return {
    name: `${name}: acquire ${weight} and leave`,
    run: (world) => world.acquire(name, weight, undefined, () => world.leave(name)),
  };
}

function leaves(name: string): Step<World> {
  return {
    name: `${name}: leave`,
    when: (world) => world.knows(name),
    run: (world) => world.leave(name),
  };
}

const cancel: Step<World> = { name: "cancel", run: ({ cancelling }) => cancelling.cancel() };

function resize(permits: number): Step<World> {
  return { name: `resize ${permits}`, run: (world) => world.resize(permits) };
}

export function semaphores(library: Library): Exploration[] {
  const common = {
    atRest: (world: World) => world.atRest(),
    atEnd: (world: World, left: readonly string[]) => world.atEnd(left),
  };
  return [
    exploration<World>({
      ...common,
      name: "semaphore: a signal aborts",
      atLeast: 5_000,
      world: () => new World(library, "signal", 1),
      actors: [
        [leaves("first")],
        claims("heavy", "acquire", 2, true),
        claims("light", "run", 1),
        [cancel],
      ],
    }),
    exploration<World>({
      ...common,
      name: "semaphore: a scope is cancelled",
      atLeast: 4_000,
      world: () => new World(library, "scope", 1),
      actors: [
        [leaves("first")],
        claims("run", "run", 2, true),
        claims("permit", "acquire", 1, true),
        [cancel],
      ],
    }),
    exploration<World>({
      ...common,
      name: "semaphore: resized",
      atLeast: 5_000,
      world: () => new World(library, "signal", 2),
      actors: [
        [leaves("first")],
        [passes("heavy", 2)],
        claims("light", "acquire", 1),
        [resize(1), resize(2)],
      ],
    }),
    exploration<World>({
      ...common,
      name: "semaphore: somebody leaves in the moment of the abort",
      atLeast: 1_500,
      gaps: [0, 1, Infinity],
      world: () => {
        const world = new World(library, "signal", 2);
        world.cancelling.early = () => {
          const cancelled = world.claims.get("cancelled");
          const first = world.claims.get("first")!;
          // As long as the first has it all, nobody else has anything.
          if (cancelled !== undefined && first.state === "has") cancelled.doomed = true;
          world.leave("first");
        };
        return world;
      },
      actors: [claims("cancelled", "acquire", 1, true), claims("other", "run", 2), [cancel]],
    }),
  ];
}
