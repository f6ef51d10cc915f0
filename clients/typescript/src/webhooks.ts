import { RylaError } from "./errors.js";
import { parseJson } from "./json.js";
import type { JobFacts } from "./shapes.gen.js";

/** A webhook that is not from the server that has the secret, or is too old. */
export class InvalidWebhook extends RylaError {}

export type WebhookHeaders = Headers | Record<string, string | string[] | undefined>;

/**
 * The message of a webhook, where its signature is right. Signed by the rules of standardwebhooks.com: HMAC-SHA256 over
 * `id.timestamp.body`. `body` is the raw body as it came. Throws `InvalidWebhook`.
 */
export async function verifyWebhook(
  headers: WebhookHeaders,
  body: string | Uint8Array,
  secret: string,
  options: { toleranceSeconds?: number; now?: Date } = {},
): Promise<{ type: string; data: JobFacts; [more: string]: unknown }> {
  const [id, timestamp, signatures] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) => header(headers, name));
  if (!id || !timestamp || !signatures) throw bad("a header of the signature is missing");
  const seconds = (options.now?.getTime() ?? Date.now()) / 1000;
  if (!(Math.abs(seconds - Number(timestamp)) <= (options.toleranceSeconds ?? 300))) throw bad("the timestamp is too far from now");
  const content = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const head = new TextEncoder().encode(`${id}.${timestamp}.`);
  const signed = new Uint8Array(head.length + content.length);
  signed.set(head);
  signed.set(content, head.length);
  const key = await crypto.subtle.importKey("raw", fromBase64(secret.replace(/^whsec_/, "")), { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  for (const each of signatures.split(" ")) {
    const [version, signature] = each.split(",");
    // `verify` compares in constant time.
    if (version === "v1" && signature && (await crypto.subtle.verify("HMAC", key, fromBase64(signature), signed))) {
      return parseJson(new TextDecoder().decode(content)) as { type: string; data: JobFacts };
    }
  }
  throw bad("no signature is right");
}

function header(headers: WebhookHeaders, name: string): string | undefined {
  if (headers instanceof Headers) return headers.get(name) ?? undefined;
  const found = headers[name] ?? Object.entries(headers).find(([each]) => each.toLowerCase() === name)?.[1];
  return Array.isArray(found) ? found[0] : found;
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  } catch (cause) {
    throw new InvalidWebhook({ code: "bad_webhook", message: "the secret or a signature is not base64" }, { cause });
  }
}

function bad(why: string): InvalidWebhook {
  return new InvalidWebhook({ code: "bad_webhook", message: `this webhook is not to be trusted: ${why}` });
}
