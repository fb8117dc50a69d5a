"""Reads rules for Cloudflare with the types of its SDK, and the same as Terraform with those that
are generated from its provider.

    cloudflare_rules.py JSON_FILE TERRAFORM_FILE -- SECRET_FILE...
"""

import json
import re
import sys

import cloudflare
import hcl2
import pulumi_cloudflare
from cloudflare.types.rulesets import block_rule_param, skip_rule_param
from pydantic import ConfigDict, TypeAdapter, ValidationError

json_file, terraform_file, _, *secret_files = sys.argv[1:]
rules = json.load(open(json_file, encoding="ascii"))
terraform = open(terraform_file, encoding="ascii").read()
secrets = [open(name, encoding="ascii").read() for name in secret_files]
print(f"the types of cloudflare {cloudflare.__version__} and of pulumi-cloudflare, from the provider's schema")


def line(name, failure):
    print(f"{name}: {failure or 'ok'}")


def adapter(module, name):
    """A reader that refuses what the type does not have."""
    for each in vars(module).values():
        if isinstance(each, type) and hasattr(each, "__total__"):
            each.__pydantic_config__ = ConfigDict(extra="forbid", arbitrary_types_allowed=True)
    return TypeAdapter(getattr(module, name))


KINDS = {
    "skip": adapter(skip_rule_param, "SkipRuleParam"),
    "block": adapter(block_rule_param, "BlockRuleParam"),
}
for rule in rules:
    try:
        KINDS[rule["action"]].validate_python(rule)
        failure = None
    except ValidationError as error:
        failure = str(error).replace("\n", " ")
    line(f"{rule['ref']} is as the API takes it", failure)


def literals(expression):
    """The quoted strings of an expression, unescaped."""
    quoted = re.findall(r'"((?:[^"\\]|\\["\\])*)"', expression)
    return [re.sub(r"\\(.)", r"\1", text) for text in quoted]


expression = rules[-1]["expression"]
line("the expression has every secret", None if set(secrets) <= set(literals(expression)) else "not all")
outside = re.sub(r'"(?:[^"\\]|\\["\\])*"', '""', expression)
words = set(re.findall(r"[a-z_.]+", outside))
known = {
    "and", "or", "not", "in", "eq", "len", "strict", "wildcard", "http.request.method",
    "http.request.uri.path", "http.request.headers", "http.request.headers.truncated", "url_decode",
}
line("nothing of a secret is outside of quotes", None if words <= known else str(words - known))


def unquoted(value):
    """What the parser leaves as it is written."""
    if isinstance(value, str) and value.startswith('"'):
        return json.loads(value)
    if isinstance(value, dict):
        return {unquoted(name): unquoted(each) for name, each in value.items()}
    if isinstance(value, list):
        return [unquoted(each) for each in value]
    return value


resource = unquoted(hcl2.loads(terraform))["resource"][0]["cloudflare_ruleset"]["hookward"]
resource = {name: value for name, value in resource.items() if not name.startswith("__")}
line("Terraform reads the same rules", None if resource["rules"] == rules else str(resource["rules"]))
templates = re.findall(r"[$%]\{", terraform)
line("Terraform finds no template in a secret", None if not templates else str(templates))
try:
    made = []
    for rule in resource["rules"]:
        rule = dict(rule)
        if "action_parameters" in rule:
            parameters = pulumi_cloudflare.RulesetRuleActionParametersArgs(**rule["action_parameters"])
            rule["action_parameters"] = parameters
            rule["logging"] = pulumi_cloudflare.RulesetRuleLoggingArgs(**rule["logging"])
        made.append(pulumi_cloudflare.RulesetRuleArgs(**rule))
    pulumi_cloudflare.RulesetArgs(**{**resource, "rules": made})
    failure = None
except TypeError as error:
    failure = str(error)
line("every attribute is one of the provider's", failure)
