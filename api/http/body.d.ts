import type { BodySource } from "./engine.ts";
import { type FailedRequest } from "./errors.ts";
export interface BodyOwner {
    readonly request: FailedRequest;
    readonly cancelled: boolean;
    readonly ended: Promise<void>;
    read(bytes: number): void;
    over(): void;
}
export declare class Body {
    #private;
    readonly ended: Promise<void>;
    bytes: number;
    failure: {
        readonly error: unknown;
    } | undefined;
    over: boolean;
    readonly isAbsent: boolean;
    constructor(source: BodySource | undefined, owner: BodyOwner);
    read(): Promise<Uint8Array | undefined>;
    get isUnread(): boolean;
    unread(chunks: readonly Uint8Array[]): void;
    cancel(reason?: unknown): Promise<void>;
    fail(error: unknown): void;
}
