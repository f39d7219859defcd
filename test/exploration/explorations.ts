import { channels } from "./channel.ts";
import { conditions } from "./condition.ts";
import type { Exploration } from "./explore.ts";
import type { Library } from "./library.ts";
import { queues } from "./queue.ts";
import { selects } from "./select.ts";
import { semaphores } from "./semaphore.ts";

/** Everything that is explored, of a given copy of the library. */
export function explorationsOf(library: Library): Exploration[] {
  return [semaphores, conditions, queues, channels, selects].flatMap((each) => each(library));
}
