import { WaitQueue } from "../cancel/wait.ts";
import type { Places } from "./batch-places.ts";
export interface Holder<K, V> {
    left(wanted: Wanted<K, V>): void;
}
export declare class Wanted<K, V> extends WaitQueue<V> {
    #private;
    readonly key: K;
    readonly id: unknown;
    readonly due: number;
    order: number;
    holder: Holder<K, V>;
    slots: Places;
    before: Wanted<K, V> | undefined;
    after: Wanted<K, V> | undefined;
    constructor(key: K, id: unknown, due: number, holder: Holder<K, V>, slots: Places, target: object);
    left(): void;
}
export declare class KeyLine<K, V> {
    #private;
    first: Wanted<K, V> | undefined;
    count: number;
    get size(): number;
    get(id: unknown): Wanted<K, V> | undefined;
    push(wanted: Wanted<K, V>): void;
    remove(wanted: Wanted<K, V>): void;
    take(most: number): Wanted<K, V>[];
}
