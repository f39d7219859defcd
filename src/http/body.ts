import { ClosedError } from "../index.ts";
import type { BodySource } from "./engine.ts";
import { type FailedRequest, HttpNetworkError } from "./errors.ts";

/** What a body tells the exchange that it belongs to. */
export interface BodyOwner {
  readonly request: FailedRequest;
  /** Whether it was cancelled, or is over time: then it says what the body failed with, a moment later. */
  readonly cancelled: boolean;
  /** Resolves when that is known. */
  readonly ended: Promise<void>;
  /** So many bytes were read. */
  read(bytes: number): void;
  /** All was read, or no more will come: the connection is used no longer. */
  over(): void;
}

/** The body of a response while it is open: the place of its request is held until `ended`. */
export class Body {
  /** Resolves when it was read to its end, has failed or was cancelled. Never rejects. */
  readonly ended: Promise<void>;
  /** How many bytes were read. */
  bytes = 0;
  /** What it failed with. */
  failure: { readonly error: unknown } | undefined = undefined;
  over = false;
  /** Whether the response has none. */
  readonly isAbsent: boolean;
  readonly #owner: BodyOwner;
  readonly #source: BodySource | undefined;
  #end!: () => void;
  #reading = false;
  #again: Uint8Array[] = [];

  constructor(source: BodySource | undefined, owner: BodyOwner) {
    this.#owner = owner;
    this.#source = source;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.isAbsent = source === undefined;
    if (this.isAbsent) this.#finish();
  }

  /**
   * The next chunk; `undefined` at the end.
   *
   * @throws {HttpNetworkError} If the connection broke off. The same again on each call.
   * @throws {HttpTimeoutError} If a limit of time was over.
   */
  async read(): Promise<Uint8Array | undefined> {
    const again = this.#again.shift();
    if (again !== undefined) return again;
    if (this.over) return this.#after();
    if (this.#reading) {
      throw new TypeError("Cannot read a body: expected no other read to be under way");
    }
    this.#reading = true;
    let chunk: Uint8Array | undefined;
    try {
      chunk = await this.#source!.read();
    } catch (error) {
      if (!this.#owner.cancelled) {
        this.fail(new HttpNetworkError(this.#owner.request, "body", error));
      }
      return await this.#after();
    } finally {
      this.#reading = false;
    }
    // It may have been cut off while the chunk was on its way.
    if (this.over) return this.#after();
    if (chunk === undefined) {
      this.#finish();
      return undefined;
    }
    this.bytes += chunk.byteLength;
    this.#owner.read(chunk.byteLength);
    return chunk;
  }

  /** Whether nobody has read anything, nor waits to. */
  get isUnread(): boolean {
    return this.bytes === 0 && !this.#reading;
  }

  /** Lets chunks be read again that were. */
  unread(chunks: readonly Uint8Array[]): void {
    this.#again.unshift(...chunks);
  }

  /** Nobody wants the rest: the connection is closed, unless all of it has arrived. */
  async cancel(reason?: unknown): Promise<void> {
    if (this.over) return;
    this.over = true;
    this.failure = {
      error: new ClosedError("Cannot read a body: it was cancelled", { cause: reason }),
    };
    try {
      await this.#source?.cancel(reason);
    } catch {
      // What has failed already has nothing left to cancel.
    } finally {
      this.#end();
    }
  }

  /** It has failed: whoever reads is told so. */
  fail(error: unknown): void {
    if (this.over) return;
    this.failure = { error };
    this.#finish();
    void stop(this.#source, error);
  }

  #finish(): void {
    this.over = true;
    this.#owner.over();
    this.#end();
  }

  async #after(): Promise<undefined> {
    // What it was cut off for is told when its place is another's.
    if (this.#owner.cancelled) await this.#owner.ended;
    if (this.failure !== undefined) throw this.failure.error;
    return undefined;
  }
}

async function stop(source: BodySource | undefined, error: unknown): Promise<void> {
  try {
    await source?.cancel(error);
  } catch {
    // It has failed with the same.
  }
}
