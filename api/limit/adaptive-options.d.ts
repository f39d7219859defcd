import type { PrimitiveOptions } from "../sync/primitive.ts";
import type { Algorithm } from "./adaptive-algorithm.ts";
export interface AdaptiveLag {
    thresholdMs: number;
    measure?: (() => number) | undefined;
}
export interface AdaptiveLimitOptions extends PrimitiveOptions {
    algorithm?: Algorithm | undefined;
    initial?: number | undefined;
    min?: number | undefined;
    max?: number | undefined;
    isDrop?: ((error: unknown) => boolean) | undefined;
    lag?: AdaptiveLag | undefined;
    onChange?: ((concurrency: number) => unknown) | undefined;
}
export interface Settings {
    readonly algorithm: Algorithm;
    readonly initial: number;
    readonly min: number;
    readonly max: number;
    readonly isDrop: (error: unknown) => boolean;
    readonly lag: AdaptiveLag | undefined;
    readonly onChange: ((concurrency: number) => unknown) | undefined;
}
export declare function readAdaptiveOptions(options: AdaptiveLimitOptions | undefined): Settings;
