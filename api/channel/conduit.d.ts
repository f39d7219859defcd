import { ClosedError } from "../cancel/errors.ts";
import { type Wait } from "../cancel/wait.ts";
import { Exchange } from "./exchange.ts";
export type Overflow = "wait" | "dropOldest" | "dropNewest" | "conflate";
export interface ChannelStats {
    readonly capacity: number;
    readonly size: number;
    readonly reserved: number;
    readonly senders: number;
    readonly receivers: number;
    readonly sending: number;
    readonly receiving: number;
}
export declare const THIS_END = "this end is closed";
export declare function closedError(why: string): ClosedError;
export declare class Conduit<T> extends Exchange<T> {
    #private;
    readonly name: string | undefined;
    readonly overflow: Overflow;
    readonly onUndelivered: ((item: T) => unknown) | undefined;
    senders: number;
    receivers: number;
    failure: {
        readonly error: unknown;
    } | undefined;
    abandoned: (() => void) | undefined;
    constructor(capacity: number, overflow: Overflow, onUndelivered: ((item: T) => unknown) | undefined, name: string | undefined);
    stats(): ChannelStats;
    undelivered(item: T): void;
    left({ payload }: Wait): void;
    refused(wait: Wait, error: unknown): void;
    send(item: T): boolean;
    fill(item: T): void;
    release(): void;
    senderClosed(end: object, failure: Conduit<T>["failure"]): void;
    receiverClosed(end: object): void;
}
