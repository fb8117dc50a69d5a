// The secret of a scan, with Node's standard library.
// HOOKWARD_KEY=<key in base64> node derive.mjs developer-payload|header <audience> <scan id>
import { createHmac } from "node:crypto";

function number(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function derive(key, purpose, audience, scanId) {
  const pieces = ["hookward-derive-v1", purpose, audience, scanId].map((text) => Buffer.from(text));
  const mac = createHmac("sha256", key).update(number(pieces.length));
  for (const piece of pieces) {
    mac.update(number(piece.length)).update(piece);
  }
  return mac.digest("base64url");
}

console.log(derive(Buffer.from(process.env.HOOKWARD_KEY, "base64"), ...process.argv.slice(2)));
