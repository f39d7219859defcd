import { createServer, type Server, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { afterEach, describe, expect, test } from "vitest";
import { type CancelTarget, requestCancel } from "../../src/db/pg/cancel-request.ts";
import { explicit } from "../support/mode.ts";

// For localhost, and for these tests alone.
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgGQ3MzhQb7kzVdcCn
EMqQ0jykH4y7SRAdhx/kwSuudgWhRANCAAS+tZi2L7WePLHxIObTfAd2dbXwYLg+
DQuME1T3/S3pw1IHWlPAQ7SAO0yTVPAEmnSa6fRMII5XCixabehDI6h8
-----END PRIVATE KEY-----`;
const cert = `-----BEGIN CERTIFICATE-----
MIIBlDCCATugAwIBAgIUfd2O0uPjoX3Hw9RR4f1xVyyZ/oYwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjExMDcyOFoYDzIxMjYxMDI5
MTEwNzI4WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAS+tZi2L7WePLHxIObTfAd2dbXwYLg+DQuME1T3/S3pw1IHWlPAQ7SA
O0yTVPAEmnSa6fRMII5XCixabehDI6h8o2kwZzAdBgNVHQ4EFgQUfpp0LVhZSP1P
QJXmjEC02lyEKOkwHwYDVR0jBBgwFoAUfpp0LVhZSP1PQJXmjEC02lyEKOkwDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
RwAwRAIgOHrGpuN+PYmMFruQjBwuf7ltA8ypOQ8sMBdqFgNMaiUCIEAa4F32r51a
mhi5fhUjGfUx6OEuE4fjGh6W5mT7Dfi+
-----END CERTIFICATE-----`;

const servers: Server[] = [];
const never = new AbortController().signal;

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(serve: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    serve(socket);
  });
  servers.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return (server.address() as { port: number }).port;
}

function target(port: number, more?: Partial<CancelTarget>): CancelTarget {
  const host = "127.0.0.1";
  const usual = { host, port, ssl: false, directSsl: false, processId: 7, secretKey: 9 };
  return { ...usual, ...more };
}

const hex = (data: Buffer): string => data.toString("hex");
const PACKET = "0000001004d2162e0000000700000009";

// Without sockets that can be reached there is another way; see the driver.
describe.skipIf(explicit)("a CancelRequest (needs the runtime's sockets)", () => {
  test("is sixteen bytes, and over when the server has closed the connection", async () => {
    const got: string[] = [];
    const port = await listen((socket) =>
      socket.on("data", (data) => {
        got.push(hex(data));
        setTimeout(() => {
          got.push("closed");
          socket.end();
        }, 20);
      }),
    );
    await requestCancel(target(port), never);
    expect(got).toEqual([PACKET, "closed"]);
  });

  test("has a longer secret where the server gave one, and numbers that seem negative", async () => {
    const got: string[] = [];
    const port = await listen((socket) =>
      socket.on("data", (data) => {
        got.push(hex(data));
        socket.end();
      }),
    );
    await requestCancel(target(port, { secretKey: Uint8Array.of(1, 2, 3, 4, 5, 6) }), never);
    await requestCancel(target(port, { processId: -1, secretKey: -2 }), never);
    expect(got).toEqual([
      "0000001204d2162e00000007010203040506",
      "0000001004d2162efffffffffffffffe",
    ]);
  });

  test.each([false, true])(
    "goes through TLS if the connection does (at once: %s)",
    async (direct) => {
      const got: string[] = [];
      const secure = (socket: Socket): void => {
        const options = { isServer: true, key, cert, ALPNProtocols: ["postgresql"] };
        const way = new TLSSocket(socket, options);
        way.on("error", () => {});
        way.on("data", (data: Buffer) => {
          got.push(hex(data));
          way.end();
        });
      };
      const port = await listen((socket) => {
        if (direct) {
          secure(socket);
          return;
        }
        socket.once("data", (data) => {
          got.push(hex(data));
          socket.write("S");
          secure(socket);
        });
      });
      const ssl = { ca: cert };
      await requestCancel(target(port, { host: "localhost", ssl, directSsl: direct }), never);
      expect(got).toEqual(direct ? [PACKET] : ["0000000804d2162f", PACKET]);
      const trusted = requestCancel(
        target(port, { host: "localhost", ssl: true, directSsl: direct }),
        never,
      );
      await expect(trusted).rejects.toThrow(/self.signed/);
    },
  );

  test("is not sent in the clear if the server has no TLS", async () => {
    const got: string[] = [];
    const port = await listen((socket) =>
      socket.on("data", (data) => {
        got.push(hex(data));
        socket.write("N");
      }),
    );
    await expect(requestCancel(target(port, { ssl: true }), never)).rejects.toThrow(
      "does not support TLS",
    );
    expect(got).toEqual(["0000000804d2162f"]);
  });

  test("fails if nobody is there, or the server says nothing and the time is over", async () => {
    const port = await listen(() => {});
    const controller = new AbortController();
    const hanging = requestCancel(target(port), controller.signal);
    setTimeout(() => controller.abort(new Error("too late")), 20);
    await expect(hanging).rejects.toThrow("too late");
    servers.splice(0)[0]!.close();
    await expect(requestCancel(target(1), never)).rejects.toThrow("ECONNREFUSED");
    const gone = AbortSignal.abort(new Error("before"));
    await expect(requestCancel(target(port), gone)).rejects.toThrow();
  });
});
