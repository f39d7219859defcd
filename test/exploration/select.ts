import { type Exploration, exploration, type Step } from "./explore.ts";
import type { Library } from "./library.ts";
import { SelectWorld as World } from "./select-world.ts";

function chooses(names: readonly string[], cancellable = false): Step<World> {
  return {
    name: `${names.join(" or ")}${cancellable ? ", until cancelled" : ""}`,
    run: (world) => world.choose(names, cancellable ? world.cancelling.signal : undefined),
  };
}

const cancel: Step<World> = { name: "cancel", run: ({ cancelling }) => cancelling.cancel() };
const release: Step<World> = { name: "release", run: ({ permits }) => permits[0]!.release() };
const reserve: Step<World> = {
  name: "reserve",
  run: ({ ends, slots }) => {
    const slot = ends[0]![0].tryReserve();
    if (slot !== undefined) slots.push(slot);
  },
};
const giveBack: Step<World> = {
  name: "give back",
  when: ({ slots, reserving }) => slots.length > 0 || reserving === 0,
  run: ({ slots }) => slots.shift()?.release(),
};

export function selects(library: Library): Exploration[] {
  const explored = (
    atLeast: number,
    name: string,
    capacity: number,
    actors: readonly (readonly Step<World>[])[],
    prepare?: (world: World) => void,
  ): Exploration =>
    exploration<World>({
      name: `select: ${name}`,
      atLeast,
      world: () => {
        const world = new World(library, capacity);
        prepare?.(world);
        return world;
      },
      actors,
      atRest: (world) => world.atRest(),
      atEnd: (world, left) => world.atEnd(left),
    });
  return [
    explored(1_900, "two channels become ready at once", 0, [
      [chooses(["receive 0", "receive 1", "lock 2"], true)],
      [chooses(["send 0"]), chooses(["send 1"], true)],
      [release],
      [cancel],
    ]),
    explored(3_800, "one who wants much of a lock goes elsewhere", 1, [
      [chooses(["receive 0", "lock 2"], true)],
      [chooses(["lock 1"])],
      [chooses(["send 0"])],
      [chooses(["lock 1", "receive 0"])],
      [cancel],
    ]),
    explored(3_800, "some want both ends and the lock", 0, [
      [chooses(["send 0", "lock 2"])],
      [chooses(["receive 0", "lock 1"], true)],
      [chooses(["lock 1", "send 0", "receive 0"])],
      [release],
      [cancel],
    ]),
    explored(1_900, "one wants both ends, while a place is reserved", 0, [
      [chooses(["send 0", "receive 0"])],
      [reserve, giveBack],
      [chooses(["send 0"])],
      [chooses(["receive 0"])],
    ]),
    explored(
      350,
      "two meet who are in line for the lock as well",
      0,
      [
        [chooses(["send 0", "lock 2"])],
        [chooses(["receive 0", "lock 1"])],
        [cancel],
        [giveBack, giveBack],
      ],
      // One who receives is room for one place, and a second waits.
      (world) => {
        world.choose(["receive 0"], world.cancelling.signal);
        world.reserve();
        world.reserve();
      },
    ),
  ];
}
