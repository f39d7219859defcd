import type { BodySource, EngineResponse } from "./engine.ts";

/** So many bytes that nobody has read hold up the server. */
const HIGH_WATER_BYTES = 64 * 1024;

/** What a dispatcher of undici lets a handler do: since version 7 as it is, in version 6 made of callbacks. */
export interface Controller {
  abort(reason: Error): void;
  pause(): void;
  resume(): void;
}

type HeaderRecord = Record<string, string | string[] | undefined>;

/**
 * One request as a dispatcher of undici tells of it, without the streams of Node between. It has the methods
 * that version 6 calls and those that versions 7 and 8 do.
 */
export class UndiciExchange implements BodySource {
  readonly #resolve: (response: EngineResponse) => void;
  readonly #reject: (error: unknown) => void;
  readonly #signal: AbortSignal;
  #controller: Controller | undefined;
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #paused = false;
  #end: { readonly error: unknown } | "complete" | undefined;
  #reader:
    | { resolve(chunk: Uint8Array | undefined): void; reject(error: unknown): void }
    | undefined;

  constructor(
    signal: AbortSignal,
    resolve: (response: EngineResponse) => void,
    reject: (error: unknown) => void,
  ) {
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
    signal.addEventListener("abort", this.#abort);
  }

  read(): Promise<Uint8Array | undefined> {
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) {
      this.#bytes -= chunk.byteLength;
      if (this.#paused && this.#bytes < HIGH_WATER_BYTES) {
        this.#paused = false;
        this.#controller?.resume();
      }
      return Promise.resolve(chunk);
    }
    if (this.#end === "complete") return Promise.resolve(undefined);
    if (this.#end !== undefined) return Promise.reject(this.#end.error);
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
    });
  }

  cancel(reason: unknown): void {
    if (this.#end !== undefined) return;
    this.#fail(reason);
    this.#controller?.abort(errorOf(reason));
  }

  // Versions 7 and 8.

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    // It was aborted while it waited for a connection.
    if (this.#end !== undefined) controller.abort(errorOf(this.#signal.reason));
  }

  onResponseStart(
    _controller: Controller,
    status: number,
    headers: HeaderRecord,
    statusText?: string,
  ): void {
    // What comes before the response proper says nothing that anybody has asked for.
    if (status < 200) return;
    this.#resolve({ status, statusText: statusText ?? "", headers, body: this });
  }

  onResponseData(controller: Controller, chunk: Uint8Array): void {
    const reader = this.#reader;
    if (reader !== undefined) {
      this.#reader = undefined;
      reader.resolve(chunk);
      return;
    }
    this.#chunks.push(chunk);
    this.#bytes += chunk.byteLength;
    if (this.#bytes < HIGH_WATER_BYTES) return;
    this.#paused = true;
    controller.pause();
  }

  onResponseEnd(): void {
    this.#over("complete");
    this.#reader?.resolve(undefined);
    this.#reader = undefined;
  }

  onResponseError(_controller: Controller | undefined, error: unknown): void {
    this.#fail(error);
  }

  // Version 6.

  onConnect(abort: (reason: Error) => void): void {
    this.onRequestStart({ abort, pause: () => {}, resume: () => this.#resume?.() });
  }

  #resume: (() => void) | undefined;

  onHeaders(
    status: number,
    raw: readonly Uint8Array[],
    resume: () => void,
    statusText: string,
  ): boolean {
    this.#resume = resume;
    this.onResponseStart(this.#controller!, status, recordOf(raw), statusText);
    return true;
  }

  onData(chunk: Uint8Array): boolean {
    this.onResponseData(this.#controller!, chunk);
    return !this.#paused;
  }

  onComplete(): void {
    this.onResponseEnd();
  }

  onError(error: unknown): void {
    this.#fail(error);
  }

  readonly #abort = (): void => {
    const { reason } = this.#signal;
    this.#fail(reason);
    this.#controller?.abort(errorOf(reason));
  };

  #fail(error: unknown): void {
    if (!this.#over({ error })) return;
    this.#chunks = [];
    this.#reject(error);
    this.#reader?.reject(error);
    this.#reader = undefined;
  }

  #over(end: { readonly error: unknown } | "complete"): boolean {
    if (this.#end !== undefined) return false;
    this.#end = end;
    this.#signal.removeEventListener("abort", this.#abort);
    return true;
  }
}

/** It takes nothing else for the reason of an abort. */
function errorOf(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error("aborted", { cause: reason });
}

const latin1 = new TextDecoder("latin1");

/** Names and values in turn, as they have come. */
function recordOf(raw: readonly Uint8Array[]): HeaderRecord {
  // Without a prototype, whose names a server may use.
  const record = Object.create(null) as HeaderRecord;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = latin1.decode(raw[i]).toLowerCase();
    const value = latin1.decode(raw[i + 1]);
    const before = record[name];
    if (before === undefined) record[name] = value;
    else record[name] = Array.isArray(before) ? [...before, value] : [before, value];
  }
  return record;
}
