import { httpPool as onFetch, type HttpPool, type HttpPoolOptions } from "corral/http";
import { httpPool as onUndici } from "corral/http/undici";

type Options = Omit<HttpPoolOptions, "fetch">;

/** What the same tests run on. */
export const engines: readonly {
  readonly engine: string;
  readonly open: (options?: Options) => HttpPool;
}[] = [
  { engine: "fetch", open: (options) => onFetch(options) },
  { engine: "undici", open: (options) => onUndici(options) },
];
