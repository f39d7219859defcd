/** How PostgreSQL is asked to end a query: on a connection of its own, with the secret of the other one. */

/** Where the server is, and what it knows the session by. */
export interface CancelTarget {
  readonly host: string;
  readonly port: number;
  /** What is given to `tls.connect()`; `true` for nothing in particular, `false` for no TLS. */
  readonly ssl: boolean | object;
  /** Whether TLS begins at once, without asking for it. */
  readonly directSsl: boolean;
  readonly processId: number;
  /** Four bytes as a number; protocol 3.2 has up to 256 of them. */
  readonly secretKey: number | Uint8Array;
}

interface Socket {
  once(event: string, listener: (value: never) => void): this;
  on(event: string, listener: (value: never) => void): this;
  write(data: Uint8Array): unknown;
  end(data?: Uint8Array): unknown;
  destroy(): unknown;
  removeAllListeners(event: string): unknown;
}

interface NetModule {
  connect(options: object): Socket;
  isIP(host: string): number;
}

interface TlsModule {
  connect(options: object): Socket;
}

interface NodeProcess {
  getBuiltinModule?: (name: string) => unknown;
}

const CANCEL_REQUEST = 80_877_102;
const SSL_REQUEST = 80_877_103;
const YES = "S".charCodeAt(0);

function builtin(name: string): unknown {
  const { process } = globalThis as { process?: NodeProcess };
  return process?.getBuiltinModule?.(name);
}

/** Whether this runtime has sockets that can be opened here. */
export function hasSockets(): boolean {
  return builtin("node:net") !== undefined;
}

/** A length, a code that stands in place of a version, and the rest. */
function packet(code: number, ...rest: (number | Uint8Array)[]): Uint8Array {
  const length = rest.reduce<number>(
    (sum, part) => sum + (typeof part === "number" ? 4 : part.length),
    8,
  );
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, length);
  view.setInt32(4, code);
  let at = 8;
  for (const part of rest) {
    if (typeof part === "number") {
      view.setInt32(at, part);
      at += 4;
    } else {
      bytes.set(part, at);
      at += part.length;
    }
  }
  return bytes;
}

/** The packet itself: 16 bytes, or more where the secret is longer. */
export function cancelPacket(processId: number, secretKey: number | Uint8Array): Uint8Array {
  return packet(CANCEL_REQUEST, processId, secretKey);
}

function once(socket: Socket, event: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    socket.once(event, resolve);
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("The server closed the connection")));
  });
}

async function secured(socket: Socket, target: CancelTarget): Promise<Socket> {
  if (!target.directSsl) {
    socket.write(packet(SSL_REQUEST));
    const answer = (await once(socket, "data")) as Uint8Array;
    if (answer[0] !== YES) throw new Error("The server does not support TLS connections");
  }
  const net = builtin("node:net") as NetModule;
  const tls = builtin("node:tls") as TlsModule;
  const secure = tls.connect({
    socket,
    host: target.host,
    ...(net.isIP(target.host) === 0 ? { servername: target.host } : undefined),
    ...(target.directSsl ? { ALPNProtocols: ["postgresql"] } : undefined),
    ...(typeof target.ssl === "object" ? target.ssl : undefined),
  });
  await once(secure, "secureConnect");
  return secure;
}

/**
 * Asks, and waits until the server has closed the connection: by then the session has been told, so that the
 * request cannot meet a later query.
 */
export async function requestCancel(target: CancelTarget, signal: AbortSignal): Promise<void> {
  const net = builtin("node:net") as NetModule;
  const { host, port } = target;
  const place = host.startsWith("/") ? { path: `${host}/.s.PGSQL.${port}` } : { host, port };
  const socket = net.connect(place);
  const stop = (): void => void socket.destroy();
  signal.addEventListener("abort", stop, { once: true });
  try {
    // Whoever waits is told; what comes later is nobody's.
    socket.on("error", () => {});
    await once(socket, "connect");
    const way = target.ssl === false ? socket : await secured(socket, target);
    const closed = new Promise<void>((resolve, reject) => {
      way.once("error", (error: Error & { readonly code?: string }) => {
        // It is told by then: some servers do not take the time to say goodbye.
        if (error.code === "ECONNRESET") resolve();
        else reject(error);
      });
      way.once("close", () => resolve());
    });
    // Not ended from here: a server that reads an end before the packet may not act on it.
    way.on("data", () => {});
    way.write(cancelPacket(target.processId, target.secretKey));
    await closed;
    if (signal.aborted) throw signal.reason;
  } finally {
    signal.removeEventListener("abort", stop);
    socket.destroy();
  }
}
