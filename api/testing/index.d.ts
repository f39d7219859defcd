export { type VirtualClock, withVirtualClock } from "./virtual-clock.ts";
