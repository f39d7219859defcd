export { HttpCache, type HttpCacheOptions, type HttpCacheStats } from "./cache.ts";
export type {
  BodySource,
  EngineHeaders,
  EngineRequest,
  EngineResponse,
  HttpEngine,
} from "./engine.ts";
export {
  type FailedRequest,
  type GaveUp,
  HttpError,
  type HttpFailure,
  HttpNetworkError,
  type HttpPhase,
  HttpRedirectError,
  HttpStatusError,
  HttpTimeoutError,
  type HttpTimeoutPhase,
  HttpTooLateError,
  type StatusResponse,
} from "./errors.ts";
export type { HttpEvent } from "./events.ts";
export type {
  GatherManyOptions,
  GatherStats,
  HttpGathered,
  HttpItem,
  HttpItemError,
  HttpItemValue,
  HttpResult,
  ItemContext,
  ManyOptions,
  Parse,
  StreamManyOptions,
} from "./many.ts";
export type { HedgeSettings, HttpPoolOptions, OutgoingRequest } from "./options.ts";
export { type HttpCloseOptions, HttpPool, httpPool, type HttpPoolStats } from "./pool.ts";
export type { HttpBody, HttpInit, HttpInput, HttpProgress } from "./request.ts";
export { HttpResponse, type ResponseHead } from "./response.ts";
export type { HttpRetryOptions } from "./retries.ts";
export type { HttpTimeouts } from "./timeouts.ts";
