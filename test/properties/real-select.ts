import {
  channel,
  type ChannelSlot,
  type Clause,
  lock,
  type Permit,
  type Receiver,
  recv,
  select,
  Semaphore,
  send,
  type Sender,
  type WaitOptions,
} from "corral";
import { Callers } from "./callers.ts";
import type { Option, Party } from "./naive-select.ts";

/** Channels and a semaphore, and those who use them. */
export class RealSelect {
  readonly callers: Callers = new Callers();
  readonly undelivered: number[] = [];
  readonly ends: [Sender<number>, Receiver<number>][];
  readonly semaphore: Semaphore;
  readonly permits: Map<number, Permit> = new Map();
  readonly slots: { on: number; slot: ChannelSlot<number> }[] = [];

  constructor(capacities: readonly number[], permits: number) {
    const onUndelivered = (item: number): void => void this.undelivered.push(item);
    this.ends = capacities.map((capacity) => channel<number>(capacity, { onUndelivered }));
    this.semaphore = new Semaphore(permits);
  }

  #clause({ does, on, item, weight }: Option): Clause<unknown> {
    const [sender, receiver] = this.ends[on]!;
    if (does === "recv") return recv(receiver);
    return does === "send" ? send(sender, item) : lock(this.semaphore, { weight });
  }

  clauses(options: readonly Option[]): Record<string, Clause<unknown>> {
    return Object.fromEntries(
      options.map((option) => [`${option.does} ${option.on}`, this.#clause(option)]),
    );
  }

  #plain({ does, on, item, weight }: Option, options: WaitOptions): Promise<unknown> {
    const [sender, receiver] = this.ends[on]!;
    if (does === "recv") return receiver.receive(options);
    if (does === "send") return sender.send(item, options);
    return this.semaphore.acquire({ ...options, weight });
  }

  arrive({ id, from: of, options, selects }: Party, biased: boolean): void {
    if (selects) {
      const made = this.callers.in(of, (waitOptions) =>
        select(this.clauses(options), { ...waitOptions, biased }),
      );
      this.callers.listen(id, made, ({ key, value }) => this.says(id, key.split(" ")[0]!, value));
    } else {
      const [option] = options;
      const made = this.callers.in(of, (waitOptions) => this.#plain(option!, waitOptions));
      this.callers.listen(id, made, (value) => this.says(id, option!.does, value));
    }
  }

  /** What was done, in the reference's words. */
  says(id: number, does: string, value: unknown): string {
    if (does === "lock") this.permits.set(id, value as Permit);
    return does === "recv" ? `recv ${String(value)}` : does;
  }
}
