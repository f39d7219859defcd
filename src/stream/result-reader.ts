import { quiet } from "../cancel/tree.ts";
import { Wait, WaitQueue } from "../cancel/wait.ts";

/** Those who wait for a result of a stream. */
export class ResultReaders<V> extends WaitQueue<IteratorResult<V, undefined>> {
  /**
   * What a reader rejects with who is refused: once the stream itself is cancelled, that is the reader's
   * own work, whose end comes first.
   */
  readonly refusal: (no: Promise<never>) => Promise<never>;

  constructor(name: string, refusal: (no: Promise<never>) => Promise<never>) {
    super("item", { name });
    this.refusal = refusal;
  }
}

/** One who waits for a result. */
export class ResultReader<V> extends Wait<IteratorResult<V, undefined>> {
  declare readonly line: ResultReaders<V>;

  override reject(): void {
    const { resolve, line } = this;
    (this as { resolve: Wait["resolve"] }).resolve = (no) =>
      resolve(quiet(line.refusal(no as Promise<never>)));
    super.reject();
  }
}
