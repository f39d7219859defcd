import type { CancelScope } from "../cancel/scope.ts";
import type { EachOptions } from "./each.ts";
import type { StreamSource } from "./source.ts";
export type ForEachOptions<T = unknown> = EachOptions<T>;
export declare function forEach<T>(items: StreamSource<T>, fn: (item: T, index: number, scope: CancelScope) => unknown, options: ForEachOptions<T>): Promise<void>;
