"""Reads rules for AWS WAF with the service's own model, and plays requests against them as its
documentation says they are matched.

    aws_waf.py FILE -- SECRET_FILE...
"""

import base64
import json
import re
import sys
from urllib.parse import unquote_plus

import botocore
import botocore.session
from botocore.serialize import create_serializer
from botocore.validate import ParamValidator

file, _, *secret_files = sys.argv[1:]
document = json.load(open(file, encoding="ascii"))
secrets = [open(name, encoding="ascii").read() for name in secret_files]
model = botocore.session.get_session().get_service_model("wafv2")
print(f"the service model {model.api_version} of botocore {botocore.__version__}")


def line(name, failure):
    print(f"{name}: {failure or 'ok'}")


def with_blobs(value):
    """The document as a program has it: blobs are bytes, which the SDK encodes."""
    if isinstance(value, list):
        return [with_blobs(item) for item in value]
    if isinstance(value, dict):
        return {
            name: base64.b64decode(item, validate=True)
            if name == "SearchString"
            else with_blobs(item)
            for name, item in value.items()
        }
    return value


def check(operation, document):
    """What the model finds wrong, or what the SDK would send instead."""
    shape = model.operation_model(operation)
    document = {"Scope": "REGIONAL", **document}
    parameters = with_blobs(document)
    report = ParamValidator().validate(parameters, shape.input_shape)
    if report.has_errors():
        return report.generate_report()
    sent = create_serializer("json").serialize_to_request(parameters, shape)["body"]
    return None if json.loads(sent) == document else "the SDK would send something else"


line("the rules are as CheckCapacity takes them", check("CheckCapacity", {"Rules": document["Rules"]}))
for ip_set in document["IPSets"]:
    line(f"{ip_set['Name']} is as CreateIPSet takes it", check("CreateIPSet", ip_set))


def field(request, wanted):
    (kind, options), = wanted.items()
    headers = request["headers"]
    if kind == "Method":
        return [request["method"]]
    if kind == "UriPath":
        return [request["path"]]
    if kind == "SingleHeader":
        # Which of several lines is looked at is not documented: any may be.
        return [value for name, value in headers if name.lower() == options["Name"].lower()]
    if kind == "HeaderOrder":
        return [":".join(name for name, _ in headers)]
    raise ValueError(kind)


def transformed(text, statement):
    for transformation in statement["TextTransformations"]:
        text = {"NONE": str, "LOWERCASE": str.lower, "URL_DECODE": unquote_plus}[transformation["Type"]](text)
    return text


def holds(statement, request):
    (kind, inner), = statement.items()
    if kind == "AndStatement":
        return all(holds(each, request) for each in inner["Statements"])
    if kind == "OrStatement":
        return any(holds(each, request) for each in inner["Statements"])
    if kind == "NotStatement":
        return not holds(inner["Statement"], request)
    if kind == "IPSetReferenceStatement":
        return request["listed"]
    texts = [transformed(text, inner) for text in field(request, inner["FieldToMatch"])]
    if kind == "RegexMatchStatement":
        return any(re.search(inner["RegexString"], text) for text in texts)
    if kind == "ByteMatchStatement":
        assert inner["PositionalConstraint"] == "EXACTLY"
        return base64.b64decode(inner["SearchString"]) in [text.encode() for text in texts]
    raise ValueError(kind)


def verdict(request):
    for rule in sorted(document["Rules"], key=lambda rule: rule["Priority"]):
        if holds(rule["Statement"], request):
            return next(iter(rule["Action"]))
    return "nothing"


HEADER = "X-Webhook-Secret"
PATH = "/copyleaks/completed/scan-1"


def request(*values, method="POST", path=PATH, listed=True, more=()):
    headers = [("Host", "hooks.example.com"), *((HEADER, value) for value in values), *more]
    return {"method": method, "path": path, "headers": headers, "listed": listed}


right = secrets[0]
cases = [(f"secret {index}", request(secret), "Allow") for index, secret in enumerate(secrets)]
cases += [
    ("an upload with PUT", request(right, method="PUT", path="/copyleaks/export/scan-1/artefact"), "Allow"),
    ("from another address", request(right, listed=False), "Block"),
    ("from another address, encoded", request(path="/%63opyleaks/completed/sc+%61n%2D1", listed=False), "Block"),
    ("another path, from another address", request(path="/", listed=False), "nothing"),
    ("no header", request(), "nothing"),
    ("a wrong secret", request("wrong"), "nothing"),
    ("the secret in another case", request(right.swapcase()), "nothing"),
    ("the secret and more", request(right + "x"), "nothing"),
    ("the header twice", request(right, right), "nothing"),
    ("the right header, then a wrong one", request(right, "wrong"), "nothing"),
    ("a wrong header, then the right one", request("wrong", right), "nothing"),
    ("the header twice with others between", request(right, more=[("A", "b"), (HEADER, "wrong")]), "nothing"),
    ("a longer name beside it", request(right, more=[(HEADER + "-2", "b"), ("A-" + HEADER, "b")]), "Allow"),
    ("the right header on another path", request(right, path="/admin"), "nothing"),
    ("a slash that is encoded", request(right, path="/copyleaks/completed/..%2f..%2fadmin"), "nothing"),
    ("the right header with PUT", request(right, method="PUT"), "nothing"),
]
for name, asked, expected in cases:
    found = verdict(asked)
    line(f"{name} comes to {expected}", None if found == expected else found)
