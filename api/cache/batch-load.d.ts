import { CancelScope } from "../cancel/scope.ts";
import type { Holder, Wanted } from "./batch-keys.ts";
import { Places } from "./batch-places.ts";
import type { Home } from "./home.ts";
export type LoadMany<K> = (keys: readonly K[], scope: CancelScope) => unknown;
export declare class BatchLoad<K, V> implements Holder<K, V> {
    #private;
    constructor(all: readonly Wanted<K, V>[], name: string | undefined, home: Home);
    left(): void;
    run(loadMany: LoadMany<K>, places: Places, onEnd: () => void): void;
}
