import { open } from "node:fs/promises";
import type { Writable } from "node:stream";

/** Writes one line of JSON a value, to a file or to standard output. */
export class LineFile implements AsyncDisposable {
  readonly #stream: Writable;

  private constructor(stream: Writable) {
    this.#stream = stream;
    // Each write reports its own failure; without a listener the first would end the process.
    stream.on("error", () => {});
  }

  /**
   * @param path The file to replace, or `undefined` for standard output.
   * @throws {Error} If the file cannot be opened.
   */
  static async open(path: string | undefined): Promise<LineFile> {
    if (path === undefined) return new LineFile(process.stdout);
    const file = await open(path, "w");
    return new LineFile(file.createWriteStream());
  }

  /** Resolves when the system has taken the line. */
  write(value: unknown): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream.write(`${JSON.stringify(value)}\n`, (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
  }

  /** Closes the file once all lines are in it. Standard output stays open. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#stream === process.stdout || this.#stream.destroyed) return;
    await new Promise<void>((resolve) => this.#stream.end(resolve));
  }
}
