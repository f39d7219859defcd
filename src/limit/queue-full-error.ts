import { BrandedError } from "../cancel/errors.ts";

/** A work queue was full: the job did not get in, or had to make room for another. It was not begun. */
export class QueueFullError extends BrandedError {
  /** @internal */
  static override readonly brand: string = "corral/QueueFullError";
  override readonly name = "QueueFullError" as const;
  /** How many jobs may wait. */
  readonly capacity: number;
  /** The name of the work queue. */
  readonly queueName: string | undefined;

  constructor(capacity: number, queueName?: string) {
    const what =
      queueName === undefined ? "The work queue" : `Work queue ${JSON.stringify(queueName)}`;
    super(`${what} is full: at most ${capacity} may wait`);
    this.capacity = capacity;
    this.queueName = queueName;
  }
}
