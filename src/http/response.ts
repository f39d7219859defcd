import { cancellable, CancelScope, type WaitOptions } from "../index.ts";
import type { Body } from "./body.ts";
import { collect, join } from "./bytes.ts";
import { type EngineHeaders, headersOf } from "./engine.ts";
import type { StatusResponse } from "./errors.ts";

/** Where the body of a response is: still on its way, or in memory. */
export type Content =
  | {
      readonly body: Body;
      /** How many bytes it will have, if that is known. */
      readonly length: number | undefined;
      readonly discard: () => Promise<void>;
      /** The scope of the call that it belongs to. */
      readonly within: CancelScope;
    }
  | { readonly bytes: Uint8Array };

/** What a response says before its body. */
export interface ResponseHead {
  readonly url: string;
  readonly status: number;
  readonly statusText: string;
  readonly headers: EngineHeaders;
  readonly redirected: boolean;
  /** How many attempts it took. */
  readonly attempts: number;
  readonly fromCache: boolean;
}

const decoder = new TextDecoder();

/**
 * A response, as that of `fetch`.
 *
 * It holds the place of its request until its body has been read, was cancelled or has failed: read it, or
 * dispose it (`await using`). One that nobody reads gives its place back when nothing has been read for
 * `bodyIdleMs`, or when it is garbage; both are reported.
 *
 * A read that is cancelled, by the scope that it is made in or by its `signal`, closes the connection.
 */
export class HttpResponse implements StatusResponse, AsyncDisposable {
  readonly url: string;
  readonly status: number;
  readonly statusText: string;
  readonly redirected: boolean;
  /** How many attempts it took, redirects not counted. */
  readonly attempts: number;
  /** Whether it came out of the cache of the pool, also if the server was asked whether it had changed. */
  readonly fromCache: boolean;
  readonly type = "basic" as const;
  readonly #head: ResponseHead;
  #headers: EngineHeaders;
  readonly #content: Content;
  #used = false;
  #stream: ReadableStream<Uint8Array> | undefined;
  #next: (() => Promise<Uint8Array | undefined>) | undefined;

  /** @internal */
  constructor(head: ResponseHead, content: Content) {
    this.#head = head;
    this.url = head.url;
    this.status = head.status;
    this.statusText = head.statusText;
    this.redirected = head.redirected;
    this.attempts = head.attempts;
    this.fromCache = head.fromCache;
    this.#headers = head.headers;
    this.#content = content;
  }

  get headers(): Headers {
    return (this.#headers = headersOf(this.#headers));
  }

  /** Whether the status is from 200 to 299. */
  get ok(): boolean {
    return this.status >= 200 && this.status <= 299;
  }

  /** Whether somebody has begun to read the body. */
  get bodyUsed(): boolean {
    return this.#used;
  }

  /** The body as a stream of bytes; `null` where there is none. Cancelling it closes the connection. */
  get body(): ReadableStream<Uint8Array> | null {
    const content = this.#content;
    if (this.#stream !== undefined) return this.#stream;
    if ("body" in content && content.body.isAbsent) return null;
    // What is being read elsewhere cannot be read here, too.
    const next = this.#take();
    this.#next = next;
    this.#used = false;
    this.#stream = new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          this.#used = true;
          const chunk = await next();
          if (chunk === undefined) controller.close();
          else controller.enqueue(chunk);
        },
        cancel: async (reason) => {
          this.#used = true;
          if ("body" in content) await content.body.cancel(reason);
        },
      },
      { highWaterMark: 0 },
    );
    return this.#stream;
  }

  /** Reads the body. */
  async bytes(options?: WaitOptions): Promise<Uint8Array<ArrayBuffer>> {
    const content = this.#content;
    const next = this.#take();
    if ("bytes" in content) return content.bytes.slice();
    const { body, within } = content;
    // What is read in the call's own scope is cut off with it.
    if (options?.signal === undefined && (CancelScope.current ?? within) === within) {
      return collect(next);
    }
    try {
      return await cancellable(collect(next), options);
    } catch (error) {
      await body.cancel(error);
      throw error;
    }
  }

  async arrayBuffer(options?: WaitOptions): Promise<ArrayBuffer> {
    return (await this.bytes(options)).buffer;
  }

  /** Reads the body as UTF-8. */
  async text(options?: WaitOptions): Promise<string> {
    return decoder.decode(await this.bytes(options));
  }

  /**
   * Reads the body as JSON.
   *
   * @throws {SyntaxError} If it is none.
   */
  async json<T = unknown>(options?: WaitOptions): Promise<T> {
    return JSON.parse(await this.text(options)) as T;
  }

  async blob(options?: WaitOptions): Promise<Blob> {
    const type = this.headers.get("content-type") ?? "";
    return new Blob([await this.bytes(options)], { type });
  }

  /** A `Response` of the platform with this body, for code that takes no other. */
  toResponse(): Response {
    const { status, statusText, headers } = this;
    // The platform refuses a body with these.
    const empty = status === 204 || status === 205 || status === 304;
    if (empty) void this[Symbol.asyncDispose]();
    return new Response(empty ? null : this.body, { status, statusText, headers });
  }

  /** Gives the place back: reads a small rest of the body, or closes the connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#used = true;
    const content = this.#content;
    if ("body" in content) {
      garbage?.unregister(content.body);
      await content.discard();
    }
  }

  /** @internal The whole body, if it has no more bytes than these; it can be read as before if not. */
  async upTo(most: number): Promise<Uint8Array | undefined> {
    const content = this.#content;
    if ("bytes" in content) return content.bytes;
    const { body, length } = content;
    if (length !== undefined && length > most) return undefined;
    const chunks: Uint8Array[] = [];
    for (let bytes = 0; bytes <= most;) {
      const chunk = await body.read();
      if (chunk === undefined) return join(chunks);
      chunks.push(chunk);
      bytes += chunk.byteLength;
    }
    body.unread(chunks);
    return undefined;
  }

  /** @internal The same response, with the body in memory. */
  with(bytes: Uint8Array): HttpResponse {
    return new HttpResponse({ ...this.#head, headers: this.#headers }, { bytes });
  }

  /** @internal Resolves when its place has been given back, or soon is. */
  get ended(): Promise<void> {
    const content = this.#content;
    return "body" in content ? content.body.ended : Promise.resolve();
  }

  /**
   * @internal Closes the connection, and tells whether there was something to close. It does not hold the
   * response, which may be garbage by then.
   */
  get abandon(): () => boolean {
    const content = this.#content;
    return () => {
      if (!("body" in content) || content.body.over) return false;
      void content.body.cancel("nobody has read it");
      return true;
    };
  }

  /** @internal Takes its place back when it is garbage that nobody has read. */
  watch(onGarbage: () => void): this {
    const content = this.#content;
    if ("body" in content && !content.body.over) garbage?.register(this, onGarbage, content.body);
    return this;
  }

  /** Only one may read. */
  #take(): () => Promise<Uint8Array | undefined> {
    // A stream that was looked at and not read from leaves all there is.
    if (this.#used || this.#stream?.locked === true) {
      throw new TypeError(
        "Cannot read a body: expected it to be unread, received one that was read",
      );
    }
    this.#used = true;
    if (this.#next !== undefined) return this.#next;
    const content = this.#content;
    if ("body" in content) {
      const { body } = content;
      garbage?.unregister(body);
      return () => body.read();
    }
    let rest: Uint8Array | undefined =
      content.bytes.length === 0 ? undefined : content.bytes.slice();
    return async () => {
      const chunk = rest;
      rest = undefined;
      return chunk;
    };
  }
}

const garbage: FinalizationRegistry<() => void> | undefined =
  typeof FinalizationRegistry === "undefined"
    ? undefined
    : new FinalizationRegistry((onGarbage) => onGarbage());
