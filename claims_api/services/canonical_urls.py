"""Canonical URLs: bring the many URLs of one article to the one form that all of them share.

What is dropped from a URL stands in closed lists (docs/canonical-urls.md). Whatever may tell two articles apart stays:
the same article twice is a nuisance, two articles under one URL are an error.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from urllib.parse import SplitResult, quote, unquote_to_bytes, urlsplit


def _names(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


# Left out of the query, in any case; the same on every site.
TRACKING = _names(
    "amp amp_gsa amp_js_v at_campaign at_medium _branch_match_id _branch_referrer ck_subscriber_id cmpid dclid "
    "dicbo ef_id elq elqaid elqat elqcampaignid elqtrack elqtrackid epik fb_action_ids fb_action_types fb_ref "
    "fb_source fbclid _ga gaa_at gaa_n gaa_sig gaa_ts _gac gad_campaignid gad_source gbraid gclid gclsrc _gl "
    "guccounter guce_referrer guce_referrer_sig hsctatracking _hsenc __hsfp _hsmi __hssc __hstc igsh igshid "
    "irclickid _ke _kx li_fat_id mc_cid mc_eid mibextid mkt_tok msclkid mtm_campaign mtm_cid mtm_content "
    "mtm_group mtm_keyword mtm_medium mtm_placement mtm_source ns_campaign ns_fee ns_linkname ns_mchannel "
    "ns_source oly_anon_id oly_enc_id _openstat piwik_campaign piwik_keyword piwik_kwd pk_campaign pk_content "
    "pk_keyword pk_kwd pk_medium pk_source rb_clickid rdt_cid s_cid s_kwcid sara_ecid sccid sfmc_id soc_src "
    "soc_trk spm sr_share srsltid tblci ttclid twclid __twitter_impression usqp vero_conv vero_id wbraid "
    "wickedid wt_mc wt_zmc xtor yclid ysclid"
)
# And whatever begins so.
TRACKING_BEGINNINGS = ("utm_",)
# Left out on these hosts and those below them, where they say nothing of the article; elsewhere they may.
TRACKING_AT = {
    "bbc.co.uk": _names("at_bbc_team at_format at_link_id at_link_origin at_link_type at_ptr_name ocid"),
    "bbc.com": _names("at_bbc_team at_format at_link_id at_link_origin at_link_type at_ptr_name ocid"),
    "bloomberg.com": _names("leadsource sref"),
    "cbsnews.com": _names("ftag"),
    "dailymail.co.uk": _names("ito"),
    "linkedin.com": _names("lipi rcm trackingid trk"),
    "msn.com": _names("cvid ocid"),
    "nytimes.com": _names("partner referringsource smid smtyp unlocked_article_code"),
    "reuters.com": _names("taid"),
    "theguardian.com": _names("cmp"),
    "tiktok.com": _names("_r _t is_from_webapp sender_device"),
    "twitter.com": _names("cxt ref_src ref_url s t"),
    "washingtonpost.com": _names("itid wpisrc"),
    "wsj.com": _names("mod reflink st"),
    "x.com": _names("cxt ref_src ref_url s t"),
    "youtube.com": _names("ab_channel feature pp si"),
}
# First parts of the names of hosts that serve the same articles for other devices.
DEVICES = ("www", "m", "mobile", "amp")
# Second-level suffixes: amp.com.au is a site of its own, and no variant of com.au.
SOLD_BELOW = ("ac", "co", "com", "edu", "go", "gov", "ne", "net", "or", "org")
# Fragments that begin so are the address of an article, not a place in it.
ROUTES = ("!", "/")

_PORTS = {None, 80, 443}
_HOST = re.compile(r"[a-z0-9_.\-\x80-\U0010ffff]+")
_UNRESERVED = re.compile("[A-Za-z0-9._~-]")
_ESCAPE = re.compile("%([0-9A-Fa-f]{2})")
_LONE_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")
# What may stand in a URL as it is; all else is escaped.
_AS_IT_IS = "%:/?#[]@!$&'()*+,;="
_LONGEST_LABEL = 63  # by DNS
_COUNTRY = 2  # letters, as in uk


def canonical_url(url: str) -> str:
    """Return the form that all URLs of one article share; what is no http(s) URL of a host comes back as it is.

    It is idempotent: the form of a form is itself. Escapes follow RFC 3986, 6.2.2.
    """
    try:
        return _formed(urlsplit(url)) or url
    except ValueError:  # no number for a port, no address in brackets, half a surrogate pair
        return url


def canonical_of(canonical: str | None, url: str | None) -> str | None:
    """Return the canonical URL of a source: that of the stated one, else that of its URL; None without either."""
    stated = canonical or url
    return stated and canonical_url(stated)


def _formed(parts: SplitResult) -> str | None:
    host = _host(parts)
    if parts.scheme not in {"http", "https"} or not host:
        return None
    # Credentials before an @ are dropped: they may be secret.
    port = "" if parts.port in _PORTS else f":{parts.port}"
    query = _query(parts.query, host)
    fragment = _escaped(parts.fragment) if parts.fragment.startswith(ROUTES) else ""
    address = f"https://{host}{port}{_escaped(parts.path).rstrip('/')}"
    return address + (query and f"?{query}") + (fragment and f"#{fragment}")


def _host(parts: SplitResult) -> str:
    name = parts.hostname or ""
    if ":" in name:
        return f"[{name}]"
    whole = unicodedata.normalize("NFKC", name).lower().replace("\N{IDEOGRAPHIC FULL STOP}", ".").rstrip(".")
    labels = whole.split(".")
    if not _HOST.fullmatch(whole) or max(map(len, labels)) > _LONGEST_LABEL:
        return ""
    while labels[0] in DEVICES and _is_a_site(labels[1:]):
        del labels[0]
    # As Wikipedia has it: en.m.wikipedia.org.
    if labels[1:2] == ["m"] and _is_a_site(labels[2:]):
        del labels[1]
    return ".".join(map(_in_ascii, labels))


def _is_a_site(labels: Sequence[str]) -> bool:
    return len(labels) >= (3 if labels[-2:-1] and labels[-2] in SOLD_BELOW and len(labels[-1]) == _COUNTRY else 2)


def _in_ascii(label: str) -> str:
    # Not by Python's own IDNA codec, which turns ß into ss: those are two hosts.
    return label if label.isascii() else "xn--" + label.encode("punycode").decode()


def _query(query: str, host: str) -> str:
    kept = [piece for piece in query.split("&") if piece and not _tracks(piece, host)]
    # A stable sort by name alone: the order of several values of one name may matter.
    return "&".join(sorted(map(_escaped, kept), key=lambda piece: piece.partition("=")[0]))


def _tracks(piece: str, host: str) -> bool:
    name = _name(piece)
    return name in TRACKING or name.startswith(TRACKING_BEGINNINGS) or any(name in each for each in _lists_of(host))


def _name(piece: str) -> str:
    return unquote_to_bytes(piece.partition("=")[0]).decode(errors="replace").lower()


def _lists_of(host: str) -> Iterator[frozenset[str]]:
    return (names for site, names in TRACKING_AT.items() if host == site or host.endswith(f".{site}"))


def _escaped(text: str) -> str:
    """Escape what must be, and nothing that need not be (RFC 3986, 6.2.2.1 and 6.2.2.2): one way to write it."""
    whole = _LONE_PERCENT.sub("%25", text)
    return quote(_ESCAPE.sub(_unescaped, whole), safe=_AS_IT_IS)


def _unescaped(escape: re.Match[str]) -> str:
    character = chr(int(escape[1], 16))
    return character if _UNRESERVED.fullmatch(character) else escape[0].upper()
