import { sleep, taskGroup } from "corral";

/**
 * Shows what `text` says on standard error while `fn` runs: one line that is rewritten on a
 * terminal; elsewhere a new line now and then, if there is something new to say.
 */
export async function showProgress<T>(text: () => string, fn: () => Promise<T>): Promise<T> {
  const { stderr } = process;
  return taskGroup(async (group) => {
    group.spawn(
      async () => {
        for (let shown = ""; ;) {
          await sleep(stderr.isTTY ? 100 : 2000);
          const line = text();
          if (line === shown) continue;
          shown = line;
          if (stderr.isTTY) stderr.write(`\r\x1b[2K${line.slice(0, (stderr.columns || 80) - 1)}`);
          else stderr.write(`${line}\n`);
        }
      },
      { name: "progress", daemon: true },
    );
    try {
      return await fn();
    } finally {
      if (stderr.isTTY) stderr.write("\r\x1b[2K");
    }
  });
}
