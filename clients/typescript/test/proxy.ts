/** A proxy that spoils answers on purpose. */
import { createServer, request as ask, type IncomingMessage, type ServerResponse } from "node:http";

export type Fault = (request: IncomingMessage, response: ServerResponse, number: number) => boolean;

export interface Proxy {
  url: string;
  /** Paths that were asked for, in order. */
  seen: string[];
  stop(): Promise<void>;
}

/** Forwards to `target`; `fault` may answer instead (and then gives true); `cutStreamsAfterMs` ends event streams early. */
export async function proxy(target: string, fault: Fault = () => false, cutStreamsAfterMs?: number): Promise<Proxy> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    if (fault(request, response, seen.length)) return;
    const onward = ask(new URL(request.url!, target), { method: request.method!, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
      answer.on("error", () => response.destroy());
      if (cutStreamsAfterMs !== undefined && request.url!.endsWith("/events")) {
        setTimeout(() => response.destroy(), cutStreamsAfterMs);
      }
    });
    onward.on("error", () => response.destroy());
    response.on("close", () => onward.destroy());
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
