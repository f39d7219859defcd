import type { WaitOptions } from "../cancel/sleep.ts";
import { type ChannelOptions } from "./channel.ts";
import { type Receiver } from "./receiver.ts";
export interface EventTargetLike<E> {
    addEventListener(name: string, listener: (event: E) => void): void;
    removeEventListener(name: string, listener: (event: E) => void): void;
}
export interface EventEmitterLike {
    on(name: string, listener: (...args: any[]) => void): unknown;
    off(name: string, listener: (...args: any[]) => void): unknown;
}
export interface FromEventsOptions<E> extends Omit<ChannelOptions<E>, "overflow"> {
    capacity: number;
    overflow?: "dropOldest" | "dropNewest" | "conflate" | undefined;
}
export declare function fromEvents<E>(source: EventTargetLike<E> | EventEmitterLike, name: string, options: FromEventsOptions<E>): Receiver<E>;
interface EventEmitterSink {
    emit(name: string, item: unknown): unknown;
}
interface EventTargetSink {
    dispatchEvent(event: Event): unknown;
}
export type EventSink = EventEmitterSink | EventTargetSink;
export declare function toEvents<T>(receiver: Receiver<T>, sink: EventSink, name: string, options?: WaitOptions): Promise<void>;
export {};
