"""The problem types: the one place where failures get a status, a title, and advice."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ProblemType:
    """A type of problem by RFC 9457; its page at ``/problems/<code>`` says what it means and what to do."""

    code: str
    status: int
    title: str
    meaning: str
    remedy: str


_TYPES = (
    ProblemType(
        "malformed",
        400,
        "The request cannot be read",
        "The body is no JSON that every reader understands alike, holds too many values, or broke off; or a cursor was "
        "not made by this service. The remedy is that of the case.",
        "Send one JSON object in UTF-8 without repeated members, NaN or Infinity.",
    ),
    ProblemType(
        "unauthorized",
        401,
        "A key is needed",
        "The request came without a key, or with one that is unknown, expired or revoked.",
        "Send `Authorization: Bearer ct_...`. A key is made with `claims-api key create`, or "
        "with `POST /v1/keys` by somebody whose key has the scope `admin`.",
    ),
    ProblemType(
        "forbidden",
        403,
        "The key may not do this",
        "The key is good and lacks the scope that `scope` names.",
        "Use a key with that scope; `write` includes `read`, and `admin` includes both.",
    ),
    ProblemType(
        "not-found",
        404,
        "There is no such thing",
        "Nothing is kept under this path: the id is unknown, or what it named was deleted.",
        "Check the path and the id, a UUID in canonical lower-case form.",
    ),
    ProblemType(
        "method-not-allowed",
        405,
        "This path does not take the method",
        "The path exists, and answers other methods.",
        "Use one of the methods in the `Allow` header.",
    ),
    ProblemType(
        "duplicate",
        409,
        "There is one already",
        "What was sent is kept already; `existing` gives its id.",
        "Use that one. Where the operation takes `allow_duplicate=true`, that keeps a second one.",
    ),
    ProblemType(
        "in-use",
        409,
        "It is still cited",
        "What others rest on is not deleted; `cited_by` names them.",
        "Delete or change those first.",
    ),
    ProblemType(
        "cites-deleted",
        409,
        "It cites what is deleted",
        "What rests on something deleted is not restored; `cites` names what that is.",
        "Restore those first (`POST .../restore`); of mergers undo the later one first (`POST .../unmerge`).",
    ),
    ProblemType(
        "not-changed",
        409,
        "There is nothing to decide",
        "A passage that stands nowhere cannot be confirmed; and one is reattached only once its source has a newer "
        "text than the one that it was quoted from. Nothing was stored.",
        "Look at its `anchor_state`. One that is `orphaned` can be reattached to its place in the newest text; for "
        "another place in the text that it was quoted from, make another passage.",
    ),
    ProblemType(
        "busy",
        409,
        "The same request is being done",
        "A request with this Idempotency-Key is being done at this moment.",
        "Send it again after the seconds that `Retry-After` gives: it is answered as the first one was.",
    ),
    ProblemType(
        "key-ended",
        409,
        "The key has ended",
        "A key that has expired, was revoked or was replaced is not rotated. Nothing was stored.",
        "Rotate the key that `replaced_by_id` names, or make a new one.",
    ),
    ProblemType(
        "not-empty",
        409,
        "The database is not empty",
        "A bundle with its history is restored as it was, with the numbers of its changes, and here something was "
        "changed already. Nothing was stored.",
        "Restore it into a new database, or import a bundle without its history.",
    ),
    ProblemType(
        "stale",
        412,
        "The state has changed",
        "The request names a state by its ETag, and the present state is another one: `current` shows it. Nothing was "
        "stored.",
        "Look at `current`, make the change upon it, and send that with `etag` as If-Match.",
    ),
    ProblemType(
        "too-large",
        413,
        "The request is too large",
        "The body is larger than this service takes; `limit` gives the number of bytes.",
        "Send less in one request.",
    ),
    ProblemType(
        "unsupported-media-type",
        415,
        "The body is of a type that is not taken",
        "The Content-Type, or a Content-Encoding, is not one that this operation reads.",
        "Send JSON as `application/json`; a PATCH may also be `application/merge-patch+json`, and a file with the text "
        "of a source `multipart/form-data`. HTML needs the service to have the extra `html`.",
    ),
    ProblemType(
        "invalid",
        422,
        "The input cannot be taken as it is",
        "The request was read, and something in it is not acceptable; `errors` gives each place. Nothing was stored.",
        "Mend each place that `errors` names: a JSON pointer into the body, or a parameter.",
    ),
    ProblemType(
        "quote-not-found",
        422,
        "The quote is not in the source",
        "The quote stands nowhere in the stored text of the source, not even with other quotation marks, dashes "
        "and spaces. `nearest` shows what comes closest, with a score from 0 to 1. Nothing was stored.",
        "Check the quote and the source; send the words as the source has them.",
    ),
    ProblemType(
        "quote-ambiguous",
        422,
        "The quote stands in several places",
        "The quote was found more than once, and nothing said which place is meant; `places` lists them with "
        "what stands around each. Nothing was stored.",
        "Send the quote again with `prefix`, `suffix` or `occurrence`, or with `start` and `end`.",
    ),
    ProblemType(
        "quote-mismatch",
        422,
        "The text at the offsets is not the quote",
        "At `start` and `end` the source has other words: `found` shows them, `places` where the quote does stand. "
        "Offsets count Unicode code points from 0, the end excluded. Nothing was stored.",
        "Send the right offsets, or the quote alone. JavaScript counts UTF-16 units, which differ after an emoji.",
    ),
    ProblemType(
        "key-reused",
        422,
        "The Idempotency-Key belongs to another request",
        "Within the last 24 hours this key came with another path, other parameters or another body.",
        "Take a new key for a new request; send a request again exactly as it was.",
    ),
    ProblemType(
        "precondition-required",
        428,
        "A change must say which state it has seen",
        "This service is set to take no change without If-Match, so that nobody undoes what they have not seen.",
        "Read the entity, and send its ETag as `If-Match` with the change; the DELETE gave that of what is deleted.",
    ),
    ProblemType(
        "rate-limited",
        429,
        "Too much within a minute",
        "This key has changed more, or this address has sent more bad keys, than is allowed within a minute. Nothing "
        "was stored.",
        "Send the same request again after the seconds that `Retry-After` gives.",
    ),
    ProblemType(
        "internal",
        500,
        "Something went wrong here",
        "The service failed in a way that nobody foresaw. Nothing was stored.",
        "Send the request again later; if it fails again, report it with its `request_id`.",
    ),
    ProblemType(
        "unavailable",
        503,
        "The database cannot answer just now",
        "The database is away, busy or full. What the request wanted is stored either whole or not at all: not at all, "
        "unless the connection broke off just as it was being committed.",
        "Send the same request again after the seconds that `Retry-After` gives; with the same Idempotency-Key, if it "
        "had one, it is done once.",
    ),
)

PROBLEM_TYPES = {each.code: each for each in _TYPES}

# What can become of a quote.
QUOTE_PROBLEMS = ("quote-not-found", "quote-ambiguous", "quote-mismatch")

# Statuses that Flask and Werkzeug raise by themselves.
BY_STATUS = {
    400: "malformed",
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
    414: "too-large",
    415: "unsupported-media-type",
    431: "too-large",
}
