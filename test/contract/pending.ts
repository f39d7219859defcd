/** The waits of the library that are pending, for what has no figures of its own. */

interface Wait {
  readonly line: { readonly kind: string };
}

interface Watcher {
  started(wait: Wait): void;
  ended(wait: Wait): void;
}

const record = (globalThis as unknown as Record<symbol, { watcher: Watcher | undefined }>)[
  Symbol.for("corral.runtime.1")
]!;

/** Watches the waits for one kind of thing that begin from now on. */
export function watchWaits(kind: string): {
  readonly count: () => number;
  readonly stop: () => void;
} {
  const waits = new Set<Wait>();
  const previous = record.watcher;
  record.watcher = {
    started: (wait) => {
      previous?.started(wait);
      if (wait.line.kind === kind) waits.add(wait);
    },
    ended: (wait) => {
      previous?.ended(wait);
      waits.delete(wait);
    },
  };
  return {
    count: () => waits.size,
    stop: () => void (record.watcher = previous),
  };
}
