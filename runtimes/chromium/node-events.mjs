export { EventEmitter } from "events";
export { listenersOf as getEventListeners } from "./listeners.mjs";
