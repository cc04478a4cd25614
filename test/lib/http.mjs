/** One HTTP request on a connection of its own, with whatever headers the test wants. */
import { request } from "node:http";

/**
 * @param {string} base  "http://127.0.0.1:4747"
 * @param {{method?: string, path: string, headers?: object, body?: unknown}} options
 *   body: an object is sent as JSON, a string or bytes as they are
 * @returns {Promise<{status: number, headers: object, text: string, bytes: Buffer, body: any}>}
 *   body: the answer's JSON, or null where it is none
 */
export function http(base, { method = "GET", path, headers = {}, body }) {
  const { hostname, port } = new URL(base);
  const payload = encodeBody(body);
  const all = { ...payload.headers, ...headers };
  return new Promise((resolve, reject) => {
    const options = { host: hostname, port, method, path, headers: all, agent: false };
    const req = request(options, (res) => {
      const chunks = [];
      res.on("data", (chunk) => chunks.push(chunk));
      res.on("error", reject);
      res.on("end", () => {
        const bytes = Buffer.concat(chunks);
        const text = bytes.toString("utf8");
        const { statusCode: status, headers: answered } = res;
        resolve({ status, headers: answered, text, bytes, body: parse(text) });
      });
    });
    req.on("error", reject);
    req.end(payload.bytes);
  });
}

function encodeBody(body) {
  if (body === undefined) return { headers: {}, bytes: undefined };
  const raw = typeof body === "string" || Buffer.isBuffer(body);
  const bytes = raw ? Buffer.from(body) : Buffer.from(JSON.stringify(body));
  const headers = { "content-type": "application/json", "content-length": bytes.length };
  return { headers, bytes };
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
