import type { CancelScope } from "../cancel/scope.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import { channel } from "../channel/channel.ts";
import type { Receiver } from "../channel/receiver.ts";
import type { Sender } from "../channel/sender.ts";
import type { Step } from "./inlet.ts";
import { Outlet } from "./outlet.ts";
import { type Closable, Pump } from "./pump.ts";

/** What a pipe is made of. */
export interface Plan<T> {
  readonly name: string;
  /** How many items it holds that nobody has asked for. */
  readonly capacity: number;
  readonly inlets: ReadonlySet<Closable>;
  readonly run: (sender: Sender<Step<T>>, scope: CancelScope) => Promise<void>;
}

/** A stream with one reader, whose pump sends the items through a channel. */
export class Pipe<T> extends Outlet<T> {
  readonly #pump: Pump;
  readonly #receiver: Receiver<Step<T>>;
  readonly #steps: AsyncIterableIterator<Step<T>, undefined>;

  constructor({ name, capacity, inlets, run }: Plan<T>, options: WaitOptions | undefined) {
    const [sender, receiver] = channel<Step<T>>(capacity);
    const work = {
      name,
      inlets,
      run: (scope: CancelScope) => run(sender, scope),
      ended: () => sender.close(),
    };
    const pump = new Pump(work, options);
    super(pump);
    this.#pump = pump;
    this.#receiver = receiver;
    this.#steps = receiver.values(options);
  }

  protected override ask(): Promise<IteratorResult<Step<T>, undefined>> {
    return this.#steps.next();
  }

  protected override async leave(): Promise<void> {
    try {
      await this.#pump.stop();
    } finally {
      this.#receiver.close();
    }
  }
}
