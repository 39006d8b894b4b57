import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.factories import make_source, told
from tests.conftest import Api
from tests.problems import assert_problem

# A canonical URL follows from the URL.
URLS = st.none() | st.sampled_from(["https://a.example/", "http://b.example/x?y=1"])
FIELDS = {
    "url": URLS,
    "archived_url": URLS,
    "publisher": st.none() | st.sampled_from(["A", "Ünited 🕊"]),
    "published_at": st.none() | st.sampled_from(["2025", "2025-10-22"]),
    "language": st.none() | st.sampled_from(["en", "pt-BR"]),
    "type": st.none() | st.sampled_from(["statement", "other"]),
    "reliability": st.none() | st.sampled_from(["A", "F"]),
}
DOCUMENTS = st.fixed_dictionaries({}, optional=FIELDS)
TYPES = ("application/merge-patch+json", "application/json")


def merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7396, section 2, word by word."""
    if not isinstance(patch, dict):
        return patch
    if not isinstance(target, dict):
        target = {}
    for name, value in patch.items():
        if value is None:
            target.pop(name, None)
        else:
            target[name] = merge_patch(target.get(name), value)
    return target


def known(source: dict[str, Any]) -> dict[str, Any]:
    """Return what the answer says of the fields; null stands for a member that is not there."""
    return {name: source[name] for name in FIELDS if source[name] is not None}


# Every example makes a source of its own, so that one database may serve them all.
@settings(max_examples=30, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=DOCUMENTS, patch=DOCUMENTS, content_type=st.sampled_from(TYPES))
def test_does_what_the_rfc_says(api: Api, before: dict[str, Any], patch: dict[str, Any], content_type: str) -> None:
    source = make_source(api, None, **before)
    response = api.patch(f"/v1/sources/{source['id']}", data=json.dumps(patch), content_type=content_type)
    assert response.status_code == 200
    assert known(told(response)) == merge_patch(known(source), patch)
    assert told(response)["version"] == (1 if known(told(response)) == known(source) else 2)
    assert api.read(f"/v1/sources/{source['id']}") == told(response)


class TestMergePatch:
    @pytest.mark.parametrize("content_type", [*TYPES, "application/merge-patch+json; charset=utf-8"])
    def test_is_taken_as(self, api: Api, content_type: str) -> None:
        source = make_source(api)
        response = api.patch(f"/v1/sources/{source['id']}", data=b'{"language": "de"}', content_type=content_type)
        assert (response.status_code, told(response)["language"]) == (200, "de")

    @pytest.mark.parametrize("patch", [b'["x"]', b"null", b'"x"', b"1", b"true"])
    def test_does_not_replace_the_whole(self, api: Api, patch: bytes) -> None:
        source = make_source(api)
        response = api.patch(f"/v1/sources/{source['id']}", data=patch, content_type=TYPES[0])
        assert_problem(response, "invalid")
        assert api.read(f"/v1/sources/{source['id']}") == source

    def test_replaces_a_list_as_a_whole(self, api: Api) -> None:
        source = make_source(api, authors=["A", "B"])
        assert told(api.patch(f"/v1/sources/{source['id']}", {"authors": ["C"]}))["authors"] == ["C"]
