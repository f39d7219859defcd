// A page has no such channels: nothing is ever told.
export const subscribe = () => {};
export const unsubscribe = () => {};
