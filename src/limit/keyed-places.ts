import type { Frame, Held } from "../cancel/frame.ts";
import { isWaiting, type Wait, WaitQueue } from "../cancel/wait.ts";
import type { ScopeNode } from "../cancel/tree.ts";
import { type Turn, Turns } from "./keyed-turns.ts";
import { type Calls, LimitSection, type OnTimeout } from "./limit-section.ts";

const KIND = "keyed-limit";

/** What all keys of a limit share. */
export class KeyedTotal<K> implements Held {
  readonly calls: Calls;
  /** The keys that run or wait for something. */
  readonly keys: Map<K, KeyPlaces<K>> = new Map();
  /** Those of them that wait and have a place free: what they wait for is the total. */
  readonly turns: Turns<KeyPlaces<K>> = new Turns();
  readonly line: WaitQueue;
  // What the keys hold, and how many wait at them, as these have told it.
  held = 0;
  pending = 0;
  most: number;
  #total: number;

  constructor(total: number, onTimeout: OnTimeout, target: unknown) {
    this.#total = this.most = total;
    this.calls = { zombies: 0, onTimeout, idlers: new WaitQueue<void>(`${KIND} idle`, target) };
    this.line = new WaitQueue(`total of the ${KIND}`, target);
  }

  get frames(): Frame[] {
    return [...this.keys.values()].flatMap(({ frames }) => frames);
  }

  get total(): number {
    return this.#total;
  }

  set total(total: number) {
    this.#total = total;
    this.most = Math.max(this.most, total);
    this.handOver();
  }

  /** The key whose turn it is to take a place of the total. */
  next(): KeyPlaces<K> | undefined {
    return this.held < this.#total ? this.turns.first()?.of : undefined;
  }

  handOver(): void {
    for (let key = this.next(); key !== undefined; key = this.next()) key.serve();
  }
}

/** The places of one key, each of which is one of the total, too. It is forgotten when it is idle. */
export class KeyPlaces<K> extends LimitSection {
  readonly #of: KeyedTotal<K>;
  readonly #key: K;
  readonly #share: number;
  #turn: Turn<KeyPlaces<K>> | undefined;
  // What the total knows of it.
  #held = 0;
  #pending = 0;

  constructor(of: KeyedTotal<K>, key: K, concurrency: number, share: number) {
    super(concurrency, KIND, of.calls);
    this.#of = of;
    this.#key = key;
    this.#share = share;
    of.keys.set(key, this);
  }

  /** For a proof of a deadlock, which need not look at all keys while the total cannot be what is short. */
  get whole(): Held | undefined {
    return this.#of.held < this.#of.most ? undefined : this.#of;
  }

  /** Whether somebody waits for the total, and for nothing else. */
  get isReady(): boolean {
    return this.line.length > 0 && this.held < this.total;
  }

  override enter(): boolean {
    // Nobody waits for the total while it has a place free.
    if (this.#of.held >= this.#of.total || !super.enter()) return false;
    this.#tell();
    return true;
  }

  override queue(
    place: ScopeNode | undefined,
    signal: AbortSignal | undefined,
    payload: unknown,
  ): Wait<Wait> {
    this.#turn ??= this.#of.turns.turn(this, this.#share);
    return super.queue(place, signal, payload);
  }

  /** Something has changed: whoever can start now does, of this key or another. */
  override handOver(): void {
    this.#tell();
    this.#of.handOver();
    this.idle();
  }

  /** Hands places to those in line while it is this key's turn. */
  serve(): void {
    super.handOver();
  }

  override next(): Wait | undefined {
    for (;;) {
      this.#tell();
      if (this.#of.next() !== this) return undefined;
      // One whose signal has aborted must not cost the key its turn.
      const wait = this.line.first!;
      if (isWaiting(wait)) return wait;
    }
  }

  override admit(): undefined {
    this.#of.turns.spend(this.#turn!);
  }

  override idle(): void {
    const { keys } = this.#of;
    if (this.held + this.line.length > 0 || keys.get(this.#key) !== this) return;
    keys.delete(this.#key);
    if (keys.size === 0) super.idle();
  }

  #tell(): void {
    const of = this.#of;
    of.held += this.held - this.#held;
    this.#held = this.held;
    of.pending += this.line.length - this.#pending;
    this.#pending = this.line.length;
    const turn = this.#turn;
    if (turn === undefined || this.isReady === (turn.list !== undefined)) return;
    if (this.isReady) of.turns.add(turn);
    else of.turns.remove(turn);
  }
}
