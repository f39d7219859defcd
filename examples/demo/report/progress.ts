import { sleep, taskGroup } from "corral";

/**
 * Shows what `text` says on standard error while `fn` runs: one line that is rewritten on a
 * terminal, a line now and then elsewhere.
 */
export async function showProgress<T>(text: () => string, fn: () => Promise<T>): Promise<T> {
  const { stderr } = process;
  return taskGroup(async (group) => {
    group.spawn(
      async () => {
        for (;;) {
          await sleep(stderr.isTTY ? 100 : 2000);
          if (stderr.isTTY) stderr.write(`\r\x1b[2K${text().slice(0, stderr.columns - 1)}`);
          else stderr.write(`${text()}\n`);
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
