"""What the secrets of well-known providers look like, as data. Pure.

A format is (rule, hints, pattern): the pattern is only tried on text that holds one of the hints, which keeps clean
text cheap. Group `s` of a pattern, where it has one, is the secret; else the whole match is. Every repetition is
bounded or over one class, so no text takes more than linear time.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from typing import NamedTuple


class Format(NamedTuple):
    """One kind of secret: its rule name, what must occur in a text for it to be there at all, its pattern."""

    rule: str
    hints: tuple[str, ...]
    pattern: str

    def hinted(self, text: str) -> bool:
        """Whether the text holds any of the hints."""
        return any(hint in text for hint in self.hints)


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern, compiled when it is first needed: most never are."""
    return re.compile(pattern)


def _format(rule: str, hints: str, pattern: str) -> Format:
    return Format(rule, tuple(hints.split()), pattern)


_WORD = "A-Za-z0-9_-"
_KEY_END = r"[\"']?[ \t]{0,8}(?:=>|:=|[:=])[ \t]{0,8}"
# Any case; each begins with a letter of one case (ſ is an s), which lets the engine skip 8 times as fast.
_KEY_RESTS = {
    "pP": r"asswo?r?d|wd|assphrase|rivate[_-]?key",
    "sSſ": "ecret",
    # A token that says where a list goes on, or names an assembly, opens nothing.
    "tT": "(?<![nN]ext[tT])(?<![nN]ext_[tT])(?<![pP]age[tT])(?<![pP]age_[tT])(?<!ublicKeyT)oken",
    "aA": r"(?:pi|ccess|uth)[_-]?key",
    "cC": "redentials?",
}
_KEY_NAMES = f"(?:{'|'.join(f'{first}(?i:{rest})' for firsts, rest in _KEY_RESTS.items() for first in firsts)})"

# Tokens that their prefix gives away: hint and token in one piece without white space, never shorter than this.
SHORTEST_PREFIXED = 14
PREFIXED = (
    _format("github-token", "ghp_ gho_ ghu_ ghr_", r"gh[pour]_[A-Za-z0-9]{36,255}"),
    _format("github-token", "ghs_", r"ghs_[A-Za-z0-9._-]{36,4096}"),
    _format("github-fine-grained-token", "github_pat_", r"github_pat_[A-Za-z0-9_]{36,255}"),
    _format("gitlab-token", "gl", r"gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|imt)-[A-Za-z0-9_.-]{20,300}"),
    _format("anthropic-key", "sk-ant-", rf"sk-ant-[{_WORD}]{{20,300}}"),
    _format("openai-key", "sk-", rf"\bsk-(?:proj|svcacct|admin|None|or-v1)-[{_WORD}]{{20,300}}"),
    _format("openai-key", "sk-", r"\bsk-[A-Za-z0-9]{32,64}\b"),
    _format(
        "aws-key-id",
        "AKIA ASIA ABIA ACCA",
        r"(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)(?!\w{9}EXAMPLE)[A-Z0-9]{16}(?![A-Za-z0-9])",
    ),
    _format("google-key", "AIza", rf"AIza[{_WORD}]{{35}}"),
    _format("google-token", "ya29.", rf"ya29\.[{_WORD}]{{20,2048}}"),
    _format("google-client-secret", "GOCSPX-", rf"GOCSPX-[{_WORD}]{{24,40}}"),
    _format("slack-token", "xox xapp-", r"(?:xox[abceoprs]|xapp)-[A-Za-z0-9-]{10,300}"),
    _format(
        "slack-webhook",
        "hooks.slack.com",
        r"hooks\.slack\.com/(?:services|workflows|triggers)/(?P<s>[A-Za-z0-9/_-]{20,200})",
    ),
    _format(
        "discord-webhook",
        "/api/webhooks/",
        rf"discord(?:app)?\.com/api/webhooks/(?P<s>[0-9]{{15,22}}/[{_WORD}]{{40,100}})",
    ),
    _format("telegram-token", ":AA", rf"(?<![0-9])[0-9]{{8,10}}:AA[{_WORD}]{{32,34}}(?![{_WORD}])"),
    _format("npm-token", "npm_", r"npm_[A-Za-z0-9]{36}"),
    _format("pypi-token", "pypi-AgE", rf"pypi-AgE[{_WORD}]{{40,1000}}"),
    _format("rubygems-key", "rubygems_", r"rubygems_[0-9a-f]{48}"),
    _format("crates-token", "cio", r"(?<![A-Za-z0-9])cio[A-Za-z0-9]{32}(?![A-Za-z0-9])"),
    _format("nuget-key", "oy2", r"(?<![A-Za-z0-9])oy2[a-z0-9]{43}(?![A-Za-z0-9])"),
    _format("stripe-key", "_live_ _test_", r"(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,250}"),
    _format("webhook-secret", "whsec_", r"whsec_[A-Za-z0-9+/=]{24,100}"),
    _format("huggingface-token", "hf_ api_org_", r"(?<![A-Za-z0-9])(?:hf|api_org)_[A-Za-z0-9]{34,40}"),
    _format("groq-key", "gsk_", r"gsk_[A-Za-z0-9]{48,60}"),
    _format("xai-key", "xai-", r"xai-[A-Za-z0-9]{60,100}"),
    _format("perplexity-key", "pplx-", r"pplx-[A-Za-z0-9]{40,60}"),
    _format("replicate-token", "r8_", r"(?<![A-Za-z0-9])r8_[A-Za-z0-9]{37}"),
    _format("sendgrid-key", "SG.", rf"SG\.[{_WORD}]{{16,32}}\.[{_WORD}]{{32,64}}"),
    _format("twilio-key", "SK", r"(?<![A-Za-z0-9])SK[0-9a-f]{32}(?![A-Za-z0-9])"),
    _format("mailgun-key", "key-", r"(?<![A-Za-z0-9])key-[0-9a-f]{32}(?![A-Za-z0-9])"),
    _format("digitalocean-token", "_v1_", r"do[opr]_v1_[a-f0-9]{64}"),
    _format("databricks-token", "dapi", r"dapi[a-f0-9]{32}"),
    _format("docker-token", "dckr_", r"dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,100}"),
    _format("shopify-token", "shp", r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    _format("vault-token", "hvs. hvb.", rf"hv[sb]\.[{_WORD}]{{24,300}}"),
    _format("terraform-token", ".atlasv1.", rf"(?<![A-Za-z0-9])[A-Za-z0-9]{{14}}\.atlasv1\.[{_WORD}]{{60,80}}"),
    _format("grafana-token", "glsa_ glc_", r"gl(?:sa|c)_[A-Za-z0-9_+/=]{32,400}"),
    _format("sentry-token", "sntrys_ sntryu_", r"sntry[su]_[A-Za-z0-9+/=_]{40,400}"),
    _format("linear-key", "lin_api_", r"lin_api_[A-Za-z0-9]{32,64}"),
    _format(
        "notion-token",
        "ntn_ secret_",
        r"(?<![A-Za-z0-9])(?:ntn|secret)_[A-Za-z0-9]{43,50}(?![A-Za-z0-9])",
    ),
    _format("atlassian-token", "ATATT3 ATCTT3", rf"AT[AC]TT3[={_WORD}]{{60,300}}"),
    _format("figma-token", "figd_", rf"figd_[{_WORD}]{{36,60}}"),
    _format("postman-key", "PMAK-", r"PMAK-[a-f0-9]{24}-[a-f0-9]{34}"),
    _format("doppler-token", "dp.", r"(?<![A-Za-z0-9])dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9._-]{40,80}"),
    _format("newrelic-key", "NRAK-", r"NRAK-[A-Z0-9]{27}"),
    _format("age-key", "AGE-SECRET-KEY-1", r"AGE-SECRET-KEY-1[A-Z0-9]{58}"),
    _format(
        "azure-key", "AccountKey SharedAccessKey", r"(?:AccountKey|SharedAccessKey)=(?P<s>[A-Za-z0-9+/]{40,90}={0,2})"
    ),
    _format("jwt", "eyJ", rf"(?<![A-Za-z0-9])eyJ[{_WORD}]{{8,4096}}\.eyJ[{_WORD}]{{8,8192}}\.[{_WORD}]{{8,4096}}"),
)

# Secrets that their surroundings give away. Values are judged further by `looks_secret`.
_PEM = r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
SURROUNDED = (
    _format(
        "private-key",
        "-----BEGIN",
        rf"{_PEM}(?=[^-]{{0,400}}?[A-Za-z0-9+/]{{8}})[^-]{{8,16384}}-----END [A-Z0-9 ]{{0,60}}-----",
    ),
    _format(
        "private-key",
        "-----BEGIN",
        rf"{_PEM}(?=[\s\S]{{0,200}}?[A-Za-z0-9+/]{{32}})[A-Za-z0-9+/=\s\\\"',:;-]{{32,16384}}",
    ),
    _format("private-key", "Private-Lines:", r"Private-Lines: [0-9]{1,4}\s{1,4}(?P<s>[A-Za-z0-9+/=\s]{40,8192})"),
    _format(
        "npm-token",
        "_authToken _auth _password",
        r"(?:(?m:^)|[:\s])_(?:authToken|auth|password)[ \t]{0,8}="
        r"[ \t]{0,8}[\"']?(?P<s>[A-Za-z0-9+/=_-]{16,400})(?![A-Za-z0-9._(-])",
    ),
    _format(
        "aws-secret-key",
        "AKIA ASIA aws AWS secret Secret SECRET",
        rf"(?i:secret_?(?:access_?)?key|aws_?secret){_KEY_END}[\"']?(?P<s>(?![A-Za-z0-9/+]{{30}}EXAMPLEKEY)[A-Za-z0-9/+]{{40}})(?![A-Za-z0-9/+=])",
    ),
    _format(
        "authorization-header",
        "uthorization UTHORIZATION",
        r"(?i:authorization)[\"']?[ \t]{0,4}[:=][ \t]{0,4}[\"']?"
        r"(?i:bearer|basic|token)[ \t]{1,4}(?P<s>[A-Za-z0-9._~+/=-]{16,4096})",
    ),
)
URL_PASSWORD = _format("url-password", "://", r"://[^\s/:@'\"<>\\]{0,128}:(?P<s>[^\s/@'\"<>\\]{3,256})@[A-Za-z0-9\[]")
QUOTED = _format("assigned-secret", "= :", rf"{_KEY_NAMES}{_KEY_END}(?P<q>[\"'`])(?P<s>[^\"'`\s]{{8,256}})(?P=q)")
UNQUOTED = _format(
    "assigned-secret",
    "= :",
    r"(?m:^)[ \t]{0,40}(?:export |set |ENV |- )?[A-Za-z0-9_.]{0,40}"
    rf"{_KEY_NAMES}[A-Z0-9_]{{0,20}}[ \t]{{0,4}}[:=][ \t]{{0,4}}"
    r"(?P<s>[A-Za-z0-9+/_=!@#$%^&*.~-]{12,256})[ \t]{0,8}\r?(?m:$)",
)

_PLACEHOLDER = re.compile(
    r"(?i)[^a-z0-9]*(?:(?:x{3,}|\.{3}|\*{3}|your|example|sample|dummy|fake|change[-_]?me|placeholder|insert|replace|todo)"
    r"|(?:(?:my|the|a|some|user|none|null|true|false|undefined|redacted|hidden|pass(?:word|wd)?|pwd|secret|token|api|key|"
    r"test|foo|bar|s3cr3t|pw)[-_]?){1,3}[0-9]{0,3}[^a-z0-9]*$)"
)
# Amazon's documents write it into every value that is none: https://docs.aws.amazon.com/IAM/latest/UserGuide/.
_SAMPLE = re.compile(r"EXAMPLE(?:KEY)?[=]{0,2}$")
_SPELLED = re.compile(r"(?i)(?:[a-z]{1,8}(?:%20|[-_])){0,4}(?:secret|password|pass|token)$")
_NEXT_HOST = re.compile(r"[0-9]{1,5},")
_NAMES = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+$")
_REFERENCE = re.compile(r"[$%]?[({<\[]|\$[A-Za-z_]|%[sd(]|[)\]}]$|\(\)|::")


def is_placeholder(value: str) -> bool:
    """Whether a value only stands where a secret would: `$TOKEN`, `<password>`, `{{ secret }}`, `xxxx`, `changeme`."""
    return bool(_PLACEHOLDER.match(value) or _REFERENCE.search(value) or _SAMPLE.search(value))


def looks_password(value: str) -> bool:
    """Whether what stands between `:` and `@` of a URL is a password: no placeholder, more than a short plain word."""
    if _SPELLED.match(value) or _NEXT_HOST.match(value):
        return False
    return not is_placeholder(value) and (len(value) >= 6 or not (value.isalpha() and value.islower()))


def looks_secret(value: str) -> bool:
    """Whether a value next to a key name is more than a word: letters and digits mixed, many different ones."""
    if is_placeholder(value) or len(set(value)) < 6:
        return False
    has_digit = any(char.isdigit() for char in value)
    return has_digit and any(char.isalpha() for char in value)


def looks_random(value: str) -> bool:
    """Whether even an unquoted value is a secret: letters and digits in turn, no name or dotted path of names."""
    turns = sum(a.isdigit() != b.isdigit() for a, b in pairwise(value))
    return (
        looks_secret(value) and turns >= 4 and not re.search(r"[a-z]_[a-z]|\.[a-z]", value) and not _NAMES.match(value)
    )
