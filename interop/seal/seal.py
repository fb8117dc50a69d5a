"""Seals and opens hookward payloads with the PyPI package pyseto.

Reads one JSON object from standard input and writes one to standard output; the form is that of
crates/hookward-seal/examples/seal.rs. pyseto judges `exp` by its own clock, so `now` is not read.
"""

import json
import struct
import sys
from datetime import datetime, timezone

import pyseto


def assertion(request):
    pieces = ["hookward-seal-v1", request["purpose"], request["audience"], request["scan_id"]]
    pieces = [piece.encode() for piece in pieces]
    lengths = [struct.pack("<Q", len(piece)) for piece in pieces]
    return struct.pack("<Q", len(pieces)) + b"".join(sum(zip(lengths, pieces), ()))


def rfc3339(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat()


def seconds(text):
    return int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())


request = json.load(sys.stdin)
key = pyseto.Key.from_paserk(request["key"])
footer = {"kid": key.to_paserk_id(), "aud": request["audience"]}
if request["do"] == "seal":
    claims = {"iat": rfc3339(request["iat"]), "exp": rfc3339(request["exp"])}
    if "data" in request:
        claims["data"] = request["data"]
    token = pyseto.encode(key, claims, footer, implicit_assertion=assertion(request))
    answer = {"token": token.decode()}
else:
    token = pyseto.decode(key, request["token"], assertion(request), deserializer=json)
    assert token.footer == footer, "the footer names another key or audience"
    answer = {"iat": seconds(token.payload["iat"]), "exp": seconds(token.payload["exp"])}
    if "data" in token.payload:
        answer["data"] = token.payload["data"]
json.dump(answer, sys.stdout)
