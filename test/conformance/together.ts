import { type Task, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";

/** Runs so many tasks at once, and gives what they return. */
export function together<T>(
  count: number,
  fn: (task: Task<unknown>, number: number) => Promise<T>,
): Promise<T[]> {
  return withVirtualClock(() =>
    taskGroup((group) => {
      const tasks = Array.from({ length: count }, (_, number) =>
        group.spawn((self) => fn(self, number)),
      );
      return Promise.all(tasks);
    }),
  );
}
