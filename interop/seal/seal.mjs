// Seals and opens hookward payloads with the npm package paseto-ts.
//
// Reads one JSON object from standard input and writes one to standard output; the form is that of
// crates/hookward-seal/examples/seal.rs. paseto-ts judges times by its own clock, so `now` is not
// read, and it has no PASERK ids, so the key's id is read from `key_id`.

import { strict as assert } from "node:assert";
import { readFileSync, writeSync } from "node:fs";
import { decrypt, encrypt } from "paseto-ts/v4";

function implicitAssertion({ purpose, audience, scan_id }) {
  const number = (value) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(value));
    return bytes;
  };
  const pieces = ["hookward-seal-v1", purpose, audience, scan_id].map((piece) => Buffer.from(piece));
  const encoded = pieces.flatMap((piece) => [number(piece.length), piece]);
  return new Uint8Array(Buffer.concat([number(pieces.length), ...encoded]));
}

const rfc3339 = (seconds) => new Date(seconds * 1000).toISOString();
const seconds = (text) => Math.floor(Date.parse(text) / 1000);

const request = JSON.parse(readFileSync(0, "utf8"));
const footer = { kid: request.key_id, aud: request.audience };
const assertion = implicitAssertion(request);
let answer;
if (request.do === "seal") {
  // `data` that is undefined is left out.
  const claims = { iat: rfc3339(request.iat), exp: rfc3339(request.exp), data: request.data };
  answer = { token: encrypt(request.key, claims, { footer, assertion }) };
} else {
  const { payload, footer: found } = decrypt(request.key, request.token, { assertion });
  assert.deepEqual(found, footer);
  answer = { iat: seconds(payload.iat), exp: seconds(payload.exp), data: payload.data };
}
writeSync(1, JSON.stringify(answer));
