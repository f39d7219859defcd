import { type Dispatcher } from "undici";
import type { HttpEngine } from "./engine.ts";
import { type HttpPool } from "./pool.ts";
import type { HttpPoolOptions } from "./options.ts";
export interface UndiciPoolOptions extends Omit<HttpPoolOptions, "fetch"> {
    dispatcher?: Dispatcher | undefined;
    keepAliveMs?: number | undefined;
    connectMs?: number | undefined;
}
export declare function undiciEngine(dispatcher: Dispatcher): HttpEngine;
export declare function httpPool(options?: UndiciPoolOptions): HttpPool;
