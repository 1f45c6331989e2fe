"""The shapes of a step and the limits of a flow: data, from which both checks and JSON Schema are made.

What has no value is left out, never null. A `rule` names what else holds for a value of its type;
`flow_document` knows the rules.
"""

from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

MAX_DOCUMENT_BYTES: Final = 256 * 1024
MAX_STEPS: Final = 1000
MAX_NESTING: Final = 8
MAX_BRANCHES: Final = 50
MAX_CASES: Final = 50
MAX_ITEMS: Final = 10_000
MAX_CONCURRENCY: Final = 100
MAX_EXPRESSION: Final = 2000
MAX_URL: Final = 2000
MAX_ATTEMPTS: Final = 20
MAX_APPROVALS: Final = 20
MAX_CALL_SECONDS: Final = 3600
MAX_DELAY_SECONDS: Final = 24 * 3600
MAX_WAIT_SECONDS: Final = 366 * 24 * 3600
MAX_DURATION_SECONDS: Final = 366 * 24 * 3600
MAX_PATH: Final = 500
WEEK_SECONDS: Final = 7 * 24 * 3600

_UUID: Final = r"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"

# Expressions say `steps.<key>`, so a key has no "-" (a minus there) and is none of CEL's four keywords.
Key = Annotated[
    str,
    Meta(
        pattern=r"^(?!(?:in|true|false|null)$)[A-Za-z_][A-Za-z0-9_]{0,63}$",
        description="a letter or _, then up to 63 letters, digits or _; not in, true, false or null",
    ),
]
ActionKey = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$",
        description="the key of an action: up to 64 of a-z, 0-9, - and _, the first a letter or digit",
    ),
]
FlowId = Annotated[
    str,
    Meta(
        pattern=_UUID,
        description="the id of a flow: a UUID of 36 characters",
    ),
]
CredentialId = Annotated[
    str,
    Meta(
        pattern=_UUID,
        description="the id of a credential, a UUID of 36 characters, whose tool is at the url's origin",
    ),
]
HeaderName = Annotated[
    str,
    Meta(
        pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$",
        description="the name of a header: up to 100 letters, digits or any of !#$%&'*+-.^_`|~",
    ),
]
Expression = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=MAX_EXPRESSION,
        description="a bare expression, as in steps.order.output.body.total > 0",
        extra={"rule": "expression"},
    ),
]
Alone = Annotated[str, Meta(description="one expression, as in {{ inputs.lines }}", extra={"rule": "alone"})]
Time = Annotated[
    str,
    Meta(
        description="a time with its offset, as in 2030-01-31T09:00:00Z, or one expression in {{ }}",
        extra={"rule": "time"},
    ),
]
Template = Annotated[
    Any, Meta(description="any JSON, with {{ }} inside its texts", extra={"rule": "template"})
]
Mapping = Annotated[
    dict[str, Any],
    Meta(description="an object, with {{ }} inside its texts", extra={"rule": "template"}),
]
HeaderValue = Annotated[
    str,
    Meta(
        pattern=r"^[^\x00\r\n]*$",
        description="a text of one line, with {{ }} inside",
        extra={"rule": "template"},
    ),
]
Url = Annotated[
    str,
    Meta(
        pattern=r"^(https?://|\{\{).*$",
        max_length=MAX_URL,
        description="an address that starts with https://, http:// or {{ }}",
        extra={"rule": "template"},
    ),
]
Failure = Annotated[
    str,
    Meta(
        pattern=r"^(timeout|connection|http\.[45](xx|[0-9]{2}))$",
        description="timeout, connection, http.4xx, http.5xx or one status, as in http.429",
    ),
]
Delay = Annotated[float, Meta(ge=0, le=MAX_DELAY_SECONDS)]
AnswerWithin = Annotated[float, Meta(gt=0, le=MAX_WAIT_SECONDS)]


class Shape(Struct, frozen=True, rename="camel", omit_defaults=True, forbid_unknown_fields=True):
    pass


class Retry(Shape, frozen=True, kw_only=True):
    """How a call that failed is made again. `maxAttempts` counts the first one too; `on` says after which failures."""

    max_attempts: Annotated[int, Meta(ge=1, le=MAX_ATTEMPTS)] = 3
    interval_seconds: Delay = 1
    backoff_rate: Annotated[float, Meta(ge=1, le=10)] = 2
    max_delay_seconds: Delay = 60
    jitter: Literal["none", "full"] = "full"
    on: Annotated[list[Failure], Meta(min_length=1, max_length=50)] = field(
        default_factory=lambda: ["timeout", "connection", "http.408", "http.425", "http.429", "http.5xx"]
    )


class HttpCall(Shape, frozen=True, kw_only=True):
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    url: Url
    headers: dict[HeaderName, HeaderValue] = {}
    query: Mapping = {}
    body: Template = UNSET
    credential: CredentialId | UnsetType = UNSET


class Wait(Shape, frozen=True, kw_only=True):
    """Until a time, or for so many seconds: exactly one of the two."""

    seconds: Annotated[float, Meta(ge=0, le=MAX_WAIT_SECONDS)] | Alone | UnsetType = UNSET
    until: Time | UnsetType = UNSET


class Approval(Shape, frozen=True, kw_only=True):
    approvals: Annotated[int, Meta(ge=1, le=MAX_APPROVALS)] = 1
    timeout_seconds: AnswerWithin = WEEK_SECONDS


class Callback(Shape, frozen=True, kw_only=True):
    timeout_seconds: AnswerWithin = WEEK_SECONDS


class ChildFlow(Shape, frozen=True, kw_only=True):
    """Without a `version` the child is the one published when the step starts."""

    id: FlowId
    version: Annotated[int, Meta(ge=1, le=2**31 - 1)] | UnsetType = UNSET
    inputs: Mapping = {}


class ForEach(Shape, frozen=True, kw_only=True):
    items: Annotated[list[Any], Meta(max_length=MAX_ITEMS, extra={"rule": "template"})] | Alone
    concurrency: Annotated[int, Meta(ge=1, le=MAX_CONCURRENCY)] = 1
    steps: Annotated[list["Step"], Meta(min_length=1)]


class Case(Shape, frozen=True, kw_only=True):
    when: Expression
    steps: list["Step"]


class Switch(Shape, frozen=True, kw_only=True):
    """The first case that holds; none and no `default` fails the step."""

    cases: Annotated[list[Case], Meta(min_length=1, max_length=MAX_CASES)]
    default: list["Step"] | UnsetType = UNSET


class Parallel(Shape, frozen=True, kw_only=True):
    branches: Annotated[
        list[Annotated[list["Step"], Meta(min_length=1)]], Meta(min_length=1, max_length=MAX_BRANCHES)
    ]


class Step(Shape, frozen=True, kw_only=True):
    """One step: a key, and exactly one kind (`action`, `http`, `transform`, `wait`, `approval`, `callback`, `forEach`,
    `switch`, `parallel` or `flow`). Without `timeoutSeconds` or `retry` the service's own hold.
    """

    key: Key
    name: Annotated[str, Meta(min_length=1, max_length=200)] | UnsetType = UNSET
    execute_if: Expression | UnsetType = UNSET
    inputs: Mapping | UnsetType = UNSET
    timeout_seconds: Annotated[float, Meta(gt=0, le=MAX_CALL_SECONDS)] | UnsetType = UNSET
    retry: Retry | UnsetType = UNSET
    on_error: Literal["fail", "continue"] = "fail"
    action: ActionKey | UnsetType = UNSET
    http: HttpCall | UnsetType = UNSET
    transform: Template = UNSET
    wait: Wait | UnsetType = UNSET
    approval: Approval | UnsetType = UNSET
    callback: Callback | UnsetType = UNSET
    for_each: ForEach | UnsetType = UNSET
    switch: Switch | UnsetType = UNSET
    parallel: Parallel | UnsetType = UNSET
    flow: ChildFlow | UnsetType = UNSET


KINDS: Final = (
    "action", "http", "transform", "wait", "approval", "callback", "forEach", "switch", "parallel", "flow"
)  # fmt: skip

# Where lists of steps are inside a step; "*" stands for every item.
NESTED: Final = (
    ("forEach", "steps"),
    ("switch", "cases", "*", "steps"),
    ("switch", "default"),
    ("parallel", "branches", "*"),
)

# Fields that mean something for some kinds only: elsewhere they would be ignored in silence.
ONLY_WITH: Final = {"inputs": ("action",), "timeoutSeconds": ("action", "http"), "retry": ("action", "http")}
