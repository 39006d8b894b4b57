"""The explorer, as a person meets it: in a real browser, against a real server with the demo dossier."""

import os
import re
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from playwright.sync_api import BrowserContext, Locator, Page, expect, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from claims_api.app import create_app
from claims_api.cli import loading
from claims_api.config import Settings
from claims_api.db import migrating
from claims_api.models.words import Scope
from claims_api.services import keys
from claims_api.views.explorer import POLICY
from claims_api.web import contract
from claims_api.web.session import EXTENSION
from tests.conftest import Api
from tests.problems import assert_problem

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# Root may not use the sandbox; the rest keeps the browser itself from calling anybody.
SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LIST_CLAIMS = "claims/list_claims"
CREATE_CLAIM = "claims/create_claim"
CREATE_EVIDENCE = "evidence/create_evidence"
CREATE_PASSAGE = "passages/create_passage"


class Quiet(WSGIRequestHandler):
    """Serves without a line for each request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


class Person:
    """Somebody at the explorer, with notes on what the page does meanwhile."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.called_elsewhere: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self._note_request(request.url))
        page.on("console", lambda message: self._note_message(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def opens(self) -> None:
        self.page.goto(f"{self.address}/docs")
        expect(self.page.locator(".opblock").first).to_be_visible()

    def unfolds(self, operation: str) -> Locator:
        """Open an operation with a click."""
        found = self._operation(operation)
        found.get_by_role("button").first.click()
        expect(found.locator(".responses-inner")).to_be_visible()
        return found

    def authorizes(self, key: str) -> None:
        self.page.get_by_role("button", name="Authorize", exact=True).click()
        dialog = self.page.locator(".dialog-ux")
        dialog.get_by_role("textbox").fill(key)
        dialog.get_by_role("button", name="Apply credentials").click()
        dialog.get_by_role("button", name="Close").first.click()

    def tries(self, operation: Locator) -> None:
        operation.get_by_role("button", name="Try it out").click()

    def executes(self, operation: Locator) -> Locator:
        """Send the request, and return the answer as it is shown."""
        operation.get_by_role("button", name="Execute").click()
        return operation.locator(".live-responses-table tbody")

    def _operation(self, operation: str) -> Locator:
        return self.page.locator(f"#operations-{operation.replace('/', '-')}")

    def _note_request(self, url: str) -> None:
        if not url.startswith((f"{self.address}/", "data:")):
            self.called_elsewhere.append(url)

    def _note_message(self, kind: str, text: str) -> None:
        # The browser reports a refusal, which is one of the answers that are tried here, as an error, too.
        if kind == "error" and "the server responded with a status of 422" not in text:
            self.complaints.append(text)


def status_of(answer: Locator) -> Locator:
    return answer.locator(".response-col_status")


def shown_on(page: Page) -> list[str]:
    return [each.get_attribute("id") or "" for each in page.locator(".opblock").all()]


def stated_in(document: dict[str, Any]) -> list[str]:
    operations = [each for path in document["paths"].values() for each in path.values()]
    return [f"operations-{each['tags'][0]}-{each['operationId']}" for each in operations]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Iterator[Flask]:
    """The service with the demo dossier; one database is enough to see its pages."""
    url = f"sqlite:///{tmp_path_factory.mktemp('explorer') / 'claims.db'}"
    settings = replace(Settings(), database_url=url)
    migrating.upgrade(url)
    loaded = CliRunner().invoke(loading.load, [str(repository / "seeds")], obj=settings)
    assert loaded.exit_code == 0, loaded.output
    app = create_app(settings)
    yield app
    app.extensions[EXTENSION].dispose()


@pytest.fixture
def anybody(demo: Flask) -> Api:
    return Api(demo.test_client())


@pytest.fixture(scope="module")
def key(demo: Flask) -> str:
    with demo.extensions[EXTENSION].writing() as session:
        return keys.create(session, name="somebody", scope=Scope.WRITE)[1]


@pytest.fixture(scope="module")
def address(demo: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, demo, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[BrowserContext]:
    """A browser with one cache for all tests: the scripts of the page are large."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        missing = f"There is no browser to look with: none of {', '.join(BROWSERS)} is on the PATH."
        pytest.fail(missing) if os.environ.get("CI") == "true" else pytest.skip(missing)
    expect.set_options(timeout=20_000)  # milliseconds: on a busy machine the page takes its time
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=SWITCHES)
        yield browser.new_context()
        browser.close()


@pytest.fixture(scope="module")
def person(browser: BrowserContext, address: str, key: str) -> Iterator[Person]:
    """Somebody who opened the page and authorised once: each test tries an operation of its own."""
    with browser.new_page() as page:
        somebody = Person(page, address)
        somebody.opens()
        somebody.authorizes(key)
        yield somebody


class TestPage:
    def test_carries_its_own_policy(self, anybody: Api) -> None:
        assert anybody.get("/docs").headers.getlist("Content-Security-Policy") == [POLICY]

    def test_lets_in_nothing_inline_evaluated_or_foreign(self) -> None:
        allowed = {word for rule in POLICY.split("; ") for word in rule.split()[1:]}
        assert allowed == {"'none'", "'self'", "data:"}

    def test_names_only_files_that_are_served(self, anybody: Api) -> None:
        named = re.findall(r'(?:href|src)="([^"]+)"', anybody.get("/docs").text)
        assert {path: anybody.get(path).status_code for path in named} == dict.fromkeys(named, 200)
        assert "/docs/assets/swagger-ui-bundle.js" in named

    def test_is_where_a_browser_is_led(self, anybody: Api) -> None:
        response = anybody.get("/", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
        assert response.headers["Vary"] == "Accept"
        assert (response.status_code, response.headers["Location"]) == (302, "/docs")

    @pytest.mark.parametrize("accept", ["application/json", "*/*"])
    def test_is_not_forced_on_programs(self, anybody: Api, accept: str) -> None:
        index = anybody.get("/", headers={"Accept": accept})
        assert (index.status_code, index.get_json()["explorer"]) == (200, "/docs")


class TestAssets:
    @pytest.mark.parametrize(
        ("asset", "content_type"),
        [
            ("explorer.css", "text/css; charset=utf-8"),
            ("explorer.js", "text/javascript; charset=utf-8"),
            ("favicon-32x32.png", "image/png"),
            ("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
            ("swagger-ui.css", "text/css; charset=utf-8"),
        ],
    )
    def test_say_what_they_are(self, anybody: Api, asset: str, content_type: str) -> None:
        response = anybody.get(f"/docs/assets/{asset}")
        assert (response.status_code, response.headers["Content-Type"]) == (200, content_type)
        assert response.headers["X-Content-Type-Options"] == "nosniff"

    def test_are_not_sent_again_to_who_has_them(self, anybody: Api) -> None:
        first = anybody.get("/docs/assets/swagger-ui.css")
        again = anybody.get("/docs/assets/swagger-ui.css", headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["Cache-Control"] == "max-age=600"

    def test_are_given_whatever_state_somebody_insists_on(self, anybody: Api) -> None:
        assert anybody.get("/docs/assets/explorer.css", headers={"If-Match": '"x"'}).status_code == 200

    @pytest.mark.parametrize("asset", ["index.html", "LICENSE", "swagger-ui.js", "..%2Fexplorer.js", "%00"])
    def test_are_a_closed_set(self, anybody: Api, asset: str) -> None:
        assert_problem(anybody.get(f"/docs/assets/{asset}"), "not-found")


class TestInABrowser:
    def test_shows_all_operations_and_calls_nobody_else_and_breaks_no_rule(self, person: Person, demo: Flask) -> None:
        assert shown_on(person.page) == stated_in(contract.of(demo))
        topics = person.unfolds("topics/list_topics")
        person.tries(topics)
        expect(status_of(person.executes(topics))).to_have_text("200")
        person.unfolds("claims/update_claim")
        person.page.locator(".models-control").click()
        expect(person.page.locator(".models .json-schema-2020-12").first).to_be_visible()
        assert (person.called_elsewhere, person.complaints) == ([], [])

    def test_claims_are_listed_with_a_key(self, person: Person, key: str) -> None:
        operation = person.unfolds(LIST_CLAIMS)
        person.tries(operation)
        answer = person.executes(operation)
        expect(status_of(answer)).to_have_text("200")
        expect(answer).to_contain_text("Kremlin: no date was set")
        expect(operation.locator(".curl-command")).to_contain_text(f"Authorization: Bearer {key}")

    def test_a_claim_is_made_from_the_example(self, person: Person) -> None:
        operation = person.unfolds(CREATE_CLAIM)
        person.tries(operation)
        answer = person.executes(operation)
        expect(status_of(answer)).to_have_text("201")
        expect(answer).to_contain_text("Kremlin: the summit needs more preparation")

    def test_evidence_is_added_from_the_example(self, person: Person) -> None:
        operation = person.unfolds(CREATE_EVIDENCE)
        person.tries(operation)
        answer = person.executes(operation)
        expect(status_of(answer)).to_have_text("201")
        expect(answer).to_contain_text('"passage": {')
        expect(answer).to_contain_text('"exact": "more had to be prepared first"')

    def test_a_quote_that_is_not_in_the_source_is_refused_with_the_nearest(self, person: Person) -> None:
        operation = person.unfolds(CREATE_PASSAGE)
        person.tries(operation)
        body = operation.get_by_role("textbox").last
        body.fill(body.input_value().replace("never been fixed", "once been fixed"))
        answer = person.executes(operation)
        expect(status_of(answer)).to_have_text("422")
        expect(answer).to_contain_text("/problems/quote-not-found")
        expect(answer).to_contain_text('"nearest": {')
