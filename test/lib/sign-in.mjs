/** Sign-in codes as the server makes them, for tests that need many or odd ones. */
import { createHmac, randomBytes } from "node:crypto";

/**
 * @param {string} token  the owner's
 * @param {number} expiry  in seconds since 1970
 */
export function makeCode(token, expiry) {
  const what = `${expiry}.${randomBytes(16).toString("hex")}`;
  return `${what}.${createHmac("sha256", token).update(`muster sign-in link ${what}`).digest("hex")}`;
}
