// Sends a submission, an export and a deletion with the npm package plagiarism-checker.
//
// Reads the settings from standard input; interop/src/sdks.rs says what they are. Only fields that
// the package's own types have are set.

import { readFileSync } from "node:fs";
import sdk from "plagiarism-checker";

const s = JSON.parse(readFileSync(0, "utf8"));
sdk.CopyleaksConfig.API_SERVER_URI = s.server;

const token = {
  access_token: "none",
  ".issued": new Date().toISOString(),
  ".expires": new Date(Date.now() + 86_400_000).toISOString(),
};
const target = { endpoint: s.upload, verb: "PUT", headers: s.headers };
const client = new sdk.Copyleaks();
await client.submitUrlAsync(
  token,
  s.scanId,
  new sdk.CopyleaksURLSubmissionModel("https://example.com", {
    webhooks: { status: s.status, newResult: s.newResult },
    developerPayload: s.payload,
  }),
);
await client.exportAsync(
  token,
  s.scanId,
  s.exportId,
  new sdk.CopyleaksExportModel(
    s.completion,
    [{ id: s.resultId, ...target }],
    target,
    s.maxRetries,
    s.payload,
    target,
  ),
);
await client.deleteAsync(
  token,
  new sdk.CopyleaksDeleteRequestModel([{ id: s.scanId }], undefined, s.completion),
);
