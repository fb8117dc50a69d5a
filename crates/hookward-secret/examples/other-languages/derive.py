# The secret of a scan, with Python's standard library.
# HOOKWARD_KEY=<key in base64> python3 derive.py developer-payload|header <audience> <scan id>
import base64
import hashlib
import hmac
import os
import struct
import sys


def derive(key, purpose, audience, scan_id):
    pieces = [text.encode() for text in ("hookward-derive-v1", purpose, audience, scan_id)]
    message = struct.pack("<Q", len(pieces))
    for piece in pieces:
        message += struct.pack("<Q", len(piece)) + piece
    mac = hmac.new(key, message, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()


key = base64.b64decode(os.environ["HOOKWARD_KEY"], validate=True)
print(derive(key, *sys.argv[1:]))
