import type { PrimitiveOptions } from "../sync/primitive.ts";
import { type Overflow } from "./conduit.ts";
import { Receiver } from "./receiver.ts";
import { Sender } from "./sender.ts";
export interface ChannelOptions<T> extends PrimitiveOptions {
    overflow?: Overflow | undefined;
    onUndelivered?: ((item: T) => unknown) | undefined;
}
export declare function channel<T>(capacity: number, options?: ChannelOptions<T>): [Sender<T>, Receiver<T>];
