import { LostWatch } from "../sync/lost.ts";
import type { Resource } from "./resource.ts";

/** Finds leases that were collected without having been released. */
export const leases: LostWatch<Resource<unknown, unknown>> = /* @__PURE__ */ new LostWatch(
  (resource) => resource.shelf.lost(resource),
);
